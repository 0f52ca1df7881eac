"""`POST /api/events`: keys, limits, what is answered, and that all that was accepted is on disk before the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from collector_world import BROWSER, tools
from http_world import Town
from starlette.applications import Starlette

from clickhouse.rows import Event
from collector.address import Proxies
from collector.rate import Rate
from collector.serverside.body import MAX_BYTES
from collector.serverside.endpoint import ServerSide
from collector.settings import load
from collector.spool import SpoolFull
from collector.spool.record import KeptEvent, decode, encode_refusals
from collector.tally import Tally
from registry.errors import RegistryAway, SaltsRefused
from registry.keys import Key, Scope
from registry.site import Site

NOW = datetime(2025, 11, 22, 14, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
HERE = Site(id=1, host="example.com")
CONSENT = Site(id=2, host="consent.example", mode="consent_only", legal_basis="consent")
CANARY_IP, CANARY_UA = "203.0.113.231", BROWSER.replace("130.0.0.0", "130.77.66.55")


def key_for(site: Site, *scopes: Scope) -> Key:
    return Key("0" * 8, site.id, site.host, "", scopes, NOW, None, None, None)


KEYS = {
    "good": key_for(HERE, "events:write"),
    "reader": key_for(HERE, "stats:read"),
    "consent": key_for(CONSENT, "events:write"),
    "new": key_for(Site(id=9, host="new.example"), "events:write"),
}


class World:
    """The route alone, with the real bridge; what it keeps is decoded from the records that it made durable."""

    def __init__(self, *, limit: int = 0) -> None:
        self.events: list[Event] = []
        self.commits = 0
        self.fault: Exception | None = None
        self.salts_asked: list[Any] = []
        self.tally = Tally(encode_refusals)
        self.route = ServerSide(
            check=self._check,
            sites=Town(HERE, CONSENT),
            tools=msgspec.structs.replace(tools(), salt=self._salt),
            keep=self._keep,
            tally=self.tally,
            rate=Rate(limit),
            proxies=Proxies(load({}).trusted_proxies),
            now_ms=lambda: NOW_MS,
        )

    def _check(self, secret: str) -> Key | None:
        if secret == "away":
            raise RegistryAway("the registry is away")
        return KEYS.get(secret)

    def _salt(self, _site: int, day: Any) -> bytes:
        self.salts_asked.append(day)
        if isinstance(self.fault, SaltsRefused):
            raise self.fault
        return b"today" * 6

    async def _keep(self, records: Sequence[bytes]) -> None:
        if self.fault:
            raise self.fault
        self.commits += 1
        for record in records:
            kept = decode(record)
            assert isinstance(kept, KeptEvent)
            self.events.append(kept.event)

    def run(self, work: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
        async def scenario() -> Any:
            transport = httpx.ASGITransport(Starlette(routes=self.route.routes()), client=("198.51.100.7", 1))
            async with httpx.AsyncClient(transport=transport, base_url="https://stats.example") as client:
                return await work(client)

        return asyncio.run(scenario())

    def ask(
        self, content: Any = b"[]", key: str = "good", kind: str = "application/json", **more: str
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}", "content-type": kind, **more}
        answer: httpx.Response = self.run(lambda client: client.post("/api/events", content=content, headers=headers))
        return answer

    def send(self, *rows: Any, key: str = "good") -> dict[str, Any]:
        answer = self.ask(msgspec.json.encode(rows), key)
        assert answer.status_code == 202, answer.text
        told: dict[str, Any] = answer.json()
        return told


def row(ago: timedelta | None = None, **said: Any) -> dict[str, Any]:
    told = {"n": "pageview", "u": "https://example.com/", "ip": CANARY_IP, "ua": CANARY_UA}
    return told | ({"ts": (NOW - ago).isoformat()} if ago is not None else {}) | said


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"key": "nobody"}, 401),
        ({"authorization": ""}, 401),
        ({"authorization": "Basic Z29vZDo="}, 401),
        ({"key": "reader"}, 403),
        ({"kind": "text/plain"}, 415),
        ({"kind": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-length": str(MAX_BYTES + 1)}, 413),
        ({"content": b"x" * (MAX_BYTES + 1)}, 413),
        ({"key": "away"}, 503),
        ({"key": "new"}, 503),
        ({"content": b"{]"}, 400),
        ({"content": b"[]"}, 400),
    ],
)
def test_whoever_may_not_or_cannot_be_read_gets_nothing_accepted(told: dict[str, Any], status: int) -> None:
    world = World()
    answer = world.ask(**{"content": msgspec.json.encode([row()]), **told})
    assert answer.status_code == status
    assert world.events == []
    assert (status == 503) is ("retry-after" in answer.headers)
    assert (status == 401) is ("www-authenticate" in answer.headers)
    assert not world.tally.received


def test_a_body_of_unknown_length_is_read_only_as_far_as_it_may_go() -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1_000_000

    world = World()
    headers = {"authorization": "Bearer good", "content-type": "application/x-ndjson"}

    async def bounded(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/api/events", content=endless(), headers=headers)

    assert world.run(bounded).status_code == 413
    assert read == MAX_BYTES // 1_000_000 + 1


def test_other_methods_are_told_the_right_one() -> None:
    answer = World().run(lambda client: client.get("/api/events"))
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_too_many_requests_have_to_wait() -> None:
    world = World(limit=1)
    assert world.ask(msgspec.json.encode([row()])).status_code == 202
    answer = world.ask(msgspec.json.encode([row()]))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_each_row_gets_its_own_answer_and_the_rest_is_kept_at_once() -> None:
    world = World()
    told = world.send(
        row(),
        row(gpc=True),
        row(u="https://elsewhere.example/"),
        row(ts="yesterday"),
        row(ua="Googlebot/2.1"),
        7,
        row(d="consent.example"),
        row(name="Signup", n=None),
    )
    assert told["accepted"] == 2
    assert told["refused"] == [
        {"index": 1, "reason": "gpc"},
        {"index": 2, "reason": "wrong_host"},
        {"index": 3, "errors": {"ts": ["must be an RFC 3339 time, as 2026-01-31T09:30:00Z"]}},
        {"index": 4, "reason": "bot"},
        {"index": 5, "errors": {"request": ["Unable to parse row as a json object"]}},
        {"index": 6, "errors": {"domain": ["is not the site of this key"]}},
    ]
    assert world.commits == 1
    assert [event.name for event in world.events] == ["pageview", "Signup"]
    assert world.tally.received[1] == 5
    assert world.tally.refused == {(1, "gpc"): 1, (1, "wrong_host"): 1, (1, "bot"): 1}


def test_a_request_of_which_nothing_can_be_read_is_a_bad_request() -> None:
    answer = World().ask(msgspec.json.encode([row(ts="tomorrow")]))
    assert (answer.status_code, answer.json()["accepted"], answer.json()["refused"][0]["index"]) == (400, 0, 0)


@pytest.mark.parametrize("signal", ["gpc", "dnt"])
def test_the_visitors_say_is_obeyed(signal: str) -> None:
    world = World()
    assert world.send(row(**{signal: True}))["refused"] == [{"index": 0, "reason": signal}]
    assert world.send(row(ck=0))["refused"] == [{"index": 0, "reason": "cookies_off"}]
    assert world.send(row(u="https://consent.example/"), key="consent")["refused"][0]["reason"] == "no_consent"
    assert world.events == []


def test_ndjson_is_taken_line_by_line() -> None:
    world = World()
    body = b"\n".join([msgspec.json.encode(row()), b"{broken", msgspec.json.encode(row())]) + b"\n"
    answer = world.ask(body, kind="application/x-ndjson; charset=utf-8")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    assert [told["index"] for told in answer.json()["refused"]] == [1]


@pytest.mark.parametrize("fault", [SpoolFull("full"), SaltsRefused("away"), OSError(5, "EIO")])
def test_what_cannot_be_made_durable_is_not_accepted_at_all(fault: Exception) -> None:
    world = World()
    world.fault = fault
    answer = world.ask(msgspec.json.encode([row(), row(gpc=True)]))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert not world.tally.received


def test_a_visitor_has_one_number_a_day_and_two_days_have_nothing_in_common() -> None:
    world = World()
    yesterday = timedelta(days=1)
    world.send(
        row(), row(timedelta(minutes=1)), row(yesterday), row(yesterday * 2), row(yesterday + timedelta(hours=2))
    )
    before, first, second, third, fourth = world.events
    assert first.visitor_id == second.visitor_id
    assert third.visitor_id == fourth.visitor_id
    assert len({event.visitor_id for event in world.events}) == 3
    assert before.visitor_id not in {first.visitor_id, third.visitor_id, 0}


def test_a_day_that_is_over_is_another_one_in_every_request_and_today_is_not() -> None:
    world = World()
    for _ in range(2):
        world.send(row(), row(timedelta(days=3)))
    old_one, today_one, old_two, today_two = world.events
    assert today_one.visitor_id == today_two.visitor_id
    assert old_one.visitor_id != old_two.visitor_id


def test_the_shared_salts_are_never_asked_for_another_day_than_today() -> None:
    """Asking would destroy today's."""
    world = World()
    world.send(row(), *(row(timedelta(days=day)) for day in range(1, 40)))
    assert set(world.salts_asked) == {NOW.date()}


