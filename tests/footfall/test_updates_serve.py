"""A running server takes what an update brings, without a restart, and names whom the licence asks to name."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from cli_world import Home
from updates_world import dbip, geo_file, lists, serving

PATIENCE = 60.0


def wait_for(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, f"waited in vain: {what}"
        time.sleep(0.05)


def page(url: str, **headers: str) -> str:
    told = {
        "Host": "example.com",
        "X-Forwarded-For": "203.0.113.77",
        "User-Agent": "Mozilla/5.0 (X11; Linux) Gecko Firefox/140.0",
    }
    with urllib.request.urlopen(urllib.request.Request(url, headers=told | headers)) as answer:
        return str(answer.read().decode())


@contextlib.contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_a_running_server_takes_new_files_without_a_restart(home: Home) -> None:
    assert home.run("site", "add", "example.com").returncode == 0
    with home.start("serve", "--port", "0") as process, ending(process):
        assert process.stdout is not None
        found = re.search(r"http://\S+(?=;)", process.stdout.readline())
        assert found
        privacy = f"{found[0]}/privacy"
        assert "db-ip" not in page(privacy)
        with serving(dbip(geo_file(), f"{datetime.now(UTC):%Y-%m}") | lists()) as server:
            assert home.run("geo", "update", "--from", server.url).returncode == 0
            assert home.run("lists", "update", "--from", server.url).returncode == 0
        wait_for(lambda: "IP Geolocation by DB-IP" in page(privacy), "the credit")
        shown = page(privacy)
        assert '<a href="https://db-ip.com" rel="noopener noreferrer">' in shown
        assert "<dd>DE</dd>" in shown
        wait_for(lambda: "Seekwell" in page(privacy, Referer="https://seekwell.example/"), "the name of a source")
