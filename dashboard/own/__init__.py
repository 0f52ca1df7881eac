"""Pages of their own: one question about a site, in full, beside the report.

Each page is a module with one function from an Opened request to a Page (`opening.py`): what `own_pages.py` lists is a
route for HTML, CSV and JSON, a place in the navigation and a template. All three say the same: they are made of Sheets.
"""
