"""What visitors demand, as a test writes it: a record for the spool, a drain that does it, and a look at every byte."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from faults.drains import draining
from faults.traffic import NOON

from clickhouse.client import Store
from collector.drain import Drain, DrainLimits
from collector.spool.record import SCHEMA, KeptDemand, encode_demand

AT_ONCE = DrainLimits(demand_seconds=0.0, late_seconds=0.0, retry_seconds=0.001, retry_most_seconds=0.01)
PATIENCE = 60.0


def demand(at: float = 3600, number: int = 1, *, site: int = 1, act: str = "erase", whose: str = "day") -> bytes:
    """A demand made `at` so many seconds after noon, about everything received until then."""
    until = NOON + round(at * 1000)
    return encode_demand(KeptDemand(SCHEMA, site, act, whose, number, until, f"{at}-{number}-{act}".encode()))


def fulfil(drain: Drain) -> None:
    """Store what waits and do what is demanded, to the end."""
    until = time.monotonic() + PATIENCE
    while drain.step() or not drain.fulfil():
        assert time.monotonic() < until, "never fulfilled"


def fulfil_all(store: Store, *directories: Path, **rest: object) -> None:
    with draining(store, *directories, **{"limits": AT_ONCE, **rest}) as drain:
        fulfil(drain)


def events_with_masked(store: Store, table: str = "events") -> list[str]:
    rows = store.query(f"select path from {table} order by path settings apply_deleted_mask = 0")
    return [path for (path,) in rows]


def assert_nowhere(directory: Path, *needles: bytes) -> None:
    """No file below holds any of these bytes."""
    for path in directory.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for needle in needles:
                if needle in data:
                    pytest.fail(f"{needle!r} is in {path}")
