"""What a page beside the report is asked stands in its address, survives every link, and is bounded."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from dashboard.errors import BadQuestion
from dashboard.url import MOST_OWN, State, read, with_changes


def again(state: State) -> State:
    return read(parse_qsl(state.query(), keep_blank_values=True))


def test_what_is_asked_reads_back_the_same_in_its_order() -> None:
    asked = State(own=(("s", "page:/a b&c"), ("s", "feature:Signup|x"), ("within", "day")))
    assert again(asked) == asked
    assert again(asked).asked("within") == "day"


def test_asking_for_something_else_replaces_it_and_nothing_asks_no_more() -> None:
    state = State(page=3).asking(of="/a", way="before")
    assert state.page == 1
    assert state.asking(of="/b").own == (("way", "before"), ("of", "/b"))
    assert state.asking(of="").own == (("way", "before"),)
    assert with_changes(state, metric="visits").own == state.own


def test_steps_typed_into_a_form_become_steps() -> None:
    typed = [("k1", "page"), ("p1", " /a "), ("k2", "feature"), ("p2", ""), ("k3", "goal"), ("p3", "Done")]
    assert read(typed).own == (("s", "page:/a"), ("s", "goal:Done"))


def test_too_much_is_refused_and_unknown_names_are_left_alone() -> None:
    assert read([("nonsense", "x"), ("of", "")]).own == ()
    with pytest.raises(BadQuestion):
        read([("s", "page:/a")] * (MOST_OWN + 1))
