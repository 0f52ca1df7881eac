"""Removing a site for good while a server runs: nothing of it is left in any file, and it is refused from then on."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

from cli_world import Home

from collector.drain.decision import FIRST_VISIT
from collector.drain.intent import NoteBook


def test_beside_a_running_server_every_verb_works_and_a_site_can_be_deleted(home: Home) -> None:
    home.environment["PYTHONUNBUFFERED"] = "1"
    with home.start("serve", "--port", "0") as server:
        try:
            assert server.stdout
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert found
            assert home.run("site", "add", "gone.example").returncode == 0
            # Only looked at: what is sent too early would be counted under its name as a stranger's.
            while not is_known(found[0], "gone.example"):
                assert server.poll() is None
            assert send(found[0], "gone.example")
            while not (visit := last_visit(home.data)):
                assert server.poll() is None
            second = home.run("serve", "--port", "0")
            assert (second.returncode, len(second.stderr.splitlines())) == (2, 1)
            assert "another footfall runs on" in second.stderr

            removed = home.run("site", "remove", "gone.example", "--now", "--yes")
            assert removed.returncode == 0, removed.stderr
            certificate = json.loads(removed.stdout)
            assert {"table": "events", "rows": 1, "partitions": 1} in certificate["tables"]
            assert certificate["old_files_gone_at"]
            assert certificate["spool"]["hits"] == 0
            files = [
                file for file in home.data.rglob("*") if file.is_file() and home.data / "store" not in file.parents
            ]
            assert {"registry.sqlite", "drain.note"} <= {file.name for file in files}
            assert not [file for file in files if b"gone.example" in file.read_bytes()]
            # The last batch of the drain was this site's alone.
            assert not [file for file in files if visit in file.read_bytes()]
            assert not send(found[0], "gone.example")
        finally:
            server.terminate()
    assert server.returncode == 0


def last_visit(data: Path) -> bytes:
    """Return the number of the last visit that the drain has noted, as it stands there; nothing if there is none."""
    notes = (NoteBook(file.parent).read() for file in data.glob("spool/*/drain.note"))
    marks = [mark for note in notes if note for mark in note.decisions().marks if mark >= FIRST_VISIT]
    return marks[-1].to_bytes(8, "little") if marks else b""


def is_known(base: str, host: str) -> bool:
    """Say whether the server lets pages of this host read its answers."""
    asking = urllib.request.Request(f"{base}/e", headers={"Origin": f"https://{host}"}, method="OPTIONS")
    with urllib.request.urlopen(asking) as answer:
        return "Access-Control-Allow-Origin" in answer.headers


def send(base: str, host: str) -> bool:
    """Send a page view as a browser would; say whether it was counted."""
    body = json.dumps({"n": "pageview", "u": f"https://{host}/", "d": host}).encode()
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    headers = {"Content-Type": "text/plain", "User-Agent": agent, "Origin": f"https://{host}"}
    with urllib.request.urlopen(urllib.request.Request(f"{base}/e", body, headers)) as answer:
        return answer.status == 202 and "X-Refused" not in answer.headers
