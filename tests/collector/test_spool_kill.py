"""kill -9 of a process that is appending: whatever it acknowledged is there, and nothing is there twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from faults.reading import read_all

HERE = Path(__file__).parent
ROUNDS = 5
ENOUGH = 400


def acknowledged_until_killed(directory: Path, first: int) -> list[int]:
    """Start the program, kill it as it works, and return the numbers that it acknowledged."""
    program = subprocess.Popen(
        [sys.executable, str(HERE / "faults" / "appending.py"), str(directory), str(first)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(HERE.parents[1])},
    )
    assert program.stdout is not None
    with program.stdout as told:
        numbers = [int(told.readline()) for _ in range(ENOUGH)]
        program.kill()
        numbers += [int(line) for line in told.read().splitlines(keepends=True) if line.endswith(b"\n")]
    program.wait()
    return numbers


def test_3_a_killed_writer_has_kept_what_it_acknowledged_once(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    for number in range(ROUNDS):
        acknowledged += acknowledged_until_killed(tmp_path, number * 1_000_000)
    held = read_all(tmp_path)
    stored = [int(record) for record in held.records]
    assert len(acknowledged) >= ROUNDS * ENOUGH
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
    assert held.lost == 0
