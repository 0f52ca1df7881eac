"""What `POST /e` does not take: other types, packed or long bodies, hostile ones, and too much from one address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from http_world import World

PAGE = {"n": "pageview", "u": "https://example.com/"}


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("text/plain", 202),
        ("text/plain;charset=UTF-8", 202),
        ("application/json", 202),
        ("Application/JSON; charset=utf-8", 202),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/html", 415),
        ("text/plain; charset=utf-16", 415),
        ("text/plain, application/json", 415),
        ("", 415),
    ],
)
def test_only_text_and_json_are_read(content_type: str, status: int) -> None:
    assert World().send(headers={"content-type": content_type}).status_code == status


@pytest.mark.parametrize(("coding", "status"), [("identity", 202), ("gzip", 415), ("br", 415), ("gzip, identity", 415)])
def test_a_packed_body_is_not_unpacked(coding: str, status: int) -> None:
    assert World().send(headers={"content-encoding": coding}).status_code == status


def test_a_body_of_64_kib_is_read_and_one_byte_more_is_not() -> None:
    world = World()
    body = b'{"n":"pageview","u":"https://example.com/","x":"%s"}'
    fits = body % (b"a" * (64 * 1024 - len(body) + 2))
    assert len(fits) == 64 * 1024
    assert world.send(fits).status_code == 202
    answer = world.send(fits + b" ")
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def test_a_body_without_a_length_is_cut_off_at_the_limit() -> None:
    async def chunks() -> Any:
        for _ in range(100):
            yield b" " * 1024

    world = World()
    assert world.ask(content=chunks(), headers={"content-type": "text/plain"}).status_code == 413


@pytest.mark.parametrize("length", ["-1", "x", "9" * 5000])
def test_a_length_that_is_none_is_not_believed(length: str) -> None:
    assert World().send(headers={"content-length": length}).status_code == 413


def test_who_hangs_up_before_the_end_is_not_counted() -> None:
    world = World()
    messages = iter([{"type": "http.request", "body": b'{"n":', "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"text/plain")], "client": ("1.2.3.4", 1)}
    asyncio.run(world.endpoint(scope, receive, send))
    assert not sent
    assert not world.tally.received


def test_too_many_events_of_one_address_have_to_wait_and_others_do_not() -> None:
    world = World(limit=3)
    assert [world.send().status_code for _ in range(4)] == [202, 202, 202, 429]
    answer = world.send()
    assert int(answer.headers["retry-after"]) > 0
    world.peer = "198.51.100.8"
    assert world.send().status_code == 202


@pytest.mark.parametrize(
    ("headers", "last"),
    [
        ({}, 202),  # our own proxy, which does not say for whom: nobody to limit
        ({"x-forwarded-for": "203.0.113.9"}, 429),
        ({"x-forwarded-for": "junk"}, 429),
    ],
)
def test_a_proxy_is_limited_only_where_it_names_somebody(headers: dict[str, str], last: int) -> None:
    world = World(limit=2, peer="127.0.0.1")
    assert [world.send(headers=headers).status_code for _ in range(3)][-1] == last


def test_a_batch_is_charged_by_its_events() -> None:
    world = World(limit=30)
    assert world.send([PAGE] * 29).status_code == 202
    assert world.send().status_code == 202
    assert world.send().status_code == 429


hostile: list[Callable[[], bytes]] = [
    lambda: b"{" + b",".join(b'"%d":1' % key for key in range(5000)) + b"}",
    lambda: b'{"p":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    lambda: b'{"n":NaN,"u":"https://example.com/"}',
    lambda: b'{"n":"\xff\xfe"}',
    lambda: '{"n":"pageview"}'.encode("utf-16"),
    lambda: b"\x1f\x8b\x08\x00" + b"x" * 100,
    lambda: b"\x00" * 65_536,
]


@pytest.mark.parametrize("body", hostile)
def test_hostile_bodies_are_the_senders_fault_never_ours(body: Callable[[], bytes]) -> None:
    answer = World().send(body())
    assert answer.status_code == 400
    assert answer.json().keys() == {"errors"}
