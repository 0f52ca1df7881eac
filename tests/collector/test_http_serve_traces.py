"""What a running server leaves behind: nothing of a visitor but the scrubbed row."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serve_world import BROWSER, PATIENCE, Start, servers, wait_for

CANARY = "canary9c1e"
CANARY_ADDRESS = "203.0.113.77"
pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with servers(tmp_path) as start:
        yield start


def test_no_log_of_the_most_talkative_server_holds_anything_of_a_visitor(start: Start) -> None:
    server = start(FOOTFALL_LOG_LEVEL="debug", PYTHONASYNCIODEBUG="1")
    headers = {
        "user-agent": f"{BROWSER} {CANARY}",
        "x-forwarded-for": CANARY_ADDRESS,
        "referer": f"https://example.com/{CANARY}",
        "cookie": f"footfall_consent={CANARY}; {CANARY}=1",
        "content-type": "text/plain",
    }
    url = f"https://example.com/u/{CANARY}?token={CANARY}"
    with httpx.Client(timeout=PATIENCE, base_url=server.url, headers=headers) as client:
        assert client.post("/e", content=json.dumps({"n": "pageview", "u": url, "r": url})).status_code == 202
        for body in (b"{" + CANARY.encode(), b"\xff" + CANARY.encode(), b'["' + CANARY.encode() + b'"]'):
            assert client.post(f"/e?{CANARY}", content=body).status_code == 400
            client.post("/privacy/choice", content=body)
        for path in (
            "/privacy",
            f"/{CANARY}",
            f"/sites/{CANARY}",
            f"/share/{CANARY}",
            f"/s.js?site={CANARY}",
            "/metrics",
        ):
            client.get(path)
    host, port = server.url.removeprefix("http://").split(":")
    for junk in (f"GET /{CANARY} HTTP/9\r\n\r\n", f"{CANARY}\r\n\r\n", f"GET / HTTP/1.1\r\nupgrade: {CANARY}\r\n\r\n"):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(junk.encode())
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
    wait_for(lambda: server.metric("footfall_spool_events") == 0, "an empty spool")
    assert server.end() == 0
    for secret in (CANARY, CANARY_ADDRESS):
        assert secret not in server.output


def test_nothing_but_the_scrubbed_row_of_a_visitor_is_on_disk(start: Start, tmp_path: Path) -> None:
    server = start()
    with httpx.Client(timeout=PATIENCE, base_url=server.url) as client:
        headers = {"user-agent": f"{BROWSER} {CANARY}", "x-forwarded-for": CANARY_ADDRESS, "content-type": "text/plain"}
        event = {"n": "pageview", "u": f"https://example.com/a?token={CANARY}", "r": f"https://a.example/{CANARY}"}
        assert client.post("/e", content=json.dumps(event), headers=headers).status_code == 202
    wait_for(lambda: server.metric("footfall_events_kept_total") == 1, "the event in the store")
    assert server.end() == 0
    packed = socket.inet_aton(CANARY_ADDRESS)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert CANARY.encode() not in content, path
            assert CANARY_ADDRESS.encode() not in content, path
            assert packed not in content or "store" in path.parts, path


def test_the_server_dumps_no_core_and_keeps_its_data_to_itself(start: Start) -> None:
    server = start()
    assert server.url
    limits = Path(f"/proc/{server.process.pid}/limits")
    if limits.exists():
        assert re.search(r"Max core file size\s+0\s+0\s", limits.read_text())
    for path in (server.data, server.data / "spool" / "0"):
        assert path.stat().st_mode & 0o077 == 0, path
    for path in (server.data / "lock", server.data / "form.key", server.data / "registry.sqlite"):
        assert path.stat().st_mode & 0o077 == 0, path
