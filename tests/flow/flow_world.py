"""A whole product for a test: one `footfall demo` process with its store, and the addresses it prints for a person.

It is ready when it says how to stop it, and has to end well when it is told to.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

END_SECONDS = 30
"""Only ends a test that would never pass."""


@dataclass(frozen=True)
class Demo:
    report: str
    website: str
    privacy: str


@contextmanager
def running_demo(data: Path, *options: str) -> Iterator[Demo]:
    command = [sys.executable, "-m", "footfall", "demo", "--data", str(data), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    try:
        yield told_by(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=END_SECONDS) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()


def told_by(process: subprocess.Popen[str]) -> Demo:
    """Read the URLs that the demo prints for a person."""
    told: dict[str, str] = {}
    said = []
    for line in process.stdout or ():
        said.append(line)
        label, _, url = line.strip().rpartition(" ")
        if url.startswith("http://"):
            told[label.strip().lower()] = url
        if "Ctrl-C" in line:
            return Demo(told["report"], told["demo page"], told["privacy page"])
    pytest.fail("the demo ended before it was ready:\n" + "".join(said))
