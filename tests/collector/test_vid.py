"""The value by which a consented visitor is known: random, dated, and worth nothing after 395 days."""

from __future__ import annotations

import re

import pytest

from collector.distill.visitor import NOBODY, consented_number
from collector.vid import is_fresh, is_vid, new_vid

START = 1_795_341_600.0
DAY = 86_400


@pytest.mark.parametrize(
    ("days", "fresh"), [(0, True), (390, True), (395, True), (396, False), (-1, True), (-2, False), (4000, False)]
)
def test_a_number_lives_for_395_days_and_never_begins_in_the_future(days: int, fresh: bool) -> None:
    assert is_fresh(new_vid(START - days * DAY), START) is fresh


@pytest.mark.parametrize("value", ["", "1", "1.abc", "2.abc.", "1.abc." + "a" * 21, "1.ABC." + "a" * 22, "1..x", "ü"])
def test_what_is_no_number_of_ours_is_none(value: str) -> None:
    assert not is_fresh(value, START)


def test_every_number_is_another_and_says_only_its_day() -> None:
    made = {new_vid(START) for _ in range(1000)}
    assert len(made) == 1000
    assert {value.rpartition(".")[0] for value in made} == {"1.g17"}
    assert all(is_vid(value) and re.fullmatch(r"1\.g17\.[\w-]{22}", value) for value in made)


def test_what_is_kept_comes_from_the_cookie_and_the_pepper_alone() -> None:
    one, other = new_vid(START), new_vid(START)
    assert consented_number(one, b"p" * 32) == consented_number(one, b"p" * 32) != NOBODY
    assert (
        len({consented_number(one, b"p" * 32), consented_number(other, b"p" * 32), consented_number(one, b"q" * 32)})
        == 3
    )
    assert consented_number("1.g17." + "a" * 22, b"p" * 32) < 2**64
