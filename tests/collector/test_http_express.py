"""The lane of ordinary events: the same answers as the common lane, in the same order, under the same limits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from http_world import World
from lane_world import PATIENCE, config_of, listening
from uvicorn import Config, Server

from collector import guard
from collector.app import Collector
from collector.express import express_lane
from collector.spool import SpoolFull

EVENT = b'{"n":"pageview","u":"https://example.com/"}'


async def other(scope: Any, receive: Any, send: Any) -> None:
    """Whatever is not an event."""
    body = f"other {scope['path']}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def config_for(world: World, *, lane: bool = True) -> Config:
    collector = Collector(world.endpoint, other, "/_f")
    return config_of(collector, express_lane(collector) if lane else guard.Guard)


def on_server(world: World, scenario: Callable[[int], Awaitable[Any]], *, lane: bool = True) -> Any:
    async def run() -> Any:
        async with listening(config_for(world, lane=lane)) as port:
            return await asyncio.wait_for(scenario(port), PATIENCE)

    return in_loop(run())


def in_loop(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=Config("", log_config=None).get_loop_factory()) as runner:
        return runner.run(work)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let deadlines be short."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "IDLE_SECONDS", "_TICK_SECONDS"):
        monkeypatch.setattr(guard, name, 0.2)


async def exchange(port: int, *parts: bytes) -> bytes:
    """Send the parts one after the other, and return all that comes back until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.01)
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def post(body: bytes = EVENT, *headers: bytes, path: bytes = b"/e", close: bool = True) -> bytes:
    told = [b"host: a", b"content-type: text/plain", b"content-length: %d" % len(body), *headers]
    if close:
        told.append(b"connection: close")
    return b"POST " + path + b" HTTP/1.1\r\n" + b"\r\n".join(told) + b"\r\n\r\n" + body


