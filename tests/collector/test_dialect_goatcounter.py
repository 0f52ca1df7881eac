"""GoatCounter's dialect: a query string, a path, and the page that asked."""

from __future__ import annotations

from typing import Any

import pytest
from peer_world import ORIGIN, SITE, World

from registry.site import Site

IMAGE = {"accept": "image/avif,image/webp,*/*;q=0.8", "origin": ""}


def count(world: World, method: str = "POST", headers: dict[str, str] | None = None, **query: str) -> Any:
    return world.ask(method, "/count", headers=headers, params={"rnd": "ysxd1", **query})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"p": "/foo.html"}, {"name": "pageview", "hostname": "example.com", "path": "/foo.html"}),
        ({"p": "/a?x=1", "q": "?x=1&utm_source=n"}, {"path": "/a", "utm_source": "n"}),
        ({"p": "/canonical", "q": "?utm_campaign=c&ref=friend"}, {"path": "/canonical", "source": "friend"}),
        ({"p": "/a?utm_source=own", "q": "?x=1"}, {"utm_source": "own"}),
        ({"p": "/a?gclid=G"}, {"path": "/a", "click": "google"}),
        ({"p": "foo.html"}, {"path": "/foo.html"}),
        ({"p": "//page/"}, {"path": "/page/"}),
        ({"p": "/caf\u00e9"}, {"path": "/caf\u00e9"}),
        ({"p": "/a", "r": "https://www.google.com/"}, {"referrer": "google.com", "channel": "Organic Search"}),
        ({"p": "/a", "r": "https://example.com/b"}, {"continued": True}),
        ({"p": "purchase", "e": "true", "t": "Three seats"}, {"name": "purchase", "path": "/shop/now", "props": {}}),
        ({"p": "x/y", "e": "true", "q": "?utm_source=n"}, {"name": "x/y", "path": "/shop/now", "utm_source": "n"}),
        ({"p": "/a", "s": "1920,1080,2", "b": "0"}, {"path": "/a"}),
        ({"p": "/a", "ip": "1.2.3.4", "ns": "true"}, {"path": "/a"}),
        ({"p": "/" + "a" * 1999}, {"hostname": "example.com"}),
    ],
)
def test_a_count_is_kept_as_what_it_says(query: dict[str, str], expected: dict[str, Any]) -> None:
    world = World()
    answer = count(world, headers={"referer": f"{ORIGIN}/shop/now?email=a@b.example"}, **query)
    assert answer.status_code == 200, answer.headers
    (event,) = world.events
    assert {name: getattr(event, name) for name in expected} == expected


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_answer_is_a_picture_that_anybody_may_show(method: str) -> None:
    answer = count(World(), method, p="/a")
    assert len(answer.content) == 43
    assert answer.content.startswith(b"GIF89a")
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"p": ""},
        {"p": " "},
        {"p": "/a", "s": "wide"},
        {"p": "/a", "s": "1,2,3,4"},
        {"p": "/a", "b": "1"},
        {"p": "/a", "b": "149"},
        {"p": "/a", "b": "-5"},
        {"p": "/a", "b": "yes"},
        {"p": "/" + "a" * 2048},
    ],
)
def test_what_cannot_be_read_is_a_picture_with_status_400_and_a_reason(query: dict[str, str]) -> None:
    world = World()
    answer = count(world, **query)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "image/gif")
    assert answer.headers["x-goatcounter"]
    assert not world.records


@pytest.mark.parametrize("bot", ["150", "153", "999"])
def test_a_page_driven_by_a_program_is_refused_as_a_robot(bot: str) -> None:
    world = World()
    answer = count(world, p="/a", b=bot)
    assert answer.status_code == 200
    assert answer.headers["x-goatcounter"] == "not counted: bot"
    assert world.refused == {"bot": 1}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [({"sec-gpc": "1"}, "gpc"), ({"dnt": "1"}, "dnt"), ({"cookie": "footfall_optout=1"}, "optout")],
)
def test_a_visitor_who_said_no_costs_the_page_nothing(headers: dict[str, str], reason: str) -> None:
    world = World()
    answer = count(world, headers=headers, p="/a")
    assert (answer.status_code, len(answer.content)) == (200, 43)
    assert (answer.headers["x-refused"], answer.headers["x-goatcounter"]) == (reason, f"not counted: {reason}")
    assert world.refused == {reason: 1}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"origin": "", "referer": "https://example.com/"}, ""),
        ({"origin": "https://www.example.com", "referer": ""}, ""),
        ({"origin": "", "referer": "", "host": "example.com:8000"}, ""),
        ({"origin": "", "referer": ""}, "unknown_site"),
        ({"origin": "null", "referer": "", "host": "example.com"}, "wrong_host"),
        ({"origin": "https://else.example", "referer": "https://else.example/"}, "unknown_site"),
    ],
)
def test_the_site_is_that_of_the_page_that_asked_else_that_of_the_host_asked(
    headers: dict[str, str], reason: str
) -> None:
    world = World()
    answer = count(world, headers=headers, p="/a")
    assert (answer.status_code, answer.headers.get("x-refused", "")) == (200, reason)
    assert len(world.events) == (0 if reason else 1)


@pytest.mark.parametrize(
    ("pixel", "query", "kept"),
    [("off", {"p": "/a"}, []), ("count", {"p": "/a"}, [0]), ("off", {"p": "/a", "rnd": "5hs2k"}, [1])],
)
def test_a_picture_that_no_script_wrote_counts_only_where_the_site_says_so_and_never_as_anybody(
    pixel: Any, query: dict[str, str], kept: list[int]
) -> None:
    world = World(Site(id=1, host="example.com", pixel=pixel))
    answer = world.ask("GET", "/count", headers=IMAGE, params=query)
    assert answer.status_code == 200
    assert [int(event.visitor_id != 0) for event in world.events] == kept
    assert world.refused == ({} if kept else {"pixel_off": 1})


def test_other_methods_are_told_which_there_are() -> None:
    answer = World(SITE).ask("DELETE", "/count")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST, OPTIONS")
