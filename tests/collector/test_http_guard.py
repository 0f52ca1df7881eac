"""The guard, on real sockets: who is too slow or too big is gone, and nobody else notices.

The limits are shortened through the module's constants; what is awaited is always the peer's end of the connection.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from uvicorn import Config, Server

from collector import guard
from collector.guard import Guard

Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]
PATIENCE = 60.0
"""Far beyond every limit below: only a hanging server reaches it."""
TIMES = 84 if os.environ.get("FOOTFALL_TEST_THOROUGH") else 25
"""Twelve kinds each: three hundred connections, or a thousand."""


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Read all, then say what was asked; `/big` answers with more than any buffer holds, `/early` before reading."""
    size = 0
    more = scope["path"] != "/early"
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        size += len(message["body"])
        more = message["more_body"]
    body = b"x" * 50_000_000 if scope["path"] == "/big" else f"{scope['path']} {size} {len(scope['headers'])}".encode()
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "IDLE_SECONDS", "STALLED_WRITE_SECONDS", "_TICK_SECONDS"):
        monkeypatch.setattr(guard, name, 0.3)
    monkeypatch.setattr(guard, "FAREWELL_SECONDS", 0.1)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Server, int]]:
    server = Server(
        Config(
            app,
            http=Guard,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=1,
            timeout_graceful_shutdown=3,
        )
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    running = asyncio.create_task(server._serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0)
    try:
        yield server, listener.getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait_for(running, PATIENCE)


def on_server(scenario: Callable[[int], Awaitable[None]]) -> None:
    async def run() -> None:
        async with serving() as (_, port):
            await asyncio.wait_for(scenario(port), PATIENCE)

    run_as_served(run())


def run_as_served(work: Coroutine[None, None, None]) -> None:
    """Run on the event loop that the server would choose."""
    with asyncio.Runner(loop_factory=Config(app, log_config=None).get_loop_factory()) as runner:
        runner.run(work)


async def connect(port: int, first: bytes = b"") -> Peer:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)
    return reader, writer