def test_rows_are_kept_in_order_of_time_with_their_delay() -> None:
    world = World()
    minutes = [30, 5, 60 * 24 * 100, 0]
    world.send(*(row(timedelta(minutes=minute)) for minute in minutes))
    assert [NOW_MS - event.ts for event in world.events] == [minute * 60_000 for minute in (144_000, 30, 5, 0)]
    assert [event.delay_ms for event in world.events] == [2**32 - 1, 1_800_000, 300_000, 0]


def test_a_clock_that_is_a_little_ahead_is_set_to_ours() -> None:
    world = World()
    world.send(row(timedelta(minutes=-9)))
    assert (world.events[0].ts, world.events[0].delay_ms) == (NOW_MS, 0)


def test_an_event_without_an_address_is_counted_without_a_visitor() -> None:
    world = World()
    world.send({"n": "Renewal", "u": "/account"})
    assert (world.events[0].visitor_id, world.events[0].hostname, world.events[0].path) == (
        0,
        "example.com",
        "/account",
    )


def test_nothing_personal_is_in_what_is_kept_or_answered(tmp_path: Path) -> None:
    world = World()
    answer = world.ask(msgspec.json.encode([row(), row(ip=f"{CANARY_IP}.x"), row(n="", ip="2001:db8::99")]))
    told = answer.text + repr(world.events)
    for canary in (CANARY_IP, CANARY_UA, "130.77", "2001:db8::99"):
        assert canary not in told
