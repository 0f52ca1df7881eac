"""Pages by key: what the page's download says, for whoever holds a key, and noted as such."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dash_world import Hand, World

from dashboard.api.page_endpoint import PAGES

ASKED = {
    "journeys": "of=/pricing&way=before&steps=3",
    "funnels": "s=page:/&s=page:/pricing&within=day",
    "features": "feature=Export",
    "hours": "show=visits",
}


def fill(world: World) -> None:
    """Six visitors from home to the prices, who export something there."""
    for visitor in range(1, 7):
        at = world.now - timedelta(hours=visitor)
        world.count(Hand(visitor, at, {"path": "/", "country": "DE"}),
                    Hand(visitor, at + timedelta(minutes=1), {"path": "/pricing", "country": "DE"}),
                    Hand(visitor, at + timedelta(minutes=2), {"path": "/pricing", "name": "Export", "country": "DE",
                                                              "props": {"kind": "pdf"}}))  # fmt: skip


def by_key(world: World, room: str, query: str = ""):
    return world.browser().get(f"/api/v2/pages/{room}?site_id=example.com&{query}", headers=world.key())


@pytest.mark.parametrize("room", sorted(PAGES))
def test_a_page_by_key_is_the_download_of_the_page(world: World, room: str) -> None:
    fill(world)
    query = f"period=7d&f=is:country:DE&{ASKED.get(room, '')}"
    seen = world.browser("owner").get(f"/sites/example.com/{room}.json?{query}").json()
    answer = by_key(world, room, query)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json() == seen
    assert seen["filters"] == ["is:country:DE"]


def test_a_page_that_is_not_there_or_is_not_for_keys_is_told_as_json(world: World) -> None:
    for room in ("privacy", "nothing"):
        answer = by_key(world, room)
        assert answer.status_code == 404
        assert answer.json()["error"].startswith("There is no such page. There are engagement, features,")


def test_a_key_opens_no_page_of_another_site(world: World) -> None:
    answer = world.browser().get("/api/v2/pages/features?site_id=other.example", headers=world.key())
    assert answer.status_code == 401


def test_what_a_page_cannot_make_sense_of_is_told(world: World) -> None:
    answer = by_key(world, "journeys", "way=sideways")
    assert (answer.status_code, answer.json()) == (400, {"error": "`way` is `before`, or is left out."})


def test_who_asked_for_a_page_is_noted_without_what_may_name_a_visitor(world: World) -> None:
    fill(world)
    by_key(world, "journeys", "of=/pricing&period=7d")
    (look,) = world.registry.looks.of_site(world.site_id())
    assert (look.role, look.auth, look.action, look.object) == ("token", "key", "query", "api journeys")
    assert look.params == "of=<rare>&period=7d"
