"""Several processes on one port with the embedded store: one house that stores and shows, and hands that receive."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serve_world import BROWSER, PATIENCE, ROOT, Server, Start, one_line, servers, wait_for
from test_faults_serve import Load
from test_http_serve_workers import workers_of

from footfall.precedence import NICE

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")
pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")


HEAVY = re.compile(r"/(sqlalchemy|clickhouse_connect|markupsafe|_chdb|chdb|numpy|pandas|pyarrow|_argon2)")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with servers(tmp_path) as start:
        yield start


def stored(server: Server) -> list[str]:
    """Read the store in a process of its own: there is one engine in each, and tests have theirs."""
    code = "import sys; from clickhouse.client import connect; store = connect(sys.argv[1]).__enter__()\n"
    code += "print(*[path for (path,) in store.query('select path from events')])"
    words = [sys.executable, "-c", code, f"chdb://{server.data / 'store'}"]
    return subprocess.run(
        words, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True
    ).stdout.split()


def libraries_of(pid: int) -> list[str]:
    """The files that a process has mapped: of every heavy package some part is compiled."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return [line.split(maxsplit=5)[5] for line in lines if line.endswith(".so")]


def niceness_of(pid: int) -> list[int]:
    """How far each thread of a process stands back, the main thread first."""
    found = []
    for task in sorted(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()):
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            found.append(os.getpriority(os.PRIO_PROCESS, task))
    return found


def test_hands_receive_and_the_house_stores_and_shows_as_one(start: Start) -> None:
    server = start("--workers", "2")
    assert server.send(40) == [202] * 40
    assert server.send(3, id="ab" * 16) == [202] * 3  # a resend, whichever hand gets it
    assert server.send(2, d="nobody.example") == [202] * 2
    wait_for(lambda: server.metric("footfall_events_kept_total") == 41, "41 events in the store")
    wait_for(lambda: server.metric("footfall_events_duplicate_total") == 2, "two duplicates")
    wait_for(lambda: server.metric("footfall_events_received_total") == 45, "the sum of all")
    with httpx.Client(base_url=server.url, timeout=PATIENCE, headers={"user-agent": BROWSER}) as browser:
        # One connection, as a browser keeps it: an event, pages of the house, an event again.
        event = {"n": "pageview", "u": "https://example.com/", "d": "example.com"}
        assert browser.post("/e", json=event).status_code == 202
        for path in ("/s.js", "/privacy", "/readyz"):
            assert browser.get(path).status_code == 200, path
        assert browser.post("/e", json=event).status_code == 202
    wait_for(lambda: server.metric("footfall_events_kept_total") == 43, "the two of the browser")
    left = workers_of(server)
    assert len(left) == 2
    assert not [library for pid in left for library in libraries_of(pid) if HEAVY.search(library)]
    assert all(set(niceness_of(pid)) == {os.getpriority(os.PRIO_PROCESS, 0)} for pid in left), "hands go first"
    wait_for(lambda: niceness_of(server.process.pid).count(NICE) > 5, "an engine that stands back")
    assert niceness_of(server.process.pid)[0] == os.getpriority(os.PRIO_PROCESS, 0), "the house's loop does not"
    assert server.end() == 0
    assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    assert "Traceback" not in server.output


def test_a_hand_killed_under_load_loses_and_doubles_nothing_it_acknowledged(start: Start) -> None:
    server = start("--workers", "2")
    wait_for(lambda: len(workers_of(server)) == 2, "two hands")
    with Load(server.url) as load:
        for number in range(2):
            wanted = len(load.acknowledged) + 60
            wait_for(lambda wanted=wanted: len(load.acknowledged) >= wanted, "so many more events")
            before = wait_for(lambda: found if len(found := workers_of(server)) == 2 else None, "two hands")
            os.kill(before[number], signal.SIGKILL)
            wait_for(lambda before=before: set(workers_of(server)) - set(before), "a new hand")
    wait_for(lambda: server.metric("footfall_spool_events") == 0, "an empty spool")
    assert server.end() == 0
    kept = stored(server)
    assert len(kept) == len(set(kept))
    assert set(load.acknowledged) <= set(kept)


def test_hands_do_not_outlive_a_house_that_was_killed(start: Start) -> None:
    server = start("--workers", "2")
    assert server.send() == [202]
    left = wait_for(lambda: workers_of(server), "the hands")
    server.process.kill()
    wait_for(lambda: not [pid for pid in left if Path(f"/proc/{pid}").exists()], "the end of the hands")


def test_hands_need_salts_that_they_can_share(start: Start) -> None:
    one_line(start("--workers", "2", FOOTFALL_SALTS="memory:"), "--workers", "FOOTFALL_SALTS", "dir:")
