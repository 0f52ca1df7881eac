"""Several workers on one port are one service: they count, fail and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from serve_world import ROOT, Server, Start, servers, wait_for

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with servers(tmp_path) as start:
        yield start


@pytest.fixture
def clickhouse(tmp_path: Path) -> Iterator[str]:
    """The DSN of a ClickHouse server in a process of its own."""
    directory = tmp_path / "clickhouse"
    directory.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "facade.py"), str(directory)],
        cwd=ROOT / "tests",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().split()[-1])
    yield f"clickhouse://default:x@127.0.0.1:{port}/footfall"
    process.kill()
    process.wait()
    process.stdout.close()


def workers_of(server: Server) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task").glob("*/children")  # whichever thread has started them
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    return [pid for pid in pids if b"spawn_main" in words_of(pid)]


def words_of(pid: int) -> bytes:
    """The command line of a process; none if it has just ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_several_workers_receive_count_and_end_as_one(start: Start, clickhouse: str) -> None:
    server = start("--workers", "2", FOOTFALL_STORE=clickhouse)
    assert server.send(40) == [202] * 40
    assert server.send(3, id="ab" * 16) == [202] * 3  # a resend, whichever worker gets it
    assert server.send(2, d="nobody.example") == [202] * 2
    wait_for(lambda: server.metric("footfall_events_kept_total") == 41, "41 events in the store")
    wait_for(lambda: server.metric("footfall_events_duplicate_total") == 2, "two duplicates")
    wait_for(lambda: server.metric("footfall_events_received_total") == 45, "the sum of all workers")
    first, second = workers_of(server)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: len(set(workers_of(server)) - {first, second}) == 1, "a new worker")
    assert server.send(20).count(202) == 20
    wait_for(lambda: server.metric("footfall_spool_events") == 0, "an empty spool")
    left = workers_of(server)
    assert server.end() == 0
    assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    assert "Traceback" not in server.output


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_workers_do_not_outlive_a_keeper_that_was_killed(start: Start, clickhouse: str) -> None:
    server = start("--workers", "2", FOOTFALL_STORE=clickhouse)
    assert server.send() == [202]
    left = wait_for(lambda: workers_of(server), "the workers")
    server.process.kill()
    wait_for(lambda: not [pid for pid in left if Path(f"/proc/{pid}").exists()], "the end of the workers")
