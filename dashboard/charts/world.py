"""World map: countries shaded by a number, each a link.

In: places (code, name, number, link) and where the outlines are (`static/world.svg`, made by `make_world.py`). Out: an
SVG that refers to those outlines, so that the page itself stays small and the browser keeps the map.
Shades are five steps of one colour (classes s1 to s5), on a square-root scale: one large country does not bleach the
others. A legend says what each step means. Places without an outline are left to the list beside the map.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from dashboard.charts.svg import Markup, element, join

STEPS = 5
WIDTH, HEIGHT = 1000, 452
OUTLINES = frozenset(
    re.findall(r'id="([A-Z]{2})"', (Path(__file__).parent.parent / "static/world.svg").read_text("utf-8"))
)
"""Codes of the countries that have a shape."""


class Place(msgspec.Struct, frozen=True):
    """A country on the map. `said` is its number in words, as the page writes it."""

    code: str
    name: str
    value: float
    said: str
    href: str


def step_of(value: float, largest: float) -> int:
    """Shade 1 to STEPS; the largest gets the last."""
    if largest <= 0 or value <= 0:
        return 1
    return max(1, math.ceil(STEPS * math.sqrt(min(1.0, value / largest)) - 1e-9))


def bounds(largest: float) -> list[tuple[int, int]]:
    """The whole numbers that each shade stands for: (least, most); shades that hold no number are left out."""
    tops = [math.floor(largest * (step / STEPS) ** 2 + 1e-9) for step in range(STEPS + 1)]
    return [(low + 1, high) for low, high in pairwise(tops)]


def _country(place: Place, largest: float, outlines: str) -> Markup:
    label = f"{place.name}: {place.said}"
    shape = element("use", href=f"{outlines}#{place.code}", class_=f"s{step_of(place.value, largest)}")
    return element("a", element("title", label), shape, href=place.href, aria_label=label)


def world_map(places: Sequence[Place], *, title: str, outlines: str) -> Markup:
    """All countries in grey, those with a number shaded, named and linked. `outlines` is the URL of world.svg."""
    largest = max((place.value for place in places), default=0)
    drawn = [_country(place, largest, outlines) for place in places if place.code in OUTLINES]
    land = element("use", href=f"{outlines}#world", class_="land")
    return element("svg", land, *drawn, class_="world", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="group", aria_label=title)


def legend(largest: float, say: Sequence[str]) -> Markup:
    """The shades in use with their ranges, as a list; `say` holds one text for each of `bounds(largest)`."""
    rows = [
        element("li", element("svg", element("rect", width="100%", height="100%", rx=3), class_=f"key s{i}",
                              aria_hidden="true"), text)
        for i, (text, (low, high)) in enumerate(zip(say, bounds(largest), strict=True), 1) if high >= low
    ]  # fmt: skip
    return element("ul", join(rows), class_="legend")
