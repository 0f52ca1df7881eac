"""Heat: a table of numbers as coloured cells, one row a weekday or a cohort.

In: names of rows and columns, numbers (None: nothing to say), texts on hover. Out: one SVG with the names in it, laid
out in its own units and wide enough to be read; the page lets it scroll where there is no room. Five shades of the map,
from a fifth of the largest number each; nothing is no colour. The page has the same numbers as a table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dashboard.charts.svg import Markup, element

CELL, HIGH, GAP = 30, 28, 2
HEAD = 24
SHADES = 5


def shade(value: float | None, largest: float) -> str:
    """The class of a number: `s1` to `s5`; `s0` for nothing."""
    if not value or value <= 0 or largest <= 0:
        return "s0"
    return f"s{min(SHADES, max(1, math.ceil(SHADES * value / largest)))}"


def heat_table(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    tip: Callable[[int, int], str],
    *,
    title: str,
    about: str,
    side: int = 44,
) -> Markup:
    """Draw the cells; an empty column name leaves the head of a column bare."""
    largest = max((value for row in values for value in row if value), default=0)
    shapes = [element("text", name, x=side + nth * CELL + CELL / 2, y=HEAD - 9, text_anchor="middle")
              for nth, name in enumerate(columns) if name]  # fmt: skip
    for down, (name, row) in enumerate(zip(rows, values, strict=True)):
        y = HEAD + down * HIGH
        shapes.append(element("text", name, x=side - 8, y=y + HIGH / 2 + 4, text_anchor="end"))
        shapes += [
            element("g", element("title", tip(down, across)),
                    element("rect", x=side + across * CELL, y=y, width=CELL - GAP, height=HIGH - GAP, rx=4,
                            class_=shade(value, largest)), class_="cell")
            for across, value in enumerate(row)
        ]  # fmt: skip
    width, height = side + CELL * len(columns), HEAD + HIGH * len(rows)
    return element("svg", element("title", title), element("desc", about), *shapes, class_="heat", width=width,
                   height=height, viewBox=f"0 0 {width} {height}", role="img")  # fmt: skip
