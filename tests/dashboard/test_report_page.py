"""The report and its details over a real store: numbers arrive, links answer, and what visitors sent stays text."""

from __future__ import annotations

import re
from html import unescape

import pytest
from dash_world import World

from dashboard.panels import CARDS, MORE_TABS

ATTACK = "<script>alert(1)</script>\"'"


def test_every_list_has_details_with_columns_the_store_can_answer(world: World) -> None:
    world.views(3, path="/a", country="DE", source="Google")
    browser = world.browser("owner")
    for tab in (*(tab for card in CARDS for tab in card.tabs), *MORE_TABS):
        answer = browser.get(f"/sites/example.com/details/{tab.key}?compare=previous")
        assert answer.status_code == 200, tab.key
        assert "<h1" in answer.text


def text_of(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def test_numbers_of_the_store_reach_the_page(world: World) -> None:
    world.views(7, path="/docs", country="FR", browser="Firefox")
    text = text_of(world.browser("owner").get("/sites/example.com").text)
    assert "Daily visitors 7" in text
    assert "/docs 7" in text
    assert "France 7 100%" in text


@pytest.mark.parametrize(("mode", "numbers"), [("daily", [2, 2]), ("none", [2])])
def test_pages_that_are_not_there_have_a_list(world: World, mode: str, numbers: list[int]) -> None:
    world.registry.sites.set("example.com", {"mode": mode})
    world.views(5, path="/there")
    world.views(2, name="404", path="/gone")
    world.views(3, name="Sign up", path="/gone")
    browser = world.browser("owner")
    rows = browser.get("/sites/example.com/details/missing.json").json()["rows"]
    assert [(row["dimensions"], row["metrics"]) for row in rows] == [(["/gone"], numbers)]
    card = text_of(browser.get("/sites/example.com?tab=pages.missing", headers={"X-Fragment": "pages"}).text)
    assert "/gone 2" in card
    assert "/there" not in card


def test_a_fragment_is_its_card_and_nothing_else(world: World) -> None:
    world.views(2, browser="Firefox")
    answer = world.browser("owner").get("/sites/example.com?tab=devices.browsers", headers={"X-Fragment": "devices"})
    assert answer.text.count("<section") == 1
    assert 'id="devices"' in answer.text
    assert "Firefox" in answer.text
    assert "<html" not in answer.text


def test_what_visitors_sent_is_escaped_everywhere(world: World) -> None:
    world.views(3, path=f"/{ATTACK}", source=ATTACK, utm_campaign=ATTACK, browser=ATTACK, country="DE")
    world.views(3, name=ATTACK)
    browser = world.browser("owner")
    for path in (
        "",
        "?tab=sources.campaigns&tab=devices.browsers",
        "/details/pages",
        "/details/uses",
        "/details/sources",
    ):
        html = browser.get(f"/sites/example.com{path}").text
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html


def test_no_page_has_an_inline_style_or_script(world: World) -> None:
    world.views(3)
    browser = world.browser("owner")
    for path in ("/", "/sites/new", "/sites/example.com", "/sites/example.com/details", "/sites/example.com/settings",
                 "/sites/example.com/tag",  "/nothing"):  # fmt: skip
        html = browser.get(path).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", html), path
        assert re.search(r'<html lang="en">', html), path


def test_every_link_of_a_report_is_an_address_that_answers(world: World) -> None:
    world.views(3, country="DE", source="Google")
    browser = world.browser("owner")
    html = browser.get("/sites/example.com?compare=previous").text
    links = {unescape(href) for href in re.findall(r'href="(/[^"]*)"', html)}
    assert len(links) > 40
    failed = [href for href in sorted(links) if browser.get(href).status_code != 200]
    assert failed == []


@pytest.mark.parametrize("span", ["day", "12mo", "all", "realtime"])
def test_every_period_of_an_empty_site_says_that_it_is_quiet(world: World, span: str) -> None:
    text = text_of(world.browser("owner").get(f"/sites/example.com?period={span}").text)
    assert "Quiet here" in text
