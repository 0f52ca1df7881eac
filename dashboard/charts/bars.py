"""Bars: a share of the largest, drawn behind a row of a list.

In: a value and the largest of the list. Out: an SVG that fills the cell it stands in; its width is an attribute of the
shape, because a style attribute is not allowed. Decorative: the number stands in the row.
"""

from __future__ import annotations

from dashboard.charts.svg import Markup, element, short

LEAST = 0.5
"""Percent. A row that exists has a visible bar."""


def bar(value: float | None, largest: float) -> Markup:
    """A bar as wide as `value` is of `largest`; nothing for nothing."""
    if not value or value <= 0 or largest <= 0:
        return Markup("")
    width = min(100.0, max(LEAST, 100 * value / largest))
    shape = element("rect", width=f"{short(round(width, 1))}%", height="100%", rx=4)
    return element("svg", shape, class_="bar", aria_hidden="true")
