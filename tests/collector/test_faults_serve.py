"""F3 and F12 with servers that run: workers killed under load, and a day that turns over while the store is away."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from serve_world import BROWSER, PATIENCE, Server, Start, servers, wait_for
from test_http_serve_workers import clickhouse, workers_of
from tmpfs import NO_TMPFS, salts_in

from clickhouse.client import connect
from collector.spool.reader import Reader
from collector.spool.record import KeptEvent, decode
from registry.orders import Order
from registry.registry import Registry

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")
__all__ = ["clickhouse"]

THOROUGH = bool(os.environ.get("FOOTFALL_TEST_THOROUGH"))
ROUNDS = 50 if THOROUGH else 3
SENDERS = 12
PER_ROUND = 400 if THOROUGH else 120
"""Acknowledged events between two kills: in fifty rounds twenty thousand."""
WEST, EAST = "Etc/GMT+12", "Pacific/Kiritimati"
"""26 hours apart: whenever it is, they do not have the same day."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with servers(tmp_path) as start:
        yield start


class Load:
    """Some senders, each on a connection of its own; every event has a page of its own and is sent once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self.acknowledged: list[str] = []
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(SENDERS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, number: int) -> None:
        headers = {"user-agent": BROWSER, "content-type": "text/plain"}
        with httpx.Client(timeout=PATIENCE, headers=headers) as client:
            count = 0
            while not self._stop.is_set():
                count += 1
                path = f"/{number}x{count}"
                body = json.dumps({"n": "pageview", "u": f"https://example.com{path}", "d": "example.com"})
                try:
                    if client.post(f"{self._url}/e", content=body).status_code == 202:
                        self.acknowledged.append(path)
                except httpx.TransportError:
                    continue  # its worker was killed: never acknowledged, never sent again


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_workers_killed_under_load_lose_and_double_nothing_they_acknowledged(start: Start, clickhouse: str) -> None:
    server = start("--workers", "2", FOOTFALL_STORE=clickhouse)
    wait_for(lambda: len(workers_of(server)) == 2, "two workers")
    with Load(server.url) as load:
        for number in range(ROUNDS):
            wanted = len(load.acknowledged) + PER_ROUND
            wait_for(lambda wanted=wanted: len(load.acknowledged) >= wanted, "so many more events")
            before = wait_for(lambda: found if len(found := workers_of(server)) == 2 else None, "two workers")
            os.kill(before[number % 2], signal.SIGKILL)
            wait_for(lambda before=before: set(workers_of(server)) - set(before), "a new worker")
    wait_for(lambda: server.metric("footfall_spool_events") == 0, "an empty spool")
    assert server.end() == 0
    with connect(clickhouse) as store:
        stored = [path for (path,) in store.query("select path from events")]
        ((rows, places),) = store.query("select count(), uniqExact(segment, seq) from events")
    assert len(stored) == len(set(stored))
    assert set(load.acknowledged) <= set(stored)
    assert rows == places
    assert len(load.acknowledged) >= ROUNDS * PER_ROUND
    print(f"{ROUNDS} kills; {len(load.acknowledged)} acknowledged, {len(stored)} stored, none twice")


def set_zone(server: Server, zone: str) -> None:
    with Registry.open(f"sqlite:///{server.data / 'registry.sqlite'}") as registry:
        registry.sites.set("example.com", {"timezone": zone})


def orders_of(server: Server) -> list[Order]:
    with Registry.open(f"sqlite:///{server.data / 'registry.sqlite'}") as registry:
        return registry.orders.waiting()


def salts_of(server: Server) -> set[bytes]:
    return {path.read_bytes() for path in salts_in(server.data.parent).glob("1/*")}


def visitors(server: Server) -> list[int]:
    found = []
    with closing(Reader(server.data / "spool" / "0")) as reader:
        while reader.peek() is not None:
            kept = map(decode, reader.take().records())
            found += [one.event.visitor_id for one in kept if isinstance(one, KeptEvent)]
    return found


def test_a_salt_turns_over_under_a_running_server_whose_store_is_away(start: Start, tmp_path: Path) -> None:
    """F12: the day turns by moving the site over the date line; a restart on either side changes nobody's number."""
    away = {"FOOTFALL_STORE": "clickhouse://x@127.0.0.1:1/footfall"}
    server = start(**away)
    if not (tmp_path / "memory").exists():
        pytest.skip(NO_TMPFS)
    assert server.url
    set_zone(server, WEST)
    wait_for(lambda: not orders_of(server), "the end of keys that two zones could share")
    wait_for(lambda: server.send() == [202] and len(salts_of(server)) == 1, "the salt of that day alone")
    (old,) = salts_of(server)
    west = visitors(server)[-1]
    assert server.end() == 0
    server = start(**away)
    assert server.send() == [202]
    assert visitors(server)[-1] == west
    assert salts_of(server) == {old}
    set_zone(server, EAST)
    wait_for(lambda: not orders_of(server), "the end of keys that two zones could share")
    wait_for(lambda: server.send() == [202] and visitors(server)[-1] != west, "the next day")
    wait_for(lambda: old not in salts_of(server), "the end of the old salt")
    east = visitors(server)[-1]
    assert server.end() == 0
    server = start(**away)
    assert server.send() == [202]
    assert visitors(server)[-1] == east
    assert server.end() == 0
    kept = [path for place in (tmp_path, (tmp_path / "memory").resolve()) for path in place.rglob("*")]
    assert [path for path in kept if path.is_file() and old in path.read_bytes()] == []
