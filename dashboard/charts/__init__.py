"""Charts: numbers in, SVG out. Pure functions; nothing here knows of sites, questions or requests.

Read `svg.py` first (how markup is made, and why nothing can be injected), then `scale.py` (what an axis shows), then a
chart: `series.py` (numbers over time), `spark.py` (the same, tiny), `bars.py` (shares of a list), `world.py` (shares
of countries). No chart uses a style attribute or a script: the pages' content security policy allows neither.
A chart never is the only way to its numbers: the page that shows it prints them as a table too.
"""
