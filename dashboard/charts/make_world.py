"""Draw static/world.svg from Natural Earth's outlines; run by hand when the outlines change, never at run time.

    npm pack world-atlas@2 && tar xzf world-atlas-2*.tgz
    python -m dashboard.charts.make_world package/countries-50m.json > dashboard/static/world.svg

In: TopoJSON of countries (Natural Earth, public domain). Out: one SVG with a shape per country whose id is its
two-letter code, in the Natural Earth projection (familiar shapes, and Europe large enough to point at). The map is
cut at 169 degrees west, in the Bering Strait, so that no land is torn. Borders are thinned as shared lines before
they become shapes: neighbours keep fitting. A country too small to see becomes a dot. Antarctica is left out.
"""

from __future__ import annotations

import heapq
import json
import math
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeAlias

from dashboard.charts.countries import CODES

Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = list[Point]

WHOLE = 1040
WIDTH, HEIGHT, LEFT = 1000, 452, 34
CENTRE = 11.0
TOP = 83.7
SMALLEST_TRIANGLE = 0.8
SMALLEST_ISLAND = 2.0
SMALLEST_SHAPE = 4.0

NO_NUMBER = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO", "Siachen Glacier": "IN", "Indian Ocean Ter.": "CX"}
"""Shapes without a number: what address databases and time zones call the place, so that a visit finds its shape."""

OVERSEAS: dict[str, dict[str, tuple[float, float, float, float]]] = {
    "FR": {"GF": (-55, 2, -51, 6), "GP": (-62, 15.8, -61, 16.6), "MQ": (-61.3, 14.3, -60.7, 15),
           "RE": (55, -21.5, 56, -20.8), "YT": (45, -13.1, 45.4, -12.6)},
    "NO": {"SJ": (-10, 70.5, 34, 81)},
}  # fmt: skip
"""Parts that have a code of their own but are drawn with their country: (west, south, east, north)."""


def natural_earth(longitude: float, latitude: float) -> Point:
    """Project degrees to units of the globe's radius (Patterson, Savric, Jenny 2011: the Natural Earth projection)."""
    phi = math.radians(latitude)
    p2, p4 = phi**2, phi**4
    width = 0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * (0.003971 * p2 - 0.001529 * p4))
    height = 1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4))
    return math.radians(longitude - CENTRE) * width, phi * height


def to_map(longitude: float, latitude: float) -> Point:
    """Degrees -> position in the drawing."""
    x, y = natural_earth(longitude, latitude)
    scale = WHOLE / 2 / natural_earth(CENTRE + 180, 0)[0]
    return x * scale + WHOLE / 2 - LEFT, (natural_earth(0, TOP)[1] - y) * scale


def unwrapped(line: Ring) -> Ring:
    """Make longitudes continuous: a step over the antimeridian is a small step, not one around the world."""
    shift, out = 0.0, line[:1]
    for (before, _), (longitude, latitude) in pairwise(line):
        shift += 360 if longitude - before < -180 else -360 if longitude - before > 180 else 0
        out.append((longitude + shift, latitude))
    return out


def centred(line: Ring) -> Ring:
    """Move a line by whole turns so that its middle lies on the map."""
    middle = sum(longitude for longitude, _ in line) / len(line)
    turns = math.floor((middle - CENTRE + 180) / 360)
    return [(longitude - 360 * turns, latitude) for longitude, latitude in line]


