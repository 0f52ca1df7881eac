"""Servers for the tests of `footfall serve`: processes of their own on a data directory with one site.

Not a test. `with servers(tmp_path) as start: start("--workers", "2", FOOTFALL_STORE=…)` starts as many as wanted and
ends them all; nothing here sleeps but between two looks at what is awaited.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from tmpfs import salts_beside, salts_spec

from registry.registry import Registry

ROOT = Path(__file__).parents[2]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
PATIENCE = 60.0


def wait_for(is_so: Callable[[], Any], what: str) -> Any:
    """Ask until it is so."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        answer = is_so()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited in vain: {what}")


class Server:
    """One running `footfall serve`."""

    def __init__(self, data: Path, *words: str, **environ: str) -> None:
        self.data = data
        self._output = data.parent / f"{len(list(data.parent.glob('*.out')))}.out"
        self._file = self._output.open("w")
        told = {"FOOTFALL_DATA": str(data), "FOOTFALL_SALTS": salts_spec(data.parent), **environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "footfall", "serve", "--port", "0", *words],
            cwd=data.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **told},
            stdout=self._file,
            stderr=subprocess.STDOUT,
        )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def url(self) -> str:
        found = wait_for(
            lambda: re.search(r"listening on (http://\S+);", self.output) or self.process.poll() is not None,
            "the start",
        )
        assert found is not True, self.output
        return str(found[1])

    def send(self, count: int = 1, **fields: Any) -> list[int]:
        url = self.url
        with httpx.Client(timeout=PATIENCE, headers={"user-agent": BROWSER, "content-type": "text/plain"}) as client:
            event = {"n": "pageview", "u": "https://example.com/", **fields}
            return [client.post(f"{url}/e", content=json.dumps(event)).status_code for _ in range(count)]

    def metric(self, name: str) -> float:
        text = urllib.request.urlopen(f"{self.url}/metrics").read().decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(PATIENCE)
        self._file.close()
        return code


Start = Callable[..., Server]


@contextmanager
def servers(directory: Path) -> Iterator[Start]:
    """Start servers on one data directory with one site, and end them all."""
    data = directory / "data"
    data.mkdir(mode=0o700)
    with Registry.open(f"sqlite:///{data / 'registry.sqlite'}") as registry:
        registry.sites.add("example.com")
    running: list[Server] = []

    def start(*words: str, **environ: str) -> Server:
        running.append(Server(data, *words, **environ))
        return running[-1]

    with salts_beside(directory):
        try:
            yield start
        finally:
            for server in running:
                server.end()


def one_line(server: Server, *words: str) -> str:
    """The server has to refuse to start with exit code 2 and one line."""
    assert server.process.wait(PATIENCE) == 2, server.output
    told = server.output.strip()
    assert told.count("\n") == 0, told
    assert told.startswith("footfall: ")
    for word in words:
        assert word in told
    return told