REQUESTS = {
    "an event": post(),
    "the other name": post(path=b"/api/event"),
    "behind the base path": post(path=b"/_f/e"),
    "a batch": post(b"[" + EVENT + b"," + EVENT.replace(b"pageview", b"bot") + b"]"),
    "a refused one": post(EVENT.replace(b"pageview", b"gpc")),
    "an invalid one": post(b'{"n":1}'),
    "junk": post(b"\xff\x00"),
    "no body": post(b""),
    "an allowed origin": post(EVENT, b"origin: https://example.com"),
    "a foreign origin": post(EVENT, b"origin: https://evil.example"),
    "two origins": post(EVENT, b"origin: https://example.com", b"origin: https://example.com"),
    "a wrong type": post().replace(b"text/plain", b"text/html"),
    "packed": post(EVENT, b"content-encoding: gzip"),
    "just fits": post(EVENT + b" " * (65_536 - len(EVENT))),
    "too long": post(b" " * 65_537),
    "with a query": post(path=b"/e?x=1"),
    "another path": post(path=b"/f"),
    "chunked": b"POST /e HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: text/plain\r\n"
    b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(EVENT), EVENT),
    "asks first": post(EVENT, b"expect: 100-continue"),
    "old": post().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "an upgrade": post(EVENT, b"upgrade: websocket").replace(b"connection: close", b"connection: upgrade, close"),
    "a preflight": b"OPTIONS /e HTTP/1.1\r\nhost: a\r\norigin: https://example.com\r\nconnection: close\r\n\r\n",
    "a look": b"GET /e HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    "a look without a body": b"HEAD /e HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    "a foreign preflight": b"OPTIONS /e HTTP/1.1\r\nhost: a\r\n"
    b"origin: https://evil.example\r\nconnection: close\r\n\r\n",
    "another method": b"PUT" + post()[4:],
    "two lengths": post(EVENT, b"content-length: 3"),
    "the same length twice": post(EVENT, b"content-length: %d" % len(EVENT)),
    "both kinds of length": post(EVENT, b"transfer-encoding: chunked"),
    "no length": post(b"").replace(b"content-length: 0\r\n", b""),
    "a negative length": post().replace(b"content-length: ", b"content-length: -"),
    "a length with a sign": post().replace(b"content-length: ", b"content-length: +"),
    "a length in hex": post().replace(b"content-length: ", b"content-length: 0x"),
    "a length with zeros before": post().replace(b"content-length: ", b"content-length: 000000"),
    "a length with blanks": post().replace(b"content-length: ", b"content-length:  \t "),
    "a length beyond all": post().replace(b"content-length: ", b"content-length: 99999999999999999999"),
    "a length as a list": post(EVENT).replace(b"content-length: %d" % len(EVENT), b"content-length: 43, 43"),
    "asks first, in capitals": post(EVENT, b"Expect: 100-Continue"),
    "expects something else": post(EVENT, b"expect: a-miracle"),
    "chunked twice": post(EVENT).replace(b"content-length: 43", b"transfer-encoding: chunked, chunked"),
    "chunked with a trailer": b"POST /e HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: text/plain\r\n"
    b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nx-forwarded-for: 192.0.2.1\r\n\r\n" % (len(EVENT), EVENT),
    "chunked badly": b"POST /e HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\n"
    b"transfer-encoding: chunked\r\n\r\nzz\r\n",
    "old, kept open": post(EVENT, close=False)
    .replace(b"HTTP/1.1", b"HTTP/1.0")
    .replace(b"host", b"connection: keep-alive\r\nhost"),
    "a newer version": post().replace(b"HTTP/1.1", b"HTTP/1.2"),
    "another protocol": post().replace(b"HTTP/1.1", b"HTTP/2.0"),
    "closes and keeps": post(EVENT, b"connection: keep-alive"),
    "a close in capitals": post(EVENT, b"Connection: Close", close=False),
    "no host": post().replace(b"host: a\r\n", b""),
    "names in capitals": post().replace(b"content-type", b"Content-Type").replace(b"content-length", b"CONTENT-LENGTH"),
    "a folded line": post(EVENT, b"x-note: one\r\n two"),
    "a blank before the colon": post(EVENT, b"x-note : one"),
    "a name with a NUL": post(EVENT, b"x-\0note: one"),
    "a value with a NUL": post(EVENT, b"x-note: o\0ne"),
    "a bare line feed": post().replace(b"host: a\r\n", b"host: a\n"),
    "line breaks first": b"\r\n\r\n" + post(),
    "the whole address": post(path=b"http://a/e"),
    "a star": post(path=b"*"),
    "a path in disguise": post(path=b"/%65"),
    "a slash more": post(path=b"/e/"),
    "a fragment": post(path=b"/e#x"),
    "a hundred lines": post(EVENT, *[b"x-line: %d" % number for number in range(96)]),
    "a line too many": post(EVENT, *[b"x-line: %d" % number for number in range(97)]),
    "a long line": post(EVENT, b"x-line: " + b"y" * 33_000),
    "no signal": post(EVENT, b"sec-gpc: 0"),
    "a signal among others": post(EVENT, b"sec-gpc: 0", b"sec-gpc: 1"),
    "two cookies": post(EVENT, b"cookie: a=1", b"cookie: footfall_optout=1"),
    "a forwarded address": post(EVENT, b"x-forwarded-for: 203.0.113.9:4711"),
    "forwarded junk": post(EVENT, b"x-forwarded-for: 203.0.113.9, junk"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 50,
    "nothing": b"",
}


