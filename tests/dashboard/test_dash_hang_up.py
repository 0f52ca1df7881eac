"""Hanging up: whoever goes away ends the statements that ran for them."""

from __future__ import annotations

import asyncio

import pytest
from dash_world import World
from starlette.types import Message

from clickhouse.ask import asking
from clickhouse.ask.build import Statement

LONG = Statement("select 'x', sum(cityHash64(number)) from numbers(3000000000000)", {})
RUNNING = "select count() from system.processes where query like '%3000000000000%' and query not like '%processes%'"


def test_a_client_that_goes_away_ends_its_question(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.views(2)
    monkeypatch.setattr(asking, "build", lambda question: LONG)
    token = world.registry.sessions.open(world.registry.users.get("owner@example.com").id)
    app = world.make()
    sent: list[Message] = []

    async def go_away() -> None:
        gone = asyncio.Event()
        told = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            first = next(told, None)
            if first is None:
                await gone.wait()
                return {"type": "http.disconnect"}
            return first

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/sites/example.com", "raw_path": b"/sites/example.com", "query_string": b"", "root_path": "",
            "headers": [(b"host", b"testserver"), (b"cookie", f"footfall_session={token}".encode())],
            "client": ("198.51.100.7", 50000), "server": ("testserver", 80),
        }  # fmt: skip
        running = asyncio.ensure_future(app(scope, receive, send))
        while await asyncio.to_thread(world.store.writer.query, RUNNING) == [(0,)]:
            assert not running.done()
            await asyncio.sleep(0.02)
        gone.set()
        await asyncio.wait_for(running, 20)

    world.runner.run(go_away())
    assert sent == []
    assert world.store.query(RUNNING) == [(0,)]
