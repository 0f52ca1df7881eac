"""Umami's dialect: what its tracker, its documented calls and its batches come to, and how it is answered."""

from __future__ import annotations

from typing import Any

import pytest
from peer_world import ORIGIN, SITE, World

from clickhouse.rows import Event
from registry.site import Site

WEBSITE = "11111111-1111-4111-8111-111111111111"
SESSION = {
    "cache": "none",
    "sessionId": "00000000-0000-0000-0000-000000000000",
    "visitId": "00000000-0000-0000-0000-000000000000",
}


def said(kind: str = "event", **payload: Any) -> dict[str, Any]:
    usual = {"website": WEBSITE, "hostname": "example.com", "url": "https://example.com/a", "title": "A"}
    told = {name: value for name, value in {**usual, **payload}.items() if value is not None}
    return {"type": kind, "payload": told}


def one(message: Any, world: World | None = None) -> Event:
    world = world or World()
    answer = world.ask("POST", "/api/send", json=message)
    assert (answer.status_code, answer.json()) == (200, SESSION)
    (event,) = world.events
    return event


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, {"name": "pageview", "hostname": "example.com", "path": "/a", "title": "", "props": {}}),
        ({"url": "/b/?utm_source=s&gclid=G"}, {"path": "/b/", "utm_source": "s", "click": "google"}),
        ({"url": "c"}, {"path": "/c"}),
        ({"url": None}, {"path": "/"}),
        ({"url": None, "hostname": None}, {"path": "/from/the/referer"}),
        ({"url": "/d", "hostname": None}, {"path": "/d", "hostname": "example.com"}),
        ({"referrer": "https://www.google.com/search?q=x"}, {"referrer": "google.com", "source": "Google"}),
        ({"referrer": "https://example.com/before"}, {"referrer": "", "continued": True}),
        ({"name": "Sign up", "data": {"plan": "pro"}}, {"name": "Sign up", "props": {"plan": "pro"}}),
        ({"name": "n" * 121}, {"name": "n" * 120}),
        ({"name": " "}, {"name": "pageview"}),
        ({"tag": "b"}, {"props": {"tag": "b"}}),
        ({"name": "x", "tag": "b", "data": {"tag": "own"}}, {"props": {"tag": "own"}}),
        ({"name": "x", "data": {"a": {"b": {"c": 1}}}}, {"props": {"a.b.c": "1"}}),
        ({"name": "x", "data": {"a": {"b": {"c": {"d": 1}}}, "l": [1], "n": None, "e": ""}}, {"props": {}}),
        ({"name": "x", "data": [1]}, {"props": {}}),
        (
            {"name": "buy", "data": {"revenue": 19.99, "currency": "eur", "plan": "pro"}},
            {"revenue": 19990, "currency": "EUR", "props": {"plan": "pro"}},
        ),
        ({"name": "buy", "data": {"revenue": "19.99", "currency": "EUR"}}, {"revenue": 19990, "props": {}}),
        ({"name": "buy", "data": {"revenue": 5}}, {"revenue": 0, "props": {"revenue": "5"}}),
        ({"name": "rtl\u202eevil\x00"}, {"name": "rtlevil"}),
    ],
)
def test_an_event_is_kept_as_what_it_says(payload: dict[str, Any], expected: dict[str, Any]) -> None:
    world = World()
    answer = world.ask(
        "POST", "/api/send", json=said(**payload), headers={"referer": f"{ORIGIN}/from/the/referer?email=a@b.example"}
    )
    assert answer.json() == SESSION, answer.text
    (event,) = world.events
    assert {name: getattr(event, name) for name in expected} == expected


def test_web_vitals_are_a_feature_that_ends_no_bounce_and_unknown_keys_are_skipped() -> None:
    event = one(said("performance", lcp=1200.5, cls=0.02, ttfb=80, inp="fast", duration=99))
    assert (event.name, event.interactive) == ("Web Vitals", False)
    assert event.props == {"lcp": "1200", "cls": "20", "ttfb": "80"}


def test_engagement_is_the_time_a_page_was_read() -> None:
    event = one(said("engagement", engagement=12_000))
    assert (event.name, event.engaged_ms) == ("engagement", 12_000)


