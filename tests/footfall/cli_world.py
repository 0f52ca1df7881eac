"""The installed command in a process of its own, on a data directory of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tmpfs import salts_spec
from warm import Warm

COMMAND = str(Path(sys.executable).with_name("footfall"))


@dataclass
class Home:
    """A machine on which Footfall is installed: a working directory, its environment, nothing else."""

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    warm: Warm | None = None

    @property
    def data(self) -> Path:
        return self.directory / "footfall-data"

    @property
    def registry_url(self) -> str:
        return f"sqlite:///{self.data / 'registry.sqlite'}"

    def env(self) -> dict[str, str]:
        plain = {"PATH": "/usr/bin:/bin", "FOOTFALL_SALTS": salts_spec(self.directory), "COLUMNS": "100"}
        return plain | self.environment

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run `footfall` and wait for it."""
        if self.warm is not None:
            return self.warm.run([*words], stdin, self.directory, self.env())
        return subprocess.run(
            [COMMAND, *words],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.directory,
            env=self.env(),
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `footfall` and do not wait."""
        return subprocess.Popen(
            [COMMAND, *words], stdout=subprocess.PIPE, text=True, cwd=self.directory, env=self.env()
        )


@contextmanager
def running(home: Home) -> Iterator[str]:
    """Run the server on a free port; yield its address, which verbs are told by FOOTFALL_LISTEN."""
    with home.start("serve", "--port", "0") as server:
        assert server.stdout
        address = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert address
        home.environment["FOOTFALL_LISTEN"] = address[0].removeprefix("http://")
        try:
            yield address[0]
        finally:
            server.terminate()
            server.stdout.read()
