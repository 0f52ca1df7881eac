"""Events of servers and of logs, beside a running `footfall serve`: both reach the same report."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from serve_world import BROWSER, ROOT, Start, servers, wait_for
from tmpfs import salts_spec

from registry.registry import Registry

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")
ROWS = 700
LINE = '203.0.113.{} - - [{}] "GET /from/log HTTP/1.1" 200 {} "-" "{}"\n'


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with servers(tmp_path) as start:
        yield start


def key_of(data: Path, scope: str = "events:write") -> str:
    with Registry.open(f"sqlite:///{data / 'registry.sqlite'}") as registry:
        return registry.keys.add("example.com", [scope])[1]


def ask(data: Path, sql: str) -> str:
    code = (
        f"from clickhouse.client import connect\nwith connect('chdb://{data / 'store'}') as s: print(s.query({sql!r}))"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout.strip()


def test_rows_of_two_years_in_any_order_become_the_right_visits(start: Start, tmp_path: Path) -> None:
    """The last row comes first; each day has two visits of a visitor, of two page views each."""
    server = start()
    now = datetime.now(UTC)
    rows = []
    for number in range(ROWS // 4):
        noon = (now - timedelta(days=4 * number + 1)).replace(hour=12, minute=0, second=0)
        for minute in (0, 5, 90, 100):
            ts = (noon + timedelta(minutes=minute)).isoformat()
            rows.append({"n": "pageview", "u": f"/{minute}", "ts": ts, "ip": "203.0.113.9", "ua": BROWSER})
    rows.sort(key=lambda row: row["ts"], reverse=True)
    headers = {"authorization": f"Bearer {key_of(server.data)}"}
    answer = httpx.post(f"{server.url}/api/events", json=rows, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()) == (202, {"accepted": ROWS, "refused": []})
    wait_for(lambda: server.metric("footfall_events_kept_total") == ROWS, "the rows in the store")
    assert server.metric("footfall_events_received_total") == ROWS
    assert server.end() == 0
    assert ask(server.data, "select count(), sum(pageviews), uniqExact(visitor_id) from visits final") == str(
        [(ROWS // 2, ROWS, ROWS // 4)]
    )


def test_a_wrong_key_opens_nothing(start: Start) -> None:
    server = start()
    for secret, status in (("ff_00000000_x", 401), (key_of(server.data, "stats:read"), 403)):
        answer = httpx.post(f"{server.url}/api/events", json=[], headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code == status


def test_a_log_is_imported_beside_a_running_server(start: Start, tmp_path: Path) -> None:
    server = start()
    assert server.send(2) == [202] * 2
    moment = (datetime.now(UTC) - timedelta(days=2)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    log = tmp_path / "access.log"
    log.write_text("".join(LINE.format(1 + number % 9, moment, number, BROWSER) for number in range(300)))
    words = [sys.executable, "-m", "footfall", "import", "accesslog", str(log), "--site", "example.com"]
    environ = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "FOOTFALL_DATA": str(server.data),
        "FOOTFALL_SALTS": salts_spec(server.data.parent),
    }
    for kept in (300, 0):
        told = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=environ, check=True)
        assert f"kept {kept} page views out of 300 lines" in told.stdout
        assert ("the running server" in told.stderr) is bool(kept)
    wait_for(lambda: server.metric("footfall_events_kept_total") == 302, "the log in the store")
    assert server.end() == 0
    assert (
        ask(server.data, "select count(), countIf(path = '/from/log'), uniq(visitor_id) from events")
        == "[(302, 300, 10)]"
    )
