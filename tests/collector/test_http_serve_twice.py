"""Ctrl-C twice ends a server at once, however it is made up. That this loses nothing, the tests that kill it show."""

from __future__ import annotations

import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from serve_world import PATIENCE, Server, Start, servers, wait_for
from test_http_serve_workers import clickhouse, workers_of

__all__ = ["clickhouse"]

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")
pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with servers(tmp_path) as start:
        yield start


def order(dsn: str, path: str) -> None:
    urllib.request.urlopen(f"http://127.0.0.1:{urlsplit(dsn).port}{path}").close()


def is_reachable(server: Server) -> bool:
    found = urlsplit(server.url)
    with socket.socket() as probe:
        return probe.connect_ex((str(found.hostname), int(found.port or 0))) == 0


@pytest.mark.parametrize(
    "words", [(), ("--workers", "2"), ("--workers", "2", "--only", "collector")], ids=["one", "workers", "hands"]
)
def test_a_second_ctrl_c_ends_a_server_that_stores_its_last_events(
    start: Start, clickhouse: str, words: tuple[str, ...]
) -> None:
    server = start(*words, FOOTFALL_STORE=clickhouse)
    assert server.send() == [202]
    wait_for(lambda: server.metric("footfall_events_kept_total") == 1, "an event in the store")
    wait_for(lambda: len(workers_of(server)) == len(words[:1]) * 2, "its processes")
    order(clickhouse, "/__fault?kind=hang&match=insert&times=1000")
    assert server.send() == [202]
    server.process.send_signal(signal.SIGINT)
    if words:
        wait_for(lambda: not workers_of(server), "the end of those who receive")
    else:
        wait_for(lambda: not is_reachable(server), "a closed door")
    with pytest.raises(subprocess.TimeoutExpired):
        server.process.wait(0)  # it waits for the store
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(PATIENCE) == -signal.SIGINT
    assert "Traceback" not in server.output