async def is_closed(peer: Peer) -> bytes:
    """Wait for the end of the connection; return what came before it."""
    reader, writer = peer
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def answer_to(port: int, path: str = "/") -> bytes:
    return await is_closed(await connect(port, f"GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode()))


HALF_OPEN = {
    "says nothing": b"",
    "half a line": b"GET / HT",
    "half a head": b"GET / HTTP/1.1\r\nhost: a\r\n",
    "only line breaks": b"\r\n\r\n",
    "no body": b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n",
    "half a body": b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab",
    "half a chunk": b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    "no last chunk": b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
    "idle after an answer": b"GET / HTTP/1.1\r\nhost: a\r\n\r\n",
    "line breaks after an answer": b"GET / HTTP/1.1\r\nhost: a\r\n\r\n\r\n",
    "half a head after an answer": b"GET / HTTP/1.1\r\nhost: a\r\n\r\nGET /",
    "answered before it sent its body": b"POST /early HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n",
}


@pytest.mark.parametrize("first", HALF_OPEN.values(), ids=HALF_OPEN)
def test_who_stops_half_way_is_closed(first: bytes) -> None:
    async def scenario(port: int) -> None:
        await is_closed(await connect(port, first))

    on_server(scenario)


def test_a_byte_now_and_then_does_not_keep_a_head_open() -> None:
    async def scenario(port: int) -> None:
        reader, writer = peer = await connect(port, b"GET / HTTP/1.1\r\nx: ")

        async def drip() -> None:
            while not reader.at_eof():
                writer.write(b"a")
                await asyncio.sleep(0.01)

        dripping = asyncio.create_task(drip())
        await is_closed(peer)
        dripping.cancel()

    on_server(scenario)


def test_line_breaks_do_not_keep_an_idle_connection_open() -> None:
    async def scenario(port: int) -> None:
        reader, writer = peer = await connect(port, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")

        async def drip() -> None:
            while not reader.at_eof():
                writer.write(b"\r\n")
                await asyncio.sleep(0.01)

        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
        dripping = asyncio.create_task(drip())
        await is_closed(peer)
        dripping.cancel()

    on_server(scenario)


def test_a_good_client_is_served_among_three_hundred_half_open_ones() -> None:
    async def scenario(port: int) -> None:
        bad = [await connect(port, first) for first in list(HALF_OPEN.values()) * TIMES]
        for _ in range(20):
            assert b"/ 0 2" in await answer_to(port)
        await asyncio.gather(*(is_closed(peer) for peer in bad))
        assert b"/ 0 2" in await answer_to(port)

    on_server(scenario)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 101 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"x: " + b"a" * 3_000_000,  # and no end of it
        b"GET /" + b"a" * 3_000_000,
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 100_000,
    ],
    ids=["long value", "long path", "many", "endless value", "endless path", "endless many"],
)
def test_a_head_over_its_limits_is_refused(head: bytes) -> None:
    async def scenario(port: int) -> None:
        told = await is_closed(await connect(port, head))
        assert told == b"" or told.startswith(b"HTTP/1.1 431")

    on_server(scenario)


def test_a_head_just_within_its_limits_is_served() -> None:
    async def scenario(port: int) -> None:
        many = b"".join(b"x%d: y\r\n" % number for number in range(98))
        head = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n" + many + b"\r\n"
        assert b"/ 0 100" in await is_closed(await connect(port, head))
        long = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: " + b"a" * 32_000 + b"\r\n\r\n"
        assert b"/ 0 3" in await is_closed(await connect(port, long))

    on_server(scenario)


def test_a_refused_head_is_told_431() -> None:
    async def scenario(port: int) -> None:
        head = b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 101 + b"\r\n"
        assert (await is_closed(await connect(port, head))).startswith(b"HTTP/1.1 431 ")

    on_server(scenario)


def test_requests_in_a_row_on_one_connection_are_answered_in_order() -> None:
    async def scenario(port: int) -> None:
        row = b"".join(b"GET /%d HTTP/1.1\r\nhost: a\r\n\r\n" % number for number in range(20))
        told = await is_closed(await connect(port, row + b"GET /last HTTP/1.1\r\nconnection: close\r\n\r\n"))
        assert [line.split()[0] for line in told.split(b"\r\n") if line.startswith(b"/")][-1] == b"/last"
        assert told.count(b"HTTP/1.1 200") == 21

    on_server(scenario)


def test_more_requests_in_a_row_than_may_wait_end_the_connection() -> None:
    async def scenario(port: int) -> None:
        row = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n" * 1000
        told = await is_closed(await connect(port, row))
        assert told.count(b"HTTP/1.1 200") <= guard.MAX_WAITING + 1

    on_server(scenario)


def test_a_trailer_does_not_become_a_header() -> None:
    async def scenario(port: int) -> None:
        request = (
            b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
            b"2\r\nab\r\n0\r\nx-forwarded-for: 6.6.6.6\r\n\r\n"
        )
        assert b"/ 2 3" in await is_closed(await connect(port, request))

    on_server(scenario)


@pytest.mark.parametrize(
    "smuggled",
    [
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost : a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_an_ambiguous_request_is_refused(smuggled: bytes) -> None:
    async def scenario(port: int) -> None:
        assert (await is_closed(await connect(port, smuggled))).startswith(b"HTTP/1.1 400")

    on_server(scenario)


def test_who_does_not_read_the_answer_is_closed() -> None:
    async def scenario(port: int) -> None:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, ("127.0.0.1", port))
        await loop.sock_sendall(sock, b"GET /big HTTP/1.1\r\nhost: a\r\n\r\n")
        poller = asyncio.Event()
        # Not reading, we learn of the end by the error that writing meets.
        while not poller.is_set():
            try:
                await loop.sock_sendall(sock, b"\r\n")
            except OSError:
                poller.set()
            await asyncio.sleep(0.05)
        sock.close()

    on_server(scenario)


def test_a_shutdown_waits_for_the_working_and_not_for_the_half_open() -> None:
    async def run() -> None:
        async with serving() as (server, port):
            bad = [await connect(port, first) for first in HALF_OPEN.values()]
            assert b"/ 0 2" in await answer_to(port)
            server.should_exit = True
            await asyncio.wait_for(asyncio.gather(*(is_closed(peer) for peer in bad)), PATIENCE)

    run_as_served(run())
