"""The whole way: a visitor presses a button of a running server, and nothing he sent is anywhere on the disk."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
from serve_world import BROWSER, PATIENCE, Server, servers, wait_for

CANARY = "canary-4be1"


def press(client: httpx.Client, act: str) -> httpx.Response:
    """Press a button of the privacy page as a browser would."""
    page = client.get("/privacy")
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token
    headers = {"sec-fetch-site": "same-origin"}
    return client.post("/privacy/records", data={"act": act, "token": token[1]}, headers=headers)


def view(client: httpx.Client, path: str) -> None:
    event = {"n": "pageview", "u": f"https://example.com{path}", "d": "example.com"}
    answer = client.post("/e", content=json.dumps(event), headers={"content-type": "text/plain"})
    assert answer.status_code == 202
    assert "x-refused" not in answer.headers


def kept(server: Server) -> float:
    return server.metric("footfall_events_kept_total")


READ = """
import sys
from clickhouse.client import connect
with connect(f"chdb://{sys.argv[1]}") as store:
    paths = store.query("select path from events order by path settings apply_deleted_mask = 0")
    print(paths, store.query("select sum(pageviews) from visits final"))
"""


def test_erasing_on_the_page_of_a_running_server_leaves_no_byte_of_it(tmp_path: Path) -> None:
    with servers(tmp_path) as start:
        server = start()
        headers = {"user-agent": BROWSER, "host": "example.com"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE) as client:
            view(client, f"/{CANARY}")
            wait_for(lambda: kept(server) == 1, "the first event in the store")
            client.headers["user-agent"] = BROWSER.replace("Chrome/130", "Chrome/131")
            view(client, "/stays")
            wait_for(lambda: kept(server) == 2, "the second event in the store")
            client.headers["user-agent"] = BROWSER
            answer = press(client, "erase")
            assert answer.status_code == 303
            assert "erased" in answer.headers["location"]
            book = server.data / "spool" / "0" / "demands.note"
            wait_for(book.exists, "the demand in the drain's book")
            wait_for(lambda: not book.exists(), "the proof")
            wait_for(lambda: server.metric("footfall_demand_seconds") == 0, "the word that nothing is demanded")
            view(client, "/after")
            wait_for(lambda: kept(server) == 3, "the third event in the store")
        assert server.end() == 0
        assert CANARY not in server.output
    found = [str(path) for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert found == []
    # In a process of its own: an engine takes a process for itself, and this one may have another test's.
    read = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / "data" / "store")], capture_output=True, text=True, timeout=60
    )
    assert read.stdout == "[('/after',), ('/stays',)] [(2,)]\n", read.stderr
