"""The picture for pages without JavaScript: the page is the one in `Referer`, and nobody is told apart."""

from __future__ import annotations

from typing import Any

import pytest
from peer_world import SITE, World

from registry.site import Site

COUNTING = Site(id=1, host="example.com", pixel="count")
IMAGE = {"accept": "image/avif,image/webp,*/*;q=0.8", "origin": ""}


def show(world: World, page: str = "https://example.com/pricing", query: str = "", **more: str) -> Any:
    """Ask for the picture as an `<img>` on that page does."""
    return world.ask("GET", f"/p.gif{query}", headers={**IMAGE, "referer": page, **more})


def test_the_picture_counts_the_page_that_shows_it_and_never_as_anybody() -> None:
    world = World(COUNTING)
    answer = show(world, "https://example.com/users/jane@corp.example?utm_source=n&email=jane@corp.example")
    (event,) = world.events
    assert answer.status_code == 200
    assert "x-refused" not in answer.headers
    assert (event.name, event.hostname, event.path) == ("pageview", "example.com", "/users/[email]")
    assert (event.utm_source, event.visitor_id, event.referrer) == ("n", 0, "")
    assert b"jane" not in b"".join(world.records)


@pytest.mark.parametrize("site", [COUNTING, SITE])
def test_counted_or_not_the_answer_is_the_same_picture(site: Site) -> None:
    answer = show(World(site))
    assert (answer.status_code, len(answer.content), answer.content[:6]) == (200, 43, b"GIF89a")
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("site", "headers", "reason"),
    [
        (SITE, {}, "pixel_off"),
        (COUNTING, {"sec-gpc": "1"}, "gpc"),
        (COUNTING, {"dnt": "1"}, "dnt"),
        (COUNTING, {"cookie": "footfall_optout=1"}, "optout"),
        (COUNTING, {"user-agent": "Googlebot/2.1"}, "bot"),
        (COUNTING, {"referer": "https://else.example/"}, "unknown_site"),
        (COUNTING, {"referer": ""}, "unknown_site"),
        (COUNTING, {"referer": "", "origin": "https://example.com"}, "unknown_site"),
        (COUNTING, {"referer": "", "host": "example.com"}, "unknown_site"),
    ],
)
def test_what_is_not_counted_is_told_and_tallied(site: Site, headers: dict[str, str], reason: str) -> None:
    world = World(site)
    answer = show(world, **headers)
    assert (answer.status_code, answer.headers["x-refused"], world.events) == (200, reason, [])
    assert world.refused == {reason: 1}


def test_a_site_that_waits_for_consent_counts_no_picture_of_those_who_were_not_asked() -> None:
    world = World(Site(id=1, host="example.com", pixel="count", mode="consent_only", legal_basis="consent"))
    assert show(world).headers["x-refused"] == "no_consent"


def test_an_id_in_the_address_of_the_picture_or_in_a_cookie_goes_nowhere() -> None:
    world = World(Site(id=1, host="example.com", pixel="count", mode="hybrid", legal_basis="consent"))
    vid = "1.abc.AAAAAAAAAAAAAAAAAAAAAA"
    show(
        world,
        query="?id=user-42&u=https://else.example/",
        cookie=f"footfall_consent=1.x.1.g.; __Host-footfall_vid={vid}",
    )
    (event,) = world.events
    assert (event.hostname, event.visitor_id) == ("example.com", 0)
    assert b"user-42" not in b"".join(world.records)


def test_a_full_disk_and_a_hurried_sender_get_a_picture_too() -> None:
    full = show(World(COUNTING, is_full=True))
    assert (full.status_code, full.headers["retry-after"], len(full.content)) == (503, "5", 43)
    world = World(COUNTING, limit=1)
    show(world)
    assert (show(world).status_code, len(world.events)) == (429, 1)


def test_it_is_asked_for_and_not_sent() -> None:
    answer = World(COUNTING).ask("POST", "/p.gif")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, OPTIONS")


def test_the_picture_is_there_behind_a_base_path_too() -> None:
    world = World(COUNTING, base_url="https://example.com/_f")
    answer = world.ask("GET", "/_f/p.gif", headers={**IMAGE, "referer": "https://example.com/a"})
    assert (answer.status_code, len(world.events)) == (200, 1)
