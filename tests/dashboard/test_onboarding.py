"""Starting out: every way to put the tag in, and a list that says how far a new site has come."""

from __future__ import annotations

import re

import pytest
from dash_world import World
from ledger_world import refuse

from clickhouse.ask.ledger import NOWHERE
from clickhouse.rows import Reason
from dashboard.ways import ways_for

TAG = "/sites/example.com/tag"


def marks(page: str) -> list[str]:
    return re.findall(r'<li class="(\w+)"><b>', page)


def test_a_site_without_an_arrival_waits_for_its_snippet(world: World) -> None:
    browser = world.browser("owner", collector_health=lambda: {"spool_accepts": True})
    page = browser.get(TAG).text
    assert marks(page) == ["done", "waiting", "waiting"]
    assert 'data-again="3"' in page
    assert "footfall doctor" in page


@pytest.mark.parametrize(
    ("health", "state"), [(None, "unknown"), ({"spool_accepts": False}, "failed"), ({"spool_accepts": True}, "done")]
)
def test_the_list_begins_with_the_collector(world: World, health: dict[str, object] | None, state: str) -> None:
    browser = world.browser("owner", collector_health=(lambda: health) if health is not None else None)
    assert marks(browser.get(TAG).text)[0] == state


def test_what_was_refused_says_why_and_has_the_click_that_mends_it(world: World) -> None:
    site = world.registry.sites.get("example.com").id
    refuse(world.store, site, (world.now.date(), Reason.WRONG_HOST, 3, "staging.example.com"))
    owner = world.browser("owner")
    page = owner.get(TAG).text
    assert marks(page)[1:] == ["done", "waiting"]
    assert "What arrived was not kept" in page
    assert 'name="count_host" value="staging.example.com"' in page
    assert 'action="/sites/example.com/refused"' in page
    assert "count_host" not in world.browser("viewer").get(TAG).text
    assert owner.post("/sites/example.com/refused", data={"count_host": "staging.example.com"}).status_code == 303
    assert "staging.example.com" in world.registry.sites.get("example.com").hosts


def test_the_first_event_ends_the_waiting(world: World) -> None:
    world.views(1)
    page = world.browser("owner").get(TAG).text
    assert marks(page)[1:] == ["done", "done"]
    assert "data-again" not in page
    assert "Open the report" in page


def test_a_tag_that_names_no_site_of_ours_is_told_to_who_looks_after_all(world: World) -> None:
    refuse(world.store, NOWHERE, (world.now.date(), Reason.UNKNOWN_SITE, 2, "exampel.com"))
    assert "exampel.com" in world.browser("owner").get(TAG).text
    assert "exampel.com" not in world.browser("admin").get(TAG).text


def test_every_way_names_the_site_and_the_address() -> None:
    ways = {
        way.key: "\n".join(way.codes) for way in ways_for("a.example", "https://a.example/_f", "http://127.0.0.1:9")
    }
    for key in ("html", "npm", "next", "manager", "wordpress"):
        assert "https://a.example/_f/s.js" in ways[key], key
        assert "a.example" in ways[key].replace("https://a.example/_f", ""), key
    for key in ("nginx", "caddy", "apache"):
        assert "/_f/" in ways[key], key
        assert "127.0.0.1:9" in ways[key], key
        assert "FOOTFALL_BASE_URL=https://a.example/_f" in ways[key], key
    assert ways["policy"] == "script-src https://a.example; connect-src https://a.example"
