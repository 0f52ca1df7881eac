"""Sparkline: the shape of a few numbers, as small as a word.

In: numbers in order (None = nothing known yet). Out: a decorative SVG without axis, hidden from screen readers: the
number beside it says what matters. It starts at 0 like every chart here.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.svg import Markup, element, short

WIDTH, HEIGHT = 100, 24
MOST_POINTS = 64
"""More would not be seen at the size of a word."""


def thinned(values: Sequence[float | None]) -> list[float | None]:
    """At most MOST_POINTS values: means of neighbours."""
    size = -(-len(values) // MOST_POINTS) or 1
    parts = [[v for v in values[i : i + size] if v is not None] for i in range(0, len(values), size)]
    return [sum(part) / len(part) if part else None for part in parts]


def sparkline(values: Sequence[float | None]) -> Markup:
    """A line through the known values; nothing at all for fewer than two of them."""
    values = thinned(values)
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return Markup("")
    top = max(value for _, value in known) or 1
    across = WIDTH / (len(values) - 1)
    points = " ".join(f"{short(i * across)},{short(HEIGHT - 1 - (HEIGHT - 3) * v / top)}" for i, v in known)
    line = element("polyline", points=points)
    return element(
        "svg", line, class_="spark", viewBox=f"0 0 {WIDTH} {HEIGHT}", preserveAspectRatio="none", aria_hidden="true"
    )
