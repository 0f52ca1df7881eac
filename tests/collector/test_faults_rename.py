"""F5: the embedded engine is killed as it renames a part into place, and may have lost the log of its tokens too.

strace kills the process at its n-th rename: among these are the engine's parts and our own notes. Then the log in which
ClickHouse remembers tokens is taken away in every other round. Nothing is lost, nothing is there twice. What would be
left by a power cut cannot be tried here, but what it depends on can be watched: the order of renames and syncs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from faults.traffic import NOON, event, fill

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")

HERE = Path(__file__).parent
RENAMES = "rename,renameat,renameat2"
MOMENTS = re.compile(
    r"(?P<part>rename\w*\(.*tmp_insert_)|(?P<note>rename\w*\(.*drain\.note\.new)|(?P<sync>syncfs.*\) += 0)"
)
"""A part of an insert gets its name; a note is written; a sync of the file system has ended."""
ROUNDS = range(1, 21) if os.environ.get("FOOTFALL_TEST_THOROUGH") else (2, 3, 5)
ROWS = 40


def drain(spool: Path, store: Path, *strace: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, str(HERE / "faults" / "draining.py"), str(spool), str(store), "end", "1"]
    if strace:
        program = ["strace", "-f", "-qq", *strace, *program]
    environ = {"PYTHONPATH": str(HERE.parents[1]), "PATH": "/usr/bin:/bin"}
    return subprocess.run(program, env=environ, capture_output=True, text=True, timeout=180)


def killing(number: int) -> tuple[str, ...]:
    return "-o", "/dev/null", "-e", f"trace={RENAMES}", "-e", f"inject={RENAMES}:signal=KILL:when={number}"


def can_trace() -> bool:
    asked = ["strace", "-f", "-o", "/dev/null", "true"]
    return shutil.which("strace") is not None and subprocess.run(asked, capture_output=True).returncode == 0


def forget_tokens(store: Path) -> int:
    logs = [path for path in store.rglob("deduplication_logs/*") if path.is_file()]
    for path in logs:
        path.unlink()
    return len(logs)


def test_an_engine_killed_at_a_rename_loses_and_doubles_nothing(tmp_path: Path) -> None:
    if not can_trace():
        pytest.skip("needs strace, and leave to trace (apt-get install strace)")
    spool, store = tmp_path / "spool", tmp_path / "store"
    spool.mkdir()
    assert drain(spool, store).returncode == 0  # the schema is there
    killed = forgotten = 0
    for number, kill_at in enumerate(ROUNDS):
        first = number * ROWS
        events = [event(at / 10, path=f"/{at:06d}") for at in range(first, first + ROWS)]
        fill(spool, events, begun_ms=NOON + number)
        killed += drain(spool, store, *killing(kill_at)).returncode != 0
        if number % 2:
            forgotten += forget_tokens(store)
    assert killed >= len(ROUNDS) // 2
    assert forgotten
    ended = drain(spool, store)
    assert ended.returncode == 0, ended.stderr
    held = json.loads(ended.stdout)
    assert held["paths"] == [f"/{at:06d}" for at in range(len(ROUNDS) * ROWS)]
    assert held["derived"] == [[1, len(ROUNDS) * ROWS]]


def test_a_batch_is_called_done_only_when_all_its_parts_are_on_the_disk(tmp_path: Path) -> None:
    if not can_trace():
        pytest.skip("needs strace, and leave to trace (apt-get install strace)")
    spool, store, log = tmp_path / "spool", tmp_path / "store", tmp_path / "log"
    spool.mkdir()
    assert drain(spool, store).returncode == 0
    fill(spool, *[[event(at, path=f"/{at:06d}")] for at in range(5 * ROWS)])
    done = drain(spool, store, "-o", str(log), "-s", "400", "-e", f"trace={RENAMES},syncfs")
    assert done.returncode == 0, done.stderr
    moments = [found.lastgroup for line in log.read_text().splitlines() if (found := MOMENTS.search(line))]
    assert moments.count("part") >= 2 * 5  # events and visits of each batch
    assert moments.count("note") >= 2 * 5  # before it is sent, and after it is stored
    is_safe = True
    for moment in moments:
        assert is_safe or moment != "note"
        is_safe = moment == "sync" or (is_safe and moment != "part")