def without_date(answer: bytes) -> bytes:
    return re.sub(rb"date: [^\r]*\r\n", b"", answer)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_both_lanes_answer_alike(request_: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request_:
        hurry(monkeypatch)
    one, two = World(), World()
    fast = on_server(one, lambda port: exchange(port, request_))
    common = on_server(two, lambda port: exchange(port, request_), lane=False)
    head, _, body = without_date(fast).partition(b"\r\n\r\n")
    common_head, _, common_body = without_date(common).partition(b"\r\n\r\n")
    assert sorted(head.split(b"\r\n")) == sorted(common_head.split(b"\r\n"))
    assert body == common_body
    assert one.kept == two.kept
    assert one.tally.ledger() == two.tally.ledger()
    assert one.arrivals == two.arrivals


def test_an_ordinary_event_takes_the_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    async def never(*_: Any) -> None:
        raise AssertionError("the common lane")

    monkeypatch.setattr(type(world.endpoint), "__call__", never)
    assert on_server(world, lambda port: exchange(port, post())).startswith(b"HTTP/1.1 202 Accepted\r\n")


def statuses(told: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", told)]


def test_a_row_of_requests_of_both_lanes_is_answered_in_order() -> None:
    world = World()
    look = b"GET /x%d HTTP/1.1\r\nhost: a\r\n\r\n"
    row = b"".join(
        [post(close=False), look % 1, post(b"{", close=False), post(close=False), look % 2, post(close=False)]
    )
    told = on_server(world, lambda port: exchange(port, row, b"GET /last HTTP/1.1\r\nconnection: close\r\n\r\n"))
    assert statuses(told) == [202, 200, 400, 202, 200, 202, 200]
    assert told.index(b"other /x1") < told.index(b"other /x2") < told.index(b"other /last")
    assert len(world.kept) == 3


def test_one_connection_carries_many_events_one_after_the_other() -> None:
    world = World()
    parts = [post(close=False)] * 20 + [post()]
    assert statuses(on_server(world, lambda port: exchange(port, *parts))) == [202] * 21
    assert len(world.kept) == 21


def test_an_event_that_comes_byte_by_byte_is_one_event() -> None:
    world = World()
    request_ = post()
    parts = [request_[at : at + 1] for at in range(len(request_))]
    assert statuses(on_server(world, lambda port: exchange(port, *parts))) == [202]
    assert len(world.kept) == 1


def test_who_hangs_up_before_the_answer_harms_nobody() -> None:
    world = World()
    go_on = asyncio.Event()

    async def keep(records: list[bytes]) -> None:
        await go_on.wait()

    world.intake._keep = keep

    async def scenario(port: int) -> bytes:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(close=False))
        await writer.drain()
        while not world.arrivals:
            await asyncio.sleep(0)
        writer.transport.abort()
        await asyncio.sleep(0.05)
        go_on.set()
        return await exchange(port, post())

    assert statuses(on_server(world, scenario)) == [202]
    assert dict(world.tally.received) == {1: 2}


@pytest.mark.parametrize(
    "half",
    [post()[:-5], post()[:40], post(close=False), post(b"x" * 60_000)[:30_000]],
    ids=["half a body", "half a head", "idle", "half a long body"],
)
def test_the_lane_has_the_guards_deadlines(half: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    on_server(World(), lambda port: exchange(port, half))


def test_the_lane_has_the_rate_limit() -> None:
    world = World(limit=3, proxies="10.0.0.0/8")
    told = on_server(world, lambda port: exchange(port, *[post(close=False)] * 4, post()))
    assert statuses(told) == [202, 202, 202, 429, 429]
    assert b"retry-after: " in told


def test_the_lane_says_503_when_nothing_can_be_kept_and_500_when_we_are_broken() -> None:
    world = World()
    world.fault = SpoolFull("full")
    assert statuses(on_server(world, lambda port: exchange(port, post()))) == [503]
    world.fault = RuntimeError("not foreseen")
    assert statuses(on_server(world, lambda port: exchange(port, post()))) == [500]
    assert not world.tally.received


def test_a_shutdown_waits_for_an_event_under_way() -> None:
    world = World()
    go_on = asyncio.Event()

    async def keep(records: list[bytes]) -> None:
        await go_on.wait()

    world.intake._keep = keep

    async def run() -> bytes:
        server = Server(config_for(world))
        running = asyncio.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0)
        asked = asyncio.create_task(exchange(server.servers[0].sockets[0].getsockname()[1], post(close=False)))
        while not world.arrivals:
            await asyncio.sleep(0)
        server.should_exit = True
        await asyncio.sleep(0.3)
        go_on.set()
        told = await asyncio.wait_for(asked, PATIENCE)
        await asyncio.wait_for(running, PATIENCE)
        return told

    told = in_loop(run())
    assert statuses(told) == [202]
    assert b"connection: close" in told
