"""`POST /e`: what is answered, what is counted, and that nothing is accepted which was not kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from http_world import NOW_MS, World

from clickhouse.rows import Reason
from collector.spool import SpoolClosed, SpoolFault, SpoolFull
from collector.tally import day_number
from registry.errors import SaltsRefused

PAGE = {"n": "pageview", "u": "https://example.com/"}


def refused(world: World) -> dict[tuple[int, str], int]:
    return dict(world.tally.refused)


def test_a_good_event_is_kept_and_answered_ok() -> None:
    world = World()
    answer = world.send(id="0" * 32)
    assert (answer.status_code, answer.text) == (202, "ok")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-store"
    assert "x-refused" not in answer.headers
    assert "x-plausible-dropped" not in answer.headers
    assert [(event.site_id, event_id) for event, event_id in world.kept] == [(1, "0" * 32)]
    assert dict(world.tally.received) == {1: 1}


def test_the_answer_comes_only_after_the_record_is_safe() -> None:
    world = World()
    order: list[str] = []

    async def keep(records: list[bytes]) -> None:
        await asyncio.sleep(0)
        order.append(f"kept {len(records)}")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"n":"pageview","u":"https://example.com/"}', "more_body": False}

    async def send(message: Any) -> None:
        order.append(str(message.get("status", "body")))

    world.intake._keep = keep
    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"text/plain")], "client": ("1.2.3.4", 1)}
    asyncio.run(world.endpoint(scope, receive, send))
    assert order == ["kept 1", "202", "body"]


@pytest.mark.parametrize("reason", [Reason.GPC, Reason.BOT, Reason.OPTOUT, Reason.WRONG_HOST])
def test_a_refused_arrival_is_answered_202_told_why_and_counted(reason: Reason) -> None:
    world = World()
    answer = world.send(n=reason.value)
    assert (answer.status_code, answer.text) == (202, "ok")
    assert answer.headers["x-refused"] == reason.value
    assert answer.headers["x-plausible-dropped"] == "1"
    assert not world.kept
    assert refused(world) == {(1, reason): 1}
    assert dict(world.tally.received) == {1: 1}


def test_an_unknown_site_is_a_refusal_too() -> None:
    world = World()
    for fields in ({"d": "unknown.example"}, {"u": "https://unknown.example/"}):
        assert world.send(**fields).headers["x-refused"] == "unknown_site"
    assert refused(world) == {(0, Reason.UNKNOWN_SITE): 2}


@pytest.mark.parametrize("host", ["audit-0a1b2c3d.invalid", "self-audit.invalid"])
def test_what_the_self_audit_tries_before_its_site_is_known_counts_for_nobody(host: str) -> None:
    world = World()
    assert world.send(d=host).headers["x-refused"] == "unknown_site"
    world.send(u=f"https://{host}/")
    asyncio.run(world.tally.flush(world.keep))
    assert (refused(world), world.counts, dict(world.tally.received)) == ({}, [], {})


def test_the_site_is_the_named_one_else_the_pages() -> None:
    world = World()
    world.send(d="www.other.example")
    world.send(u="https://other.example/x")
    world.send(u="https://shop.example.com/x")
    assert [event.site_id for event, _ in world.kept] == [2, 2, 1]


def test_of_a_batch_the_good_ones_are_kept_and_the_rest_is_told() -> None:
    world = World()
    answer = world.send([PAGE, {**PAGE, "n": "bot"}, {**PAGE, "n": "gpc"}, {**PAGE, "n": "bot"}])
    assert (answer.status_code, answer.text) == (202, "ok")
    assert answer.headers["x-refused"] == "bot, gpc"
    assert answer.headers["x-plausible-dropped"] == "3"
    assert len(world.kept) == 1
    assert refused(world) == {(1, Reason.BOT): 2, (1, Reason.GPC): 1}
    assert dict(world.tally.received) == {1: 4}


def test_an_event_for_two_sites_of_which_one_is_unknown_is_kept_once() -> None:
    world = World()
    answer = world.send(d="other.example,unknown.example")
    assert answer.headers["x-plausible-dropped"] == "1"
    assert [event.site_id for event, _ in world.kept] == [2]


def test_an_invalid_event_is_answered_400_and_counted_nowhere() -> None:
    world = World()
    answer = world.send({"n": "pageview"})
    assert answer.status_code == 400
    assert answer.json() == {"errors": {"url": ["is required"], "domain": ["can't be blank"]}}
    assert not world.tally.received
    assert world.send([PAGE, {"n": "x", "u": "about:x"}]).json() == {
        "errors": {"domain": ["can't be blank"]},
        "index": 1,
    }
    assert not world.kept


@pytest.mark.parametrize("fault", [SpoolFull("full"), SpoolFault("disk"), SpoolClosed("down"), SaltsRefused("away")])
def test_what_cannot_be_kept_is_not_accepted(fault: Exception) -> None:
    world = World()
    world.fault = fault
    answer = world.send([PAGE, {**PAGE, "n": "bot"}])
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert not world.kept
    assert not world.tally.received  # it will be sent again: counting the refused half now would count it twice
    assert not world.tally.refused


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_events_are_taken_by_post_alone(method: str) -> None:
    answer = World().ask(method)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    ("origin", "may_read"),
    [
        ("https://example.com", True),
        ("http://shop.example.com:8080", True),
        ("https://other.example", True),
        ("https://evil.example", False),
        ("https://example.com.evil.example", False),
        ("null", False),
        ("", False),
        ("https://example.com/", False),
        ("https://example.com@evil.example", False),
        ("https://example.com, https://evil.example", False),
        ("chrome-extension://example.com", False),
    ],
)
def test_an_answer_may_be_read_by_the_pages_of_our_sites_and_by_exact_echo(origin: str, may_read: bool) -> None:
    world = World()
    for answer in (
        world.send(headers={"origin": origin}),
        world.send(b"junk", headers={"origin": origin}),
        world.ask("OPTIONS", headers={"origin": origin, "access-control-request-method": "POST"}),
    ):
        assert answer.headers.get("access-control-allow-origin") == (origin if may_read else None)
        assert "origin" in answer.headers["vary"].lower()
        assert "access-control-allow-credentials" not in answer.headers
        exposed = answer.headers.get("access-control-expose-headers", "").lower()
        assert ("x-refused" in exposed) is may_read


def test_a_preflight_names_what_is_allowed_or_why_not() -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    allowed = World().ask("OPTIONS", headers={"origin": "https://example.com", **asked})
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-methods"] == "POST"
    assert allowed.headers["access-control-allow-headers"] == "content-type"
    assert allowed.headers["access-control-max-age"] == "600"
    denied = World().ask("OPTIONS", headers={"origin": "https://evil.example", **asked})
    assert denied.headers["x-refused"] == "wrong_host"


@pytest.mark.parametrize("reason", list(Reason))
def test_no_answer_to_an_event_sets_a_cookie(reason: Reason) -> None:
    world = World()
    cookies = "footfall_optout=1; footfall_consent=1.1.1.g.1"
    answer = world.send(n=reason.value, headers={"cookie": cookies, "sec-gpc": "1", "dnt": "1"})
    assert "set-cookie" not in answer.headers


def test_the_arrival_carries_the_visitors_say() -> None:
    world = World()
    world.send(ck=0, headers={"sec-gpc": "1", "dnt": "1", "cookie": "footfall_optout=1", "purpose": "prefetch"})
    signals = world.arrivals[0].signals
    assert (signals.gpc, signals.dnt, signals.optout_cookie, signals.cookies_off, signals.prefetch) == (True,) * 5


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        ("198.51.100.7", {}, "198.51.100.7"),
        ("198.51.100.7", {"x-forwarded-for": "6.6.6.6"}, "198.51.100.7"),
        ("127.0.0.1", {"x-forwarded-for": "6.6.6.6, 203.0.113.9"}, "203.0.113.9"),
        (
            "127.0.0.1",
            {"cf-connecting-ip": "6.6.6.6", "x-plausible-ip": "6.6.6.6", "x-real-ip": "6.6.6.6"},
            "127.0.0.1",
        ),
    ],
)
def test_the_address_is_that_of_the_client(peer: str, headers: dict[str, str], address: str) -> None:
    world = World(peer=peer)
    world.send(headers=headers)
    assert world.arrivals[0].address == address


def test_a_fault_of_ours_is_never_a_202() -> None:
    world = World()
    world.fault = RuntimeError("not foreseen")
    answer = world.send()
    assert answer.status_code == 500
    assert "not foreseen" not in answer.text
    assert not world.tally.received


def test_refusals_reach_the_spool_once_on_the_sites_local_day() -> None:
    world = World()
    world.send(n="bot")
    world.send(n="bot")
    world.send(d="unknown.example")
    asyncio.run(world.tally.flush(world.keep))
    asyncio.run(world.tally.flush(world.keep))
    today = NOW_MS // 86_400_000
    seen = sorted((count.site_id, count.day, count.reason, count.count, count.rule) for count in world.counts)
    assert seen == [
        (0, today, "unknown_site", 1, "unknown.example"),
        (1, today + 1, "bot", 2, "by name"),
    ]  # it is tomorrow in Auckland


def test_counts_the_spool_did_not_take_are_handed_over_next_time() -> None:
    world = World()
    world.send(n="bot")
    world.fault = SpoolFull("full")
    with pytest.raises(SpoolFull):
        asyncio.run(world.tally.flush(world.keep))
    world.fault = None
    world.send(n="bot")
    world.counts.clear()
    asyncio.run(world.tally.flush(world.keep))
    assert [count.count for count in world.counts] == [2]


@pytest.mark.parametrize(
    ("zone", "now_ms", "day"),
    [("UTC", 0, 0), ("Pacific/Auckland", 43_200_000, 1), ("America/New_York", 0, -1), ("UTC", 951_782_400_000, 11016)],
)
def test_a_day_is_counted_in_the_sites_zone(zone: str, now_ms: int, day: int) -> None:
    assert day_number(now_ms, zone) == day
