"""Charts of the pages beside the report: pure functions whose markup says the numbers and can hold no other markup."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from dashboard.charts.bands import band_bar, reach_steps
from dashboard.charts.funnel import FunnelStep, funnel_bars
from dashboard.charts.heat import heat_table, shade
from dashboard.charts.sankey import HEIGHT, Flow, nodes_of, placed, sankey

ATTACK = '<script>alert(1)</script>"'


def numbers(markup: str, tag: str, name: str) -> list[float]:
    return [float(text) for text in re.findall(rf'<{tag}[^>]* {name}="([-\d.]+)"', markup)]


def draw(flows: list[Flow], **more: object) -> str:
    plain = {"title": "Ways", "about": "", "say": str, "tell": lambda flow: f"{flow.here}>{flow.there}",
             "count": str, "links": {}, "last": lambda name: name == "(other)"}  # fmt: skip
    return sankey(flows, **{**plain, **more})


FLOWS = [
    Flow(0, "/", "/a", 6),
    Flow(0, "/", "/b", 3),
    Flow(0, "/", "", 1),
    Flow(1, "/a", "(other)", 4),
    Flow(1, "/b", "/", 3),
]


def test_columns_stand_by_size_and_what_is_bundled_last() -> None:
    columns = nodes_of([*FLOWS, Flow(1, "/a", "/tiny", 1)], lambda name: name == "(other)")
    assert [[node.name for node in column] for column in columns] == [["/"], ["/a", "/b"], ["/", "/tiny", "(other)"]]
    assert columns[0][0].number == 10
    assert columns[1][0].number == 6


def test_bars_do_not_overlap_and_fit_the_height() -> None:
    nodes = placed(nodes_of(FLOWS, lambda name: name == "(other)"))
    for column in range(3):
        bars = sorted((node for node in nodes.values() if node.column == column), key=lambda node: node.top)
        for above, below in pairwise(bars):
            assert above.top + above.height < below.top
        assert bars[-1].top + bars[-1].height <= HEIGHT + 0.01


def test_a_band_for_each_flow_that_goes_on_and_none_for_an_end() -> None:
    drawn = draw(FLOWS)
    assert drawn.count('class="cell flow"') == 4
    assert "<title>/&gt;/a</title>" in drawn


def test_looking_back_the_first_column_stands_at_the_right() -> None:
    forth, back = numbers(draw(FLOWS), "rect", "x"), numbers(draw(FLOWS, is_back=True), "rect", "x")
    assert forth[0] < forth[-1]
    assert back[0] > back[-1]


def test_names_of_pages_cannot_break_out_of_the_drawing() -> None:
    drawn = draw([Flow(0, ATTACK, ATTACK, 1)], links={ATTACK: f"/x?of={ATTACK}"})
    assert "<script" not in drawn
    assert 'href="/x?of=&lt;script' in drawn


def test_no_flow_is_an_empty_drawing() -> None:
    assert "<rect" not in draw([])


def test_a_funnels_columns_are_as_high_as_what_is_left() -> None:
    steps = [FunnelStep("a", 200), FunnelStep("b", 50), FunnelStep("c", None), FunnelStep("d", 0)]
    drawn = funnel_bars(steps, title="F", about="")
    assert re.findall(r'height="([\d.]+)" class="left-over"', drawn) == ["100", "25"]
    assert re.findall(r'height="([\d.]+)" class="lost"', drawn) == ["75", "25"]
    assert drawn.count("<title>") == 5


def test_a_funnel_of_nothing_has_no_column() -> None:
    drawn = funnel_bars([FunnelStep("a", 0), FunnelStep("b", 0)], title="F", about="")
    assert "left-over" not in drawn


@pytest.mark.parametrize(
    ("value", "largest", "name"),
    [(0, 10, "s0"), (None, 10, "s0"), (0.1, 10, "s1"), (2, 10, "s1"), (2.1, 10, "s2"), (10, 10, "s5"), (1, 0, "s0")],
)
def test_shades_are_fifths_of_the_largest(value: float | None, largest: float, name: str) -> None:
    assert shade(value, largest) == name


def test_a_heat_table_has_a_cell_for_each_number_with_its_text() -> None:
    grid = [[1, 2, None], [0, 5, 3]]
    drawn = heat_table(["Mon", ATTACK], ["0", "", "2"], grid, "{}/{}".format, title="Busy", about="")
    assert drawn.count('class="cell"') == 6
    assert "<title>1/2</title>" in drawn
    assert "<script" not in drawn
    assert drawn.count("<text") == 4


def test_the_parts_of_a_bar_fill_it() -> None:
    drawn = band_bar([("good", 6), ("fair", 3), ("poor", 0), ("none", 3)])
    assert numbers(drawn, "rect", "width") == [50, 25, 25]
    assert numbers(drawn, "rect", "x") == [0, 50, 75]
    assert band_bar([("good", 0)]) == ""


def test_how_far_a_page_is_read_is_four_steps_from_the_base() -> None:
    drawn = reach_steps([100, 50, None, 25])
    assert numbers(drawn, "rect", "height") == [20, 10, 0, 5]
