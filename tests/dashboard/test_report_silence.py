"""The report says how many a day declined, in steps, and to everybody alike."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dash_world import World
from ledger_world import refuse

from clickhouse.ask.ledger import Amount, ask_silence, band
from clickhouse.rows import Reason
from dashboard.silence import silence_in_words

TODAY = date(2026, 11, 22)
PAGE = "/sites/example.com?period=7d"


def declined(world: World, *counts: int) -> None:
    """So many GPC signals on the days up to today, today last."""
    first = TODAY - timedelta(days=len(counts) - 1)
    rows = [(first + timedelta(days=nth), Reason.GPC, count, "") for nth, count in enumerate(counts) if count]
    refuse(world.store, world.site_id(), *rows)


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "nobody that we know of."), (1, "<10 a day"), (9, "<10 a day"), (10, "10–49 a day"), (49, "10–49 a day"),
     (50, "50–99 a day"), (99, "50–99 a day"), (100, "100–499 a day"), (499, "100–499 a day"),
     (500, "500–999 a day"), (1000, "1,000–4,999 a day")],
)  # fmt: skip
def test_how_many_declined_is_said_in_steps(count: int, said: str) -> None:
    assert silence_in_words(band(count)).startswith(f"Declined: {said}")


@pytest.mark.parametrize("who", ["owner", "analyst", "viewer"])
def test_the_report_says_to_everybody_how_many_declined_on_a_middle_day(world: World, who: str) -> None:
    declined(world, 12, 700, 3, 44, 13, 20, 9000)
    text = world.browser(who).get(PAGE).text
    assert "Declined: 10–49 a day." in text
    assert "9,000" not in text


def test_a_filter_does_not_narrow_the_step(world: World) -> None:
    declined(world, 20, 20, 20, 20, 20, 20, 20)
    assert "Declined: 10–49 a day." in world.browser("owner").get(f"{PAGE}&f=is:page:/nowhere").text


def test_a_report_of_a_site_where_nobody_declined_says_so(world: World) -> None:
    assert "Declined: nobody that we know of." in world.browser("owner").get(PAGE).text


def test_no_choice_of_days_tells_more_than_the_step_of_one_day(world: World) -> None:
    declined(world, 12, 700, 3, 44, 13, 20, 0)
    steps = {band(count) for count in (12, 700, 3, 44, 13, 20, 0)}
    for first in range(7):
        for last in range(first, 7):
            days = (TODAY - timedelta(days=6 - first), TODAY - timedelta(days=6 - last))
            told = ask_silence(world.store, world.site_id(), *days)
            assert isinstance(told, Amount)
            assert told in steps
