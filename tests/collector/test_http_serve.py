"""`footfall serve` as an operator has it: its start, its life beside the command line, its end."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from serve_world import BROWSER, PATIENCE, ROOT, Server, Start, servers, wait_for
from tmpfs import salts_in

from registry.registry import Registry

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with servers(tmp_path) as start:
        yield start


def test_an_event_is_stored_and_shown_within_two_seconds_and_the_end_is_clean(start: Start) -> None:
    server = start()
    assert server.send(3) == [202] * 3
    wait_for(lambda: server.metric("footfall_events_kept_total") == 3, "three events in the store")
    assert json.loads(urllib.request.urlopen(f"{server.url}/readyz").read())["status"] == "ready"
    assert server.end() == 0
    assert "Traceback" not in server.output


def test_everything_answered_with_202_is_stored_although_the_end_comes_at_once(start: Start) -> None:
    server = start()
    accepted = server.send(200).count(202)
    assert accepted == 200
    began = time.monotonic()
    assert server.end() == 0
    assert time.monotonic() - began < PATIENCE
    again = start()
    wait_for(lambda: again.metric("footfall_spool_events") == 0, "an empty spool")
    assert stored(again) == 200


def stored(server: Server) -> int:
    """End the server and count the rows of its store."""
    assert server.end() == 0
    code = (
        "from clickhouse.client import connect\n"
        f"with connect('chdb://{server.data / 'store'}') as store:\n"
        "    print(store.query('select count() from events')[0][0])\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return int(out.stdout)


def test_a_refusal_is_counted_once_over_a_restart(start: Start) -> None:
    first = start()
    assert first.send(2, d="nobody.example") == [202] * 2
    assert first.metric("footfall_events_refused_total") == 2
    assert first.end() == 0
    second = start()
    assert second.metric("footfall_events_refused_total") == 0
    assert second.end() == 0


def test_two_hundred_idle_and_half_open_connections_do_not_hold_up_the_end(start: Start) -> None:
    server = start()
    host, port = server.url.removeprefix("http://").split(":")
    firsts = [b"", b"POST /e HTTP/1.1\r\nhost: a\r\n", b"POST /e HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nab"]
    connections = [socket.create_connection((host, int(port))) for _ in range(200)]
    for number, connection in enumerate(connections):
        connection.sendall(firsts[number % 3])
    assert server.send() == [202]
    assert server.end() == 0
    for connection in connections:
        connection.close()
    assert "Traceback" not in server.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_signals_end_it_with_exit_code_0(start: Start, number: signal.Signals) -> None:
    server = start()
    assert server.url
    server.process.send_signal(number)
    assert server.process.wait(PATIENCE) == 0


def test_the_first_owner_is_let_in_by_a_link_that_is_printed_once(start: Start) -> None:
    server = start()
    found = wait_for(lambda: re.search(r"(http://\S+/setup\?token=\S+)", server.output), "the link")
    assert httpx.get(found[1], timeout=PATIENCE).status_code == 200
    assert httpx.get(f"{server.url}/setup?token=wrong", timeout=PATIENCE).status_code == 404


def test_each_half_can_run_alone(start: Start) -> None:
    collector = start("--only", "collector")
    assert collector.send() == [202]
    assert httpx.get(f"{collector.url}/sites/example.com", timeout=PATIENCE).status_code == 404
    assert collector.end() == 0
    dashboard = start("--only", "dashboard")
    assert httpx.get(f"{dashboard.url}/", timeout=PATIENCE).status_code == 200
    assert httpx.post(f"{dashboard.url}/e", timeout=PATIENCE, content="{}").status_code in (404, 405)
    assert dashboard.end() == 0


def test_a_store_that_is_away_keeps_nobody_from_being_counted(start: Start) -> None:
    server = start(FOOTFALL_STORE="clickhouse://x@127.0.0.1:1/footfall")
    assert server.send(5) == [202] * 5
    answer = httpx.get(f"{server.url}/readyz", timeout=PATIENCE)
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert server.end() == 0
    assert server.output.count("the store does not answer; events wait in the spool until it does") == 1


def registry_of(server: Server) -> Registry:
    return Registry.open(f"sqlite:///{server.data / 'registry.sqlite'}")


def refusal(server: Server, **fields: Any) -> str:
    event = {"n": "pageview", "u": "https://example.com/", **fields}
    headers = {"user-agent": BROWSER, "content-type": "text/plain"}
    answer = httpx.post(f"{server.url}/e", content=json.dumps(event), headers=headers, timeout=PATIENCE)
    return answer.headers.get("x-refused", "")


def test_what_changes_in_the_registry_holds_without_a_restart(start: Start) -> None:
    server = start()
    assert refusal(server, u="https://new.example/") == "unknown_site"
    with registry_of(server) as registry:
        registry.sites.add("new.example")
        wait_for(lambda: refusal(server, u="https://new.example/") == "", "the new site")
        snippet = f"{server.url}/s.js?site=new.example"
        before = httpx.get(snippet, timeout=PATIENCE).text
        registry.sites.set("new.example", {"gpc": "ignore"})
        wait_for(lambda: httpx.get(snippet, timeout=PATIENCE).text != before, "the new policy")
        registry.sites.freeze("new.example")
        wait_for(lambda: refusal(server, u="https://new.example/") == "frozen", "the frozen site")


def test_an_order_left_by_the_command_line_is_executed(start: Start) -> None:
    server = start()
    assert server.send() == [202]
    salts = salts_in(server.data.parent)
    (before,) = {path.read_bytes() for path in salts.rglob("*") if path.is_file() and path.stat().st_size == 32}
    with registry_of(server) as registry:
        order = registry.orders.file("forget_salt", {"site_id": 1}, "a test")
        wait_for(lambda: registry.orders.get(order.id).state == "done", "the order")
    assert before not in {path.read_bytes() for path in salts.rglob("*") if path.is_file()}
