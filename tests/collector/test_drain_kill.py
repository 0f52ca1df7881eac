"""kill -9 of a process that drains into its own engine, at every point that matters: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from faults.traffic import NOON, event, fill, id_of

from clickhouse.rows import ENGAGEMENT, RefusalCount
from collector.spool.record import encode_refusals

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")

HERE = Path(__file__).parent
QUICK = [("noted", 1), ("sent", 1), ("stored", 1), ("settled", 2), ("sent", 2), ("sending", 1), ("random", 20)]
POINTS = ("noted", "sending", "sent", "stored", "settled")
DICE = random.Random(4)
THOROUGH = [(point, 1 + round_ % 3) for round_ in range(20) for point in POINTS]
THOROUGH += [("random", DICE.randrange(1, 150)) for _ in range(50)]
KILLS = THOROUGH if os.environ.get("FOOTFALL_TEST_THOROUGH") else QUICK
PER_KILL = 120
MAY_LIVE = ("sent", "random")
"""Killed by the clock, it may have been faster."""


def drain_until(spool: Path, store: Path, point: str, number: int = 1) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(HERE / "faults" / "draining.py"), str(spool), str(store), point, str(number)],
        env={"PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_drain_that_is_killed_at_every_point_stores_everything_once(tmp_path: Path) -> None:
    spool, store = tmp_path / "spool", tmp_path / "store"
    for number, (point, times) in enumerate(KILLS):
        first = number * PER_KILL
        events = [
            event(at / 10, visitor=1 + at % 7, path=f"/{at:06d}", name="pageview" if at % 10 else ENGAGEMENT)
            for at in range(first, first + PER_KILL)
        ]
        resent = (event((first + PER_KILL) / 10, path="/resent"), id_of(1))
        counts = encode_refusals([RefusalCount(1, 20_000, "bot", 1), RefusalCount(2, 20_000, "bot", 1)])
        groups = [events[at : at + 10] for at in range(0, PER_KILL, 10)]
        fill(spool, [resent], *groups, [counts], begun_ms=NOON + number)
        killed = drain_until(spool, store, point, times)
        assert killed.returncode in ({-9, 0} if point in MAY_LIVE else {-9}), killed.stderr
    ended = drain_until(spool, store, "end")
    assert ended.returncode == 0, ended.stderr
    held = json.loads(ended.stdout)
    rows = len(KILLS) * PER_KILL
    no_visit = 1  # the very first: an engagement
    assert held["paths"] == [*(f"/{number:06d}" for number in range(1, rows)), "/resent"]
    assert held["visits"] == [[7]]
    assert held["derived"] == [[7, rows - rows // 10 + 1]]
    assert held["refused"] == [["bot", 2 * len(KILLS)], ["duplicate", len(KILLS) - 1], ["no_visit", no_visit]]