def test_who_somebody_is_gets_a_friendly_answer_and_is_not_kept() -> None:
    world = World()
    answer = world.ask("POST", "/api/send", json=said("identify", id="user-42", data={"email": "a@b.example"}))
    assert (answer.status_code, answer.json()) == (200, SESSION)
    assert not world.records
    assert not world.refused


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"type":"event"}',
        b'{"type":"event","payload":[]}',
        b'{"type":"event","payload":{"url":"/"}}',
        b'{"type":"event","payload":{"website":7,"url":"/"}}',
        b'{"type":"event","payload":{"website":"w","url":7}}',
        b'{"type":"event","payload":{"website":"w","url":"/","name":{}}}',
        b'{"type":"event","payload":{"website":"w","url":"/","hostname":"' + b"h" * 101 + b'"}}',
        b'{"type":"collect","payload":{"website":"w","url":"/"}}',
        b'{"type":"engagement","payload":{"website":"w","url":"/","engagement":-1}}',
        b'{"type":"event","payload":{"data":' + b"[" * 2000 + b"]" * 2000 + b"}}",
        b"\xff\xfe\x00",
    ],
)
def test_what_cannot_be_read_is_told_in_umamis_form(body: bytes) -> None:
    world = World()
    answer = world.ask("POST", "/api/send", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad-request"
    assert not world.records


def test_a_site_nobody_knows_is_not_found_and_counted() -> None:
    world = World()
    answer = world.ask("POST", "/api/send", json=said(hostname="else.example", url="/"))
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Website not found."
    assert answer.headers["x-refused"] == "unknown_site"
    assert world.refused == {"unknown_site": 1}


def test_an_id_that_a_site_has_as_alias_is_enough() -> None:
    world = World(Site(id=7, host="example.com", alias=(WEBSITE,)))
    event = one({"type": "event", "payload": {"website": WEBSITE.upper(), "url": "/only/a/path"}}, world)
    assert (event.site_id, event.hostname, event.path) == (7, "example.com", "/only/a/path")


def test_an_alias_decides_between_sites_that_share_a_host_and_never_takes_in_a_stranger() -> None:
    all_of_them = Site(id=7, host="all.example", hosts=("example.com",), alias=(WEBSITE,))
    assert one(said(), World(SITE, all_of_them)).site_id == 7
    assert one(said(), World(SITE, Site(id=7, host="all.example", alias=(WEBSITE,)))).site_id == 1


def test_a_robot_hears_boop() -> None:
    world = World()
    answer = world.ask("POST", "/api/send", json=said(), headers={"user-agent": "Googlebot/2.1"})
    assert (answer.status_code, answer.json()) == (200, {"beep": "boop"})
    assert answer.headers["x-refused"] == "bot"
    assert world.refused == {"bot": 1}


@pytest.mark.parametrize(
    ("headers", "site", "reason", "is_told_to_stop"),
    [
        ({"sec-gpc": "1"}, SITE, "gpc", True),
        ({"dnt": "1"}, SITE, "dnt", True),
        ({"cookie": "footfall_optout=1"}, SITE, "optout", True),
        ({"cookie": "footfall_consent=1.v1.0.d."}, SITE, "denied", True),
        ({}, Site(id=1, host="example.com", mode="consent_only", legal_basis="consent"), "no_consent", False),
        ({}, Site(id=1, host="example.com", exclude=("/a",)), "excluded", False),
        ({"origin": "https://evil.example"}, SITE, "wrong_host", False),
    ],
)
def test_a_refusal_is_told_and_a_visitor_who_said_no_stops_the_tracker(
    headers: dict[str, str], site: Site, reason: str, is_told_to_stop: bool
) -> None:
    world = World(site)
    answer = world.ask("POST", "/api/send", json=said(), headers=headers)
    assert answer.status_code == 200
    assert answer.json() == {**SESSION, **({"disabled": True} if is_told_to_stop else {})}
    assert answer.headers["x-refused"] == reason
    assert world.refused == {reason: 1}


def test_a_batch_is_answered_object_by_object() -> None:
    world = World()
    messages = [said(), {"type": "event"}, said(hostname="else.example", url="/"), said(name="x"), said("identify")]
    answer = world.ask("POST", "/api/batch", json=messages)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["size"], told["processed"], told["errors"], told["cache"]) == (5, 3, 2, "none")
    assert [detail["index"] for detail in told["details"]] == [1, 2]
    assert told["details"][1]["response"]["error"]["message"] == "Website not found."
    assert [event.name for event in world.events] == ["pageview", "x"]


@pytest.mark.parametrize("body", [b"{}", b"[", [said()] * 51])
def test_a_batch_that_is_no_list_or_too_long_is_refused_as_a_whole(body: Any) -> None:
    world = World()
    told = {"content": body} if isinstance(body, bytes) else {"json": body}
    assert world.ask("POST", "/api/batch", **told).status_code == 400
    assert not world.records


def test_the_preflights_of_the_first_and_of_later_events_are_granted_to_a_page_of_ours_only() -> None:
    world = World()
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,x-umami-cache"}
    granted = world.ask("OPTIONS", "/api/send", headers=asked).headers
    assert granted["access-control-allow-origin"] == ORIGIN
    assert granted["access-control-allow-headers"] == "content-type, x-umami-cache"
    assert granted["access-control-allow-methods"] == "POST"
    assert "access-control-allow-credentials" not in granted
    refused = world.ask("OPTIONS", "/api/send", headers={**asked, "origin": "https://evil.example"})
    assert refused.status_code == 204
    assert "access-control-allow-origin" not in refused.headers


def test_its_own_cache_header_changes_nothing() -> None:
    world = World()
    answer = world.ask("POST", "/api/send", json=said(), headers={"x-umami-cache": "eyJhbGciOiJIUzI1NiJ9.x.sig"})
    assert answer.json() == SESSION
    assert len(world.events) == 1
