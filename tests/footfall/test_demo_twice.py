"""Ctrl-C twice ends the demo at once, and still nothing of it is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")


def test_a_demo_that_is_told_twice_leaves_nothing_behind(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "footfall", "demo", "--days", "2", "--events", "50", "--port", "0"]
    with subprocess.Popen(
        words, env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert any("Ctrl-C" in line for line in process.stdout)
        assert list(tmp_path.glob("footfall-demo-*"))
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert not list(tmp_path.iterdir())