def triangle(a: Point, b: Point, c: Point) -> float:
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def thinned(line: Ring) -> Ring:
    """Drop the points that matter least (Visvalingam, Whyatt 1993); the two ends stay."""
    drawn = [to_map(*point) for point in unwrapped(line)]
    left, right = list(range(-1, len(line) - 1)), list(range(1, len(line) + 1))
    weigh = {i: triangle(drawn[i - 1], drawn[i], drawn[i + 1]) for i in range(1, len(line) - 1)}
    heap = [(weight, i) for i, weight in weigh.items()]
    heapq.heapify(heap)
    while heap and heap[0][0] < SMALLEST_TRIANGLE:
        weight, i = heapq.heappop(heap)
        if weigh.get(i) != weight:
            continue
        del weigh[i]
        a, b = left[i], right[i]
        right[a], left[b] = b, a
        for near in (a, b):
            if near in weigh:
                weigh[near] = max(weight, triangle(drawn[left[near]], drawn[near], drawn[right[near]]))
                heapq.heappush(heap, (weigh[near], near))
    return [point for i, point in enumerate(line) if i in weigh or i in (0, len(line) - 1)]


def decoded_arcs(topology: dict[str, Any]) -> list[Ring]:
    """TopoJSON's delta-encoded lines -> degrees."""
    (scale_x, scale_y), (move_x, move_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for steps in topology["arcs"]:
        x = y = 0
        arc = []
        for dx, dy in steps:
            x, y = x + dx, y + dy
            arc.append((x * scale_x + move_x, y * scale_y + move_y))
        arcs.append(arc)
    return arcs


def outer_rings(geometry: dict[str, Any], arcs: list[Ring]) -> Iterator[Ring]:
    """Each polygon's outline, joined from shared lines. Holes are other countries and are drawn by them."""
    polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
    for polygon in polygons:
        ring: Ring = []
        for number in polygon[0]:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            ring += arc[1:] if ring else arc
        yield ring


def area(ring: Ring) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def middle(ring: Ring) -> Point:
    return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)


def code_of(country: str, ring: Ring) -> str:
    """The code of one outline: its country's, or that of the part overseas it lies in."""
    x, y = middle(ring)
    for code, (west, south, east, north) in OVERSEAS.get(country, {}).items():
        if west <= x <= east and south <= y <= north:
            return code
    return country


def path(ring: Ring) -> str:
    """A closed outline on whole units, in relative steps."""
    points = [(round(x), round(y)) for x, y in ring[:-1]]
    kept = [point for i, point in enumerate(points) if point != points[i - 1]]
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(kept)]
    text = "".join(f"{number}" if number < 0 else f" {number}" for step in steps for number in step)
    return f"M{kept[0][0]} {kept[0][1]}l{text.lstrip()}z"


def shape(code: str, rings: list[Ring]) -> str:
    """One country: its visible outlines, or a dot where it would be lost."""
    drawn = sorted(([to_map(*point) for point in centred(unwrapped(ring))] for ring in rings), key=area)[::-1]
    if area(drawn[0]) < SMALLEST_SHAPE:
        x, y = middle(drawn[0])
        return f'<circle id="{code}" cx="{x:.0f}" cy="{y:.0f}" r="2"/>'
    visible = [ring for ring in drawn if area(ring) >= SMALLEST_ISLAND]
    return f'<path id="{code}" d="{"".join(path(ring) for ring in visible)}"/>'


def shapes(topology: dict[str, Any]) -> Iterator[str]:
    arcs = [thinned(arc) for arc in decoded_arcs(topology)]
    countries: dict[str, list[Ring]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        country = str(CODES.get(geometry.get("id", "")) or NO_NUMBER[geometry["properties"]["name"]])
        for ring in outer_rings(geometry, arcs):
            countries.setdefault(code_of(country, ring), []).append(ring)
    del countries["AQ"]
    yield from (shape(code, rings) for code, rings in sorted(countries.items()))


def drawing(topology: dict[str, Any]) -> str:
    body = "\n".join(shapes(topology))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">
<!-- Made by dashboard/charts/make_world.py from Natural Earth 1:50m (naturalearthdata.com, public domain), as packed
in the npm package world-atlas 2.0.2 (ISC). Natural Earth projection. An id is the two-letter code of a country. -->
<g id="world">
{body}
</g>
</svg>
"""


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        sys.stdout.write(drawing(json.load(source)))
