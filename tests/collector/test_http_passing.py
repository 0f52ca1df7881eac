"""Passing connections on: two servers that share a port answer like one, whichever of them a request needs."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from http_world import World
from lane_world import PATIENCE, config_of, listening, ready
from test_http_express import (
    REQUESTS,
    exchange,
    hurry,
    in_loop,
    on_server,
    other,
    post,
    statuses,
    without_date,
)

from collector.app import Collector
from collector.express import express_lane
from collector.passing import CHUNK, FIRST, MORE, Giver, passage, passing_lane, receive_on
from footfall.web import IDLE_SECONDS

IDLE = int(IDLE_SECONDS)
LOOK = b"GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Say how long the body was."""
    size = 0
    while (message := await receive()).get("body") or message.get("more_body"):
        size += len(message["body"])
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{size} bytes".encode()})


@asynccontextmanager
async def a_hand(hand: World, house: World, rest: Any = other) -> AsyncIterator[int]:
    """A hand's server, and a house that never accepts: it gets what the hand passes on."""
    theirs, ours = passage()
    collector = Collector(house.endpoint, rest, "/_f")
    giver = Giver(theirs)
    receiving = config_of(hand.endpoint, passing_lane(hand.endpoint, collector.event_paths, giver), IDLE)
    answering = await ready(config := config_of(collector, express_lane(collector), IDLE))
    protocol: Any = partial(
        config.http_protocol_class, config=config, server_state=answering.server_state, app_state={}
    )
    stop = receive_on(ours, protocol)
    try:
        async with listening(receiving) as port:
            yield port
    finally:
        stop()
        giver.close()
        ours.close()


def play(scenario: Any, hand: World | None = None, house: World | None = None, rest: Any = other) -> Any:
    async def run() -> Any:
        async with a_hand(hand or World(), house or World(), rest) as port:
            return await asyncio.wait_for(scenario(port), PATIENCE)

    return in_loop(run())


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_the_two_answer_like_one(request_: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request_:
        hurry(monkeypatch)
    hand, house, one = World(), World(), World()
    two = play(lambda port: exchange(port, request_), hand, house)
    common = on_server(one, lambda port: exchange(port, request_))
    head, _, body = without_date(two).partition(b"\r\n\r\n")
    common_head, _, common_body = without_date(common).partition(b"\r\n\r\n")
    assert sorted(head.split(b"\r\n")) == sorted(common_head.split(b"\r\n"))
    assert body == common_body
    assert sorted(map(str, hand.kept + house.kept)) == sorted(map(str, one.kept))


def test_an_event_stays_and_everything_else_goes_on() -> None:
    hand, house = World(), World()
    assert statuses(play(lambda port: exchange(port, post()), hand, house)) == [202]
    assert (len(hand.kept), len(house.kept)) == (1, 0)
    assert b"other /x" in play(lambda port: exchange(port, LOOK), hand, house)
    assert (len(hand.kept), len(house.kept)) == (1, 0)


def test_a_connection_may_begin_with_events_and_goes_on_with_pages_and_events() -> None:
    hand, house = World(), World()
    look = LOOK.replace(b"connection: close\r\n", b"")
    parts = [post(close=False), post(close=False), look, post(close=False), look, post()]

    async def one_by_one(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        told = b""
        for part in parts:
            writer.write(part)
            told += await reader.readuntil(b"\r\n\r\n")
            told += await reader.readexactly(2 if part.startswith(b"POST") else len(b"other /x"))
        assert await reader.read() == b""
        writer.close()
        return told

    told = play(one_by_one, hand, house)
    assert statuses(told) == [202, 202, 200, 202, 200, 202]
    assert (len(hand.kept), len(house.kept)) == (2, 2)


def test_a_head_that_comes_byte_by_byte_goes_on_whole() -> None:
    parts = [LOOK[at : at + 1] for at in range(len(LOOK))]
    assert b"other /x" in play(lambda port: exchange(port, *parts))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 200, CHUNK, 3 * CHUNK, 1_000_000])
def test_a_body_arrives_whole_however_much_of_it_was_read_before(size: int) -> None:
    request_ = b"POST /form HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % size
    told = play(lambda port: exchange(port, request_ + b"x" * size), rest=echo)
    assert f"{size} bytes".encode() in told


def test_what_is_pipelined_behind_an_event_is_turned_away_after_its_answer() -> None:
    hand, house = World(), World()
    go_on = asyncio.Event()

    async def keep(records: list[bytes]) -> None:
        await go_on.wait()

    hand.intake._keep = keep

    async def scenario(port: int) -> bytes:
        asked = asyncio.create_task(exchange(port, post(close=False) + LOOK))
        while not hand.arrivals:
            await asyncio.sleep(0)
        go_on.set()
        return await asked

    told = play(scenario, hand, house)
    assert statuses(told) == [202]
    assert b"connection: close" in told
    assert len(hand.kept) == 1


def test_many_go_on_at_once_and_no_descriptor_stays_behind() -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

    async def crowd(port: int) -> list[bytes]:
        return await asyncio.gather(*(exchange(port, LOOK if number % 2 else post()) for number in range(300)))

    hand = World()
    told = play(crowd, hand)
    assert [statuses(each) for each in told] == [[200] if number % 2 else [202] for number in range(300)]
    assert len(hand.kept) == 150
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before


def test_half_a_gift_of_one_that_died_harms_nobody() -> None:
    """A giver may be killed between two datagrams: what it began is thrown away at the next gift."""

    async def run() -> bytes:
        theirs, ours = passage()
        heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        class Hearing(asyncio.Protocol):
            def data_received(self, data: bytes) -> None:
                heard.set_result(data)

        stop = receive_on(ours, Hearing)
        pairs = [socket.socketpair(), socket.socketpair()]
        socket.send_fds(theirs, [bytes((FIRST | MORE,)) + b"half"], [pairs[0][0].fileno()])
        giver = Giver(theirs)
        giver.give(pairs[1][0].fileno(), b"whole")
        told = await asyncio.wait_for(heard, PATIENCE)
        stop()
        giver.close()
        for each in (ours, *pairs[0], *pairs[1]):
            each.close()
        return told

    assert asyncio.run(run()) == b"whole"
