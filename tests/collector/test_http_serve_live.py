"""A page that is told anew goes on for as long as it is watched, and never holds up the end of the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from serve_world import PATIENCE, Server, Start, servers

from registry.registry import Registry

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with servers(tmp_path) as start:
        yield start


def session_at(server: Server) -> str:
    """Sign somebody in, as if they had typed their password."""
    url = server.url
    assert url
    with Registry.open(f"sqlite:///{server.data / 'registry.sqlite'}") as registry:
        user = registry.users.add("owner@example.com", "correct horse battery", "owner", None)
        return registry.sessions.open(user.id)


@contextmanager
def watched(server: Server, token: str) -> Iterator[Iterator[str]]:
    """The lines of a stream, for as long as the block lasts."""
    path = f"{server.url}/sites/example.com/realtime/stream"
    with (
        httpx.Client(timeout=PATIENCE, cookies={"footfall_session": token}) as client,
        client.stream("GET", path) as answer,
    ):
        assert answer.status_code == 200
        yield answer.iter_lines()


def first_part(lines: Iterator[str]) -> str:
    return next(line for line in lines if line.startswith("data: "))


def test_a_stream_that_is_watched_ends_whole_when_the_server_does(start: Start) -> None:
    server = start()
    with watched(server, session_at(server)) as lines:
        assert "/sites/example.com/realtime/stream" in first_part(lines)
        server.process.terminate()
        list(lines)  # to its clean end: one that is cut off would raise
    assert server.end() == 0
    assert "Traceback" not in server.output


def test_a_stream_says_nothing_more_once_its_watcher_has_signed_out(start: Start) -> None:
    server = start()
    token = session_at(server)
    with watched(server, token) as lines:
        first_part(lines)
        httpx.post(f"{server.url}/sign-out", cookies={"footfall_session": token}, headers={"origin": server.url})
        told = sum(line.startswith("data: <div") for line in lines)
    assert told <= 1  # what was under way when they signed out
