"""Conversion by row: where a filter asks for something done, every list says which share of everybody did it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from dash_world import Hand, World
from report_oracle import made
from test_report_page import text_of

from clickhouse.ask.question import Condition, Did
from dashboard.conversion import converting, is_deed
from dashboard.panels import CARDS, CONVERSION, DEEDS
from registry.shares import Wish

REPORT = "/sites/example.com"
DID = "f=did:is:feature:Signup"


def crowd(world: World) -> None:
    """Twenty from Google of whom five sign up, ten from Bing of whom five do."""

    def hand(visitor: int, source: str, name: str = "pageview") -> Hand:
        return Hand(visitor, world.now - timedelta(hours=1), {"path": "/", "source": source, "name": name})

    world.count(*(hand(n, "Google") for n in range(1, 21)), *(hand(n, "Bing") for n in range(21, 31)))
    world.count(*(hand(n, "Google" if n < 21 else "Bing", "Signup") for n in (*range(1, 6), *range(21, 26))))


@pytest.mark.parametrize(
    ("filter_", "asks"),
    [
        (Did(Condition("is", "feature", ("Signup",))), True),
        (Did(Condition("is", "page", ("/thanks",))), True),
        (Did(Condition("is", "feature", ("Signup",)), did=False), False),
        (Condition("is", "feature", ("Signup",)), True),
        (Condition("is", "prop:plan", ("team",)), True),
        (Condition("is", "page", ("/thanks",)), False),
    ],
)
def test_only_what_was_done_converts(filter_: Did | Condition, asks: bool) -> None:
    assert is_deed(filter_) is asks


def test_every_list_of_people_says_which_share_did_it(world: World) -> None:
    crowd(world)
    browser = world.browser("owner")
    text = text_of(browser.get(f"{REPORT}?period=day&{DID}&tab=sources.sources").text)
    assert re.search(r"Source Visitors Conversion Bing 5 50% Google 5 25%", text)
    assert "33% of visits: 10 of 30 did what is filtered by." in text
    card = browser.get(f"{REPORT}?period=day&{DID}&tab=sources.sources", headers={"X-Fragment": "sources"}).text
    assert "Bing 5 50% Google 5 25%" in text_of(card)
    details = text_of(browser.get(f"{REPORT}/details/sources?period=day&{DID}").text)
    assert "Conversion" in details
    assert re.search(r"Bing 5 5 .* 50% Google 5 5 .* 25%", details)


def test_without_such_a_filter_nothing_more_is_asked_or_said(world: World) -> None:
    crowd(world)
    text = text_of(world.browser("owner").get(f"{REPORT}?period=day&f=is:source:Bing").text)
    assert "did what is filtered by" not in text
    _, ask = made(DID)  # a scene whose reader may not take the filters off
    assert all(Did(Condition("is", "feature", ("Signup",))) in one.filters for one in ask.asked[2:])


def test_a_link_with_fixed_filters_never_tells_the_share_of_everybody(world: World) -> None:
    crowd(world)
    wish = Wish(name="board", state=f"period=7d&{DID}")
    _, token = world.registry.shares.add("example.com", wish, by="owner@example.com")
    text = world.browser().get(f"/share/{token}").text
    assert 'id="sources-list"' in text
    assert "Conversion</th>" not in text
    assert "did what is filtered by" not in text


def test_features_are_no_list_of_people() -> None:
    for card in CARDS:
        for tab in card.tabs:
            told = CONVERSION in converting(tab, [Did(Condition("is", "feature", ("Signup",)))]).columns
            assert told is not (tab.dimension in DEEDS or tab.feature != ""), tab.key
