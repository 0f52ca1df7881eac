"""Charts are strings made by pure functions: well-formed, escaped, free of inline style, and right at the edges."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts.bars import bar
from dashboard.charts.scale import spread, ticks
from dashboard.charts.series import Point, time_series
from dashboard.charts.spark import sparkline
from dashboard.charts.svg import Markup, element, short
from dashboard.charts.world import OUTLINES, STEPS, Place, bounds, legend, step_of, world_map

HOSTILE = "</title><script>alert(1)</script>\"'&<b onload=x>"
values = st.lists(st.one_of(st.none(), st.floats(0, 1e12), st.integers(0, 10**15)), max_size=40)


def parsed(markup: str) -> ET.Element:
    return ET.fromstring(f"<r>{markup}</r>")


def numbers_in(markup: str) -> list[float]:
    """Every coordinate of every shape."""
    found: list[float] = []
    for node in parsed(markup).iter():
        for name in ("points", "d", "x", "y", "width", "height"):
            found += map(float, re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", node.get(name, "")))
    return found


def drawn(numbers: list[float | int | None], before: list[float | int | None] | None = None, **more: object) -> Markup:
    points = [Point(f"{i}", f"tip {i}", value, before[i] if before else None) for i, value in enumerate(numbers)]
    return time_series(points, title="Visitors", about="about", say=lambda value: f"{value:g}", **more)  # type: ignore[arg-type]


def test_everything_that_is_not_markup_is_escaped() -> None:
    made = element("p", HOSTILE, title=HOSTILE)
    assert "<script" not in made
    assert parsed(made)[0].text == HOSTILE
    assert parsed(made)[0].get("title") == HOSTILE


def test_markup_is_printed_as_it_is_and_plain_text_is_not() -> None:
    assert element("p", element("b", "x")) == "<p><b>x</b></p>"
    assert element("p", "<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>"
    assert element("p", None, hidden=True, title=None, lang=False, aria_label="a") == '<p hidden aria-label="a"></p>'


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (-0.001, "0"), (1.5, "1.5"), (100, "100"), (33.3333, "33.33"), (-2.5, "-2.5")]
)
def test_coordinates_are_as_short_as_they_can_be(number: float, text: str) -> None:
    assert short(number) == text


# --- scales


@pytest.mark.parametrize(
    ("largest", "unit", "expected"),
    [
        (0, "count", [0, 1]),
        (1, "count", [0, 1]),
        (3, "count", [0, 1, 2, 3]),
        (7, "count", [0, 2, 4, 6, 8]),
        (10, "count", [0, 3, 6, 9, 12]),
        (600, "count", [0, 200, 400, 600]),
        (0.5, "ratio", [0, 0.2, 0.4, 0.6]),
        (100, "percent", [0, 25, 50, 75, 100]),
        (40, "percent", [0, 10, 20, 30, 40]),
        (134, "seconds", [0, 60, 120, 180]),
        (50, "seconds", [0, 15, 30, 45, 60]),
    ],
)
def test_ticks_are_round_for_their_unit(largest: float, unit: str, expected: list[float]) -> None:
    assert ticks([largest], unit) == pytest.approx(expected)  # type: ignore[arg-type]


@given(st.floats(0, 1e15, allow_subnormal=False), st.sampled_from(["count", "ratio", "seconds", "percent", "money"]))
def test_ticks_start_at_zero_end_above_the_largest_and_are_few(largest: float, unit: str) -> None:
    marks = ticks([largest, None], unit)  # type: ignore[arg-type]
    assert marks[0] == 0
    assert marks[-1] >= largest * (1 - 1e-6) or unit == "percent"
    assert 2 <= len(marks) <= 6
    steps = [b - a for a, b in pairwise(marks)]
    assert max(steps) == pytest.approx(min(steps))
    if unit == "count":
        assert all(mark == int(mark) for mark in marks)


def test_labels_are_spread_evenly_from_the_first() -> None:
    assert spread(30, 8) == [0, 4, 8, 12, 16, 20, 24, 28]
    assert spread(1, 8) == [0]
    assert spread(0, 8) == []


# --- time series


@pytest.mark.parametrize(
    "numbers",
    [
        [],
        [5],
        [0],
        [0, 0, 0],
        [None, None],
        [1, None, 3, None],
        [None, 4],
        [10**15, 1],
        [0.001, 0.002],
        list(range(400)),
    ],
)
def test_a_series_of_any_shape_is_well_formed_and_stays_in_its_box(numbers: list[float | int | None]) -> None:
    markup = drawn(numbers)
    assert all(math.isfinite(number) for number in numbers_in(markup))
    for node in parsed(markup).iter("polyline"):
        for x, y in (map(float, pair.split(",")) for pair in node.attrib["points"].split()):
            assert 0 <= x <= 1000
            assert 0 <= y <= 100
    assert len(parsed(markup).findall(".//g[@class='pt']")) == len(numbers)


@given(values, st.booleans())
def test_no_series_breaks_the_drawing(numbers: list[float | int | None], compared: bool) -> None:
    markup = drawn(numbers, numbers[::-1] if compared else None)
    assert all(math.isfinite(number) for number in numbers_in(markup))
    assert "style=" not in markup


def test_the_highest_value_touches_the_top_tick_and_zero_the_base_line() -> None:
    line = parsed(drawn([0, 600])).find(".//polyline[@class='now']")
    assert line is not None
    assert line.get("points") == "0,100 1000,0"


def test_a_bucket_that_is_not_over_is_joined_by_a_dashed_line() -> None:
    points = [Point("a", "", 1), Point("b", "", 2), Point("c", "", 1, is_partial=True)]
    plot = parsed(time_series(points, title="t", about="a", say=str))
    solid, dashed = plot.find(".//polyline[@class='now']"), plot.find(".//polyline[@class='now partial']")
    assert solid is not None
    assert dashed is not None
    assert solid.attrib["points"].split()[-1] == dashed.attrib["points"].split()[0]


def test_a_gap_in_the_numbers_is_a_gap_in_the_line_and_a_lone_point_is_a_dot() -> None:
    plot = parsed(drawn([1, 2, None, 3]))
    assert len(plot.findall(".//polyline[@class='now']")) == 1
    assert len(plot.findall(".//path[@class='now dot']")) == 1


def test_a_series_says_what_it_is_to_who_cannot_see_it() -> None:
    plot = parsed(drawn([1, 2])).find(".//svg[@role='img']")
    assert plot is not None
    assert [node.tag for node in plot][:2] == ["title", "desc"]
    assert plot[0].text == "Visitors"


def test_every_point_has_its_text_and_hostile_text_stays_text() -> None:
    points = [Point(HOSTILE, HOSTILE, 1), Point("b", "two\nlines", 2)]
    markup = time_series(points, title=HOSTILE, about=HOSTILE, say=lambda _: HOSTILE)
    assert "<script" not in markup
    assert [node.text for node in parsed(markup).findall(".//g/title")] == [HOSTILE, "two\nlines"]


def test_a_comparison_is_drawn_behind() -> None:
    plot = parsed(drawn([1, 2], [2, 4]))
    order = [node.get("class") for node in plot.iter("polyline")]
    assert order == ["before", "now"]


# --- sparkline and bar


@given(values)
def test_a_sparkline_is_a_decoration_that_never_breaks(numbers: list[float | int | None]) -> None:
    markup = sparkline(numbers)
    known = [number for number in numbers if number is not None]
    assert bool(markup) == (len(known) > 1)
    assert all(math.isfinite(number) for number in numbers_in(markup))
    if markup:
        assert parsed(markup)[0].get("aria-hidden") == "true"


@pytest.mark.parametrize(
    ("value", "largest", "width"),
    [(5, 10, "50%"), (10, 10, "100%"), (20, 10, "100%"), (1, 10**9, "0.5%"), (0, 10, None), (None, 10, None),
     (-3, 10, None), (5, 0, None)],
)  # fmt: skip
def test_a_bar_is_as_wide_as_its_share(value: float | None, largest: float, width: str | None) -> None:
    shape = parsed(bar(value, largest)).find(".//rect")
    assert (shape.get("width") if shape is not None else None) == width


# --- world


def place(code: str, value: float) -> Place:
    return Place(code, f"Land {HOSTILE}", value, f"{value}", f"/?f={HOSTILE}")


def test_countries_are_links_with_a_name_and_a_shade() -> None:
    links = parsed(world_map([place("DE", 100), place("FR", 1)], title="t", outlines="/w.svg")).findall(".//a")
    assert [link.get("aria-label") for link in links] == [f"Land {HOSTILE}: 100", f"Land {HOSTILE}: 1"]
    uses = [link.find("use") for link in links]
    assert [(use.get("href"), use.get("class")) for use in uses if use is not None] == [
        ("/w.svg#DE", "s5"),
        ("/w.svg#FR", "s1"),
    ]


def test_a_place_without_an_outline_is_left_to_the_list() -> None:
    assert "<a " not in world_map([place("", 5), place("XX", 5)], title="t", outlines="/w.svg")


@given(st.integers(1, 10**9), st.data())
def test_the_legend_tells_the_shade_of_every_number(largest: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(1, largest))
    low, high = bounds(largest)[step_of(value, largest) - 1]
    assert low <= value <= high


def test_shades_run_from_the_first_to_the_last() -> None:
    assert step_of(0, 0) == 1
    assert step_of(1, 10**9) == 1
    assert step_of(10**9, 10**9) == STEPS


def test_a_legend_leaves_out_shades_that_no_number_can_have() -> None:
    assert legend(1, ["a", "b", "c", "d", "e"]).count("<li>") == 1
    assert legend(1000, ["a", "b", "c", "d", "e"]).count("<li>") == STEPS


def test_disputed_and_small_places_have_a_shape() -> None:
    assert {"XK", "CY", "SO", "TW", "PS", "EH", "GF", "SG", "MT", "LI", "VA", "HK", "GL", "RU", "FJ"} <= OUTLINES


def test_a_note_is_a_mark_on_the_time_axis() -> None:
    points = [
        Point("1 Nov", "one", 1),
        Point("2 Nov", "two\n✎ <b>sent</b>", 2, is_noted=True),
        Point("3 Nov", "three", 3),
    ]
    drawn = time_series(points, title="t", about="a", say=str)
    assert re.search(r'<path d="M500,100h0" class="noted dot"', drawn)
    assert drawn.count('class="noted"') == 1
    assert "✎ &lt;b&gt;sent&lt;/b&gt;" in drawn
