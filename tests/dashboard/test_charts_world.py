"""The outlines of the world: small, whole, and drawn from geometry by rules that are tested on small geometry."""

from __future__ import annotations

import gzip
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import dashboard.charts
from dashboard.charts.countries import CODES
from dashboard.charts.make_world import HEIGHT, WIDTH, centred, code_of, drawing, path, thinned, to_map, unwrapped
from registry.countries import COUNTRIES

FILE = Path(dashboard.charts.__file__).parent.parent / "static" / "world.svg"
SVG = "{http://www.w3.org/2000/svg}"


def shapes() -> list[ET.Element]:
    return [
        node for node in ET.fromstring(FILE.read_text("utf-8")).iter() if node.tag in (f"{SVG}path", f"{SVG}circle")
    ]


def test_the_map_is_small_and_says_where_it_is_from() -> None:
    assert len(gzip.compress(FILE.read_bytes(), 9)) <= 25_000
    assert "Natural Earth" in FILE.read_text("utf-8")
    assert "public domain" in FILE.read_text("utf-8")


def test_every_shape_is_a_country_and_stands_once() -> None:
    ids = [shape.get("id") for shape in shapes()]
    assert len(ids) == len(set(ids)) > 200
    assert set(ids) <= COUNTRIES.keys()
    assert "AQ" not in ids


def outlines_of(shape: ET.Element) -> list[list[tuple[int, int]]]:
    """Absolute corners of each outline of a shape."""
    if shape.tag == f"{SVG}circle":
        return [[(int(shape.attrib["cx"]), int(shape.attrib["cy"]))]]
    found = []
    for outline in shape.attrib["d"].split("M")[1:]:
        numbers = [int(number) for number in re.findall(r"-?\d+", outline)]
        corners = [(numbers[0], numbers[1])]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            corners.append((corners[-1][0] + dx, corners[-1][1] + dy))
        found.append(corners)
    return found


def test_every_country_lies_on_the_map_and_none_is_torn_across_it() -> None:
    for shape in shapes():
        for corners in outlines_of(shape):
            assert all(-2 <= x <= WIDTH + 2 and -2 <= y <= HEIGHT + 2 for x, y in corners), shape.get("id")
            assert all(abs(a[0] - b[0]) < WIDTH / 4 for a, b in pairwise(corners)), shape.get("id")


def test_numbers_of_the_standard_are_known_for_every_country_but_kosovo() -> None:
    assert set(CODES.values()) == COUNTRIES.keys() - {"XK"}
    assert (CODES["276"], CODES["004"], CODES["158"]) == ("DE", "AF", "TW")


def test_a_line_over_the_antimeridian_stays_in_one_piece() -> None:
    assert unwrapped([(179.0, 0.0), (-179.0, 1.0), (178.0, 2.0)]) == [(179.0, 0.0), (181.0, 1.0), (178.0, 2.0)]
    assert centred([(-190.0, 0.0), (-175.0, 0.0)]) == [(170.0, 0.0), (185.0, 0.0)]


def test_thinning_keeps_ends_and_corners_and_drops_what_nobody_sees() -> None:
    line = [(0.0, 0.0), (10.0, 0.001), (20.0, 0.0), (20.0, 20.0)]
    assert thinned(line) == [(0.0, 0.0), (20.0, 0.0), (20.0, 20.0)]


def test_a_path_is_closed_relative_and_without_steps_of_no_length() -> None:
    assert path([(1.0, 1.0), (3.0, 1.0), (3.2, 1.1), (3.0, 5.0), (1.0, 1.0)]) == "M1 1l2 0 0 4z"


@pytest.mark.parametrize(
    ("country", "ring", "code"),
    [("FR", [(-54.0, 3.0), (-52.0, 5.0)], "GF"), ("FR", [(2.0, 48.0), (3.0, 49.0)], "FR"), ("DE", [(9.0, 50.0)], "DE")],
)
def test_parts_overseas_get_the_code_that_look_ups_know_them_by(
    country: str, ring: list[tuple[float, float]], code: str
) -> None:
    assert code_of(country, ring) == code


def test_two_neighbours_share_their_border_and_a_speck_becomes_a_dot() -> None:
    square = [[0, 0], [0, 40], [40, 0], [0, -40], [-40, 0]]
    speck = [[200, 0], [0, 1], [1, 0], [0, -1], [-1, 0]]
    topology = {
        "transform": {"scale": [0.5, 0.5], "translate": [0, 0]},
        "arcs": [square, speck],
        "objects": {
            "countries": {
                "geometries": [
                    {"type": "Polygon", "id": "276", "properties": {"name": "A"}, "arcs": [[0]]},
                    {"type": "Polygon", "properties": {"name": "Kosovo"}, "arcs": [[1]]},
                    {"type": "Polygon", "id": "010", "properties": {"name": "Antarctica"}, "arcs": [[0]]},
                ]
            }
        },
    }
    made = drawing(topology)
    assert '<path id="DE" d="M' in made
    assert '<circle id="XK"' in made
    assert 'id="AQ"' not in made


def test_north_is_up_and_east_is_right() -> None:
    assert to_map(0, 60)[1] < to_map(0, 0)[1]
    assert to_map(20, 0)[0] > to_map(0, 0)[0]
