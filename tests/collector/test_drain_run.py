"""The drain's loop in its thread: it wakes, it waits, it says how it is, it stops."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from faults.disk import SMALL
from faults.running import FAST, running, until
from faults.traffic import event, fill
from msgspec.structs import replace

from clickhouse.client import Store
from clickhouse.rows import ENGAGEMENT, Position
from collector.drain import Drain, DrainLimits, DrainStatus
from collector.drain.quarantine import Quarantine, Rejected
from collector.spool import Spool
from collector.spool.record import encode_event
from collector.spool.segment import segments_in


def count(store: Store) -> int:
    ((rows,),) = store.query("select count() from events")
    return int(rows)


def test_what_is_appended_while_it_runs_gets_into_the_store(store: Store, tmp_path: Path) -> None:
    drain = Drain(store, [tmp_path], limits=FAST)
    with running(drain):
        spool = Spool.open(tmp_path, SMALL)
        for number in range(5):
            spool.append([encode_event(event(number)), encode_event(event(number, visitor=2, name=ENGAGEMENT))])
            until(lambda number=number: count(store) > number)
        until(lambda: drain.status().kept == {1: 5})
        status = drain.status()
        spool.close()
    assert (status.is_running, status.error, status.waiting, status.without_visit) == (True, "", 0, {1: 5})
    assert drain.status().is_running is False


def test_a_trouble_is_logged_when_it_begins_and_when_it_is_over(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.writer.command("rename table events to away")
    fill(tmp_path, [event(0)])
    drain = Drain(store, [tmp_path], limits=FAST)
    with running(drain):
        until(lambda: drain.status().error == "StoreError")
        store.writer.command("rename table away to events")
        until(lambda: drain.status().error == "" and count(store) == 1)
    assert caplog.messages == ["events wait in the spool, it is tried again: StoreError", "events are stored again"]


def without_figures(status: DrainStatus) -> DrainStatus:
    """Leave out what depends on the clock of this machine."""
    return replace(status, attempts=0, retries=0, insert_seconds=0.0, stored_lag_seconds=0.0)


def test_while_the_store_is_away_it_says_so_and_how_much_is_waiting(store: Store, tmp_path: Path) -> None:
    store.writer.command("rename table events to away")
    fill(tmp_path, [event(0)], [event(1), event(2)])
    drain = Drain(store, [tmp_path], limits=FAST)
    with running(drain):
        until(lambda: drain.status().waiting == 3)
        told = drain.status()
        assert told.error == "StoreError"
        assert told.lag_seconds > 0
        assert told.spool_bytes == sum(segment.path.stat().st_size for segment in segments_in(tmp_path))
        stored = DrainStatus(is_running=True, kept={1: 3}, found={1: 3}, batches=1, spool_bytes=told.spool_bytes)
        store.writer.command("rename table away to events")
        until(lambda: count(store) == 3)
        until(lambda: without_figures(drain.status()) == stored)


def test_told_to_stop_it_stores_what_is_there(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, *([event(number)] for number in range(40)))
    drain = Drain(store, [tmp_path], limits=DrainLimits(batch_rows=10))
    stop = threading.Event()
    stop.set()
    drain.run(stop)
    drain.close()
    assert count(store) == 40


def test_told_to_stop_while_the_store_is_away_it_leaves_the_rest_in_the_spool(store: Store, tmp_path: Path) -> None:
    store.writer.command("rename table events to away")
    fill(tmp_path, [event(0)])
    drain = Drain(store, [tmp_path], limits=DrainLimits(retry_seconds=30))
    with running(drain):
        until(lambda: drain.status().error == "StoreError")
    assert drain.status().waiting == 1
    store.writer.command("rename table away to events")
    drain = Drain(store, [tmp_path])
    while drain.step():
        pass
    drain.close()
    assert count(store) == 1


def test_a_programming_mistake_ends_it_and_is_told(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0)])

    def mistaken(point: str) -> None:
        raise ZeroDivisionError

    drain = Drain(store, [tmp_path], limits=FAST, at=mistaken)
    with pytest.raises(ZeroDivisionError):
        drain.run(threading.Event())
    drain.close()
    assert (drain.status().error, drain.status().is_running) == ("ZeroDivisionError", False)


def test_it_sweeps_what_is_done_and_old(store: Store, tmp_path: Path) -> None:
    Quarantine(tmp_path, clock=lambda: 1000.0).put([Rejected(Position(1, 1), "why", None)])
    for number in range(3):
        fill(tmp_path, [event(number)])
    limits = DrainLimits(poll_seconds=0.01, batch_seconds=0.01, sweep_seconds=0.01, keep_seconds=0.0, disk=SMALL)
    drain = Drain(store, [tmp_path], limits=limits)
    with running(drain):
        until(lambda: count(store) == 3 and len(segments_in(tmp_path)) == 1)
        until(lambda: not Quarantine(tmp_path).lines())


def test_before_the_store_is_there_it_says_what_waits_and_since_when(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0)], [event(1), event(2)])
    drain = Drain(store, [tmp_path], limits=FAST)
    drain.look()
    told = drain.status()
    assert (told.error, told.waiting) == ("StoreAway", 3)
    assert told.spool_bytes > 0
    assert told.lag_seconds > 0 or event(0).ts > time.time() * 1000
    with running(drain):
        until(lambda: drain.status().kept == {1: 3})
    assert count(store) == 3


def test_no_spool_waits_for_another_ones_turn(store: Store, tmp_path: Path) -> None:
    """With an hour between two rounds, whatever is stored now is stored in the first."""
    spools = [tmp_path / name for name in "abc"]
    for number, directory in enumerate(spools):
        fill(directory, [event(number), event(number, visitor=2)])
    drain = Drain(store, spools, limits=replace(FAST, batch_seconds=3600.0, batch_span_ms=3_600_000))
    with running(drain):
        until(lambda: count(store) == 6)
