"""A drain that crashes where it is told, a store that is away for a while, and what the store holds afterwards."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults.traffic import event

from clickhouse.client import Store
from clickhouse.rows import Event
from collector.drain import Drain


class Crash(BaseException):
    """The process ends here, as far as the drain is concerned."""


def crash_at(point: str, times: int = 1) -> Callable[[str], None]:
    """A hook that crashes when `point` is reached for the `times`th time."""
    reached: Counter[str] = Counter()

    def at(here: str) -> None:
        reached[here] += 1
        if reached[point] == times:
            raise Crash

    return at


@contextmanager
def draining(store: Store, *directories: Path, **rest: object) -> Iterator[Drain]:
    drain = Drain(store, directories, **rest)  # type: ignore[arg-type]
    try:
        yield drain
    finally:
        drain.close()


def drain_all(store: Store, *directories: Path, **rest: object) -> Drain:
    with draining(store, *directories, **rest) as drain:
        while drain.step():
            pass
    return drain


def until_the_crash(store: Store, *directories: Path, **rest: object) -> None:
    with pytest.raises(Crash):
        drain_all(store, *directories, **rest)


def stored(store: Store) -> list[tuple[str, int]]:
    """(path, visit id) of every stored event, in order."""
    return store.query("select path, visit_id from events order by path")


def paths(store: Store) -> list[str]:
    return [path for path, _ in stored(store)]


def refused(store: Store) -> dict[tuple[int, str], int]:
    rows = store.query("select site_id, reason, sum(count) from refusals group by all")
    return {(site, reason): count for site, reason, count in rows}


def numbered(first: int, after: int, **rest: object) -> list[Event]:
    return [event(number, path=f"/{number:06d}", **rest) for number in range(first, after)]


@contextmanager
def store_without(store: Store, table: str) -> Iterator[None]:
    """The store as it is while a table cannot be written: every insert fails, and nothing is wrong with the rows."""
    store.writer.command(f"rename table {table} to {table}_away")
    try:
        yield
    finally:
        store.writer.command(f"rename table {table}_away to {table}")


def raise_disk_error(path: Path, data: bytes) -> None:
    raise OSError(errno.EIO, "failed")
