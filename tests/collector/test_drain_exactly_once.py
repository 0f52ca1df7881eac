"""Exactly once: crashes, failures and lost notes at every point, against a real store."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from faults.drains import (
    Crash,
    crash_at,
    drain_all,
    draining,
    numbered,
    paths,
    raise_disk_error,
    refused,
    store_without,
    stored,
    until_the_crash,
)
from faults.traffic import NOON, event, fill, id_of, visits_by_definition

from clickhouse.client import Store, StoreError
from clickhouse.insert import insert_events
from clickhouse.rows import ENGAGEMENT, PlacedEvent, Position, Reason, RefusalCount
from clickhouse.visits import start_of
from collector.drain import DrainLimits
from collector.drain.delivery import Delivery, Swallowed
from collector.drain.intent import NOTE, NoteBook
from collector.drain.parcel import pack
from collector.spool.record import COUNTS_PER_RECORD, encode_refusals
from collector.spool.segment import segments_in


@pytest.mark.parametrize("point", ["noted", "sending", "stored", "settled"])
def test_a_crash_at_any_point_neither_loses_nor_doubles_nor_moves_a_row(
    any_store: Store, tmp_path: Path, point: str
) -> None:
    events = [*numbered(0, 50), *numbered(50, 60, name=ENGAGEMENT, visitor=9), *numbered(60, 70)]
    groups = [[(one, id_of(at % 65)) for at, one in enumerate(events)][first : first + 5] for first in range(0, 70, 5)]
    fill(tmp_path, *groups, [encode_refusals([RefusalCount(1, 20_000, "bot", 3), RefusalCount(2, 20_000, "gpc", 4)])])
    limits = DrainLimits(batch_rows=20)
    for times in (1, 2):
        until_the_crash(any_store, tmp_path, at=crash_at(point, times), limits=limits)
    drain_all(any_store, tmp_path, limits=limits)
    assert paths(any_store) == [f"/{number:06d}" for number in [*range(50), *range(60, 65)]]
    assert len({visit for _, visit in stored(any_store)}) == 1
    assert refused(any_store) == {(1, "bot"): 3, (2, "gpc"): 4, (1, "no_visit"): 10, (1, "duplicate"): 5}
    assert any_store.query("select pageviews from visits final") == [(55,)]


def test_a_retried_batch_keeps_the_visits_that_were_noted_whatever_the_store_says_now(
    store: Store, tmp_path: Path
) -> None:
    fill(tmp_path, [event(0, path="/a")], begun_ms=NOON)
    drain_all(store, tmp_path)
    fill(tmp_path, [event(1500, path="/b")], begun_ms=NOON + 1)
    until_the_crash(store, tmp_path, at=crash_at("noted"))
    store.writer.command("truncate table events")
    drain_all(store, tmp_path)
    ((path, visit),) = stored(store)
    assert (path, start_of(visit)) == ("/b", NOON)


def test_a_batch_that_is_partly_stored_is_completed_not_repeated(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, numbered(0, 100))
    until_the_crash(any_store, tmp_path, at=crash_at("noted"))
    (segment,) = segments_in(tmp_path)
    note = NoteBook(tmp_path).read()
    assert note is not None
    rows = [
        PlacedEvent(one, note.decisions().marks[0], Position(segment.key, at))
        for at, one in enumerate(numbered(0, 100))
    ]
    insert_events(any_store, rows[::3], token="the process that died")
    drain_all(any_store, tmp_path)
    assert paths(any_store) == [f"/{number:06d}" for number in range(100)]


def test_without_its_note_the_drain_asks_for_every_row_and_doubles_none(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, *([one] for one in numbered(0, 30)), [encode_refusals([RefusalCount(1, 20_000, "bot", 2)])])
    drain_all(any_store, tmp_path, limits=DrainLimits(batch_rows=7))
    (tmp_path / NOTE).unlink()
    drain_all(any_store, tmp_path, limits=DrainLimits(batch_rows=11))
    assert len(paths(any_store)) == 30
    assert refused(any_store) == {(1, "bot"): 2}


def test_a_noted_batch_whose_tail_a_power_cut_took_is_stored_as_far_as_it_is_there(
    store: Store, tmp_path: Path
) -> None:
    fill(tmp_path, [event(0, path="/a")], [event(1, path="/b")])
    until_the_crash(store, tmp_path, at=crash_at("noted"))
    (segment,) = segments_in(tmp_path)
    os.truncate(segment.path, segment.path.stat().st_size - 1)
    fill(tmp_path, [event(2, path="/c")])
    drain_all(store, tmp_path)
    assert paths(store) == ["/a", "/c"]


@pytest.mark.parametrize("table", ["events", "refusals", "visits"])
def test_a_store_that_fails_is_tried_again_and_nothing_is_lost(store: Store, tmp_path: Path, table: str) -> None:
    fill(tmp_path, [event(0, path="/a"), event(1, name=ENGAGEMENT, visitor=2)])
    with draining(store, tmp_path) as drain:
        with store_without(store, table):
            for _ in range(3):
                with pytest.raises(StoreError):
                    drain.step()
        assert drain.step() == 2
        assert drain.step() == 0
    assert paths(store) == ["/a"]
    assert refused(store) == {(1, "no_visit"): 1}
    assert store.query("select count() from visits final") == [(1,)]


def test_a_token_that_is_remembered_while_its_rows_are_gone_does_not_swallow_them(
    any_store: Store, tmp_path: Path
) -> None:
    """As after a kill between the two writes: the engine says yes to the repeated token, and stores nothing."""
    fill(tmp_path, numbered(0, 20))
    with draining(any_store, tmp_path, at=crash_at("stored")) as drain:
        with pytest.raises(Crash):
            drain.step()
        any_store.writer.command("alter table events delete where 1 settings mutations_sync = 1")
    with draining(any_store, tmp_path) as drain:
        with pytest.raises(Swallowed):
            drain.step()
        drain.step()
    assert len(paths(any_store)) == 20


def test_an_attempt_that_failed_here_and_went_through_there_is_not_repeated(store: Store, tmp_path: Path) -> None:
    """The insert of the failed attempt is still running when the store is asked, and ends before the next one."""
    fill(tmp_path, [event(0, path="/before")])
    with draining(store, tmp_path) as drain:
        drain.step()
        fill(tmp_path, numbered(0, 20))
        with store_without(store, "events"), pytest.raises(StoreError):
            drain.step()
        job = drain._sources[0].job
        assert job is not None
        rows = pack(job.batch, job.decided).events.rows()
        insert_events(store, rows, token=job.token)
        delivery = Delivery(store, pack(job.batch, job.decided), job.batch, drain._sources[0].quarantine)
        delivery.deliver(job.token, clean=True)  # clean: as if it had asked too early
        assert drain.step() == 20
    assert len(paths(store)) == 21


def test_a_note_that_cannot_be_written_sends_nothing_and_decides_nothing_twice(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, [(event(0, path="/a"), id_of(1))])
    with draining(store, tmp_path) as drain:
        with monkeypatch.context() as patch:
            patch.setattr("collector.drain.intent.replace_durably", raise_disk_error)
            for _ in range(2):
                with pytest.raises(OSError, match="failed"):
                    drain.step()
        assert stored(store) == []
        assert drain.step() == 1
    assert paths(store) == ["/a"]
    assert refused(store) == {}
    assert NoteBook(tmp_path).read() is not None


def test_many_counts_of_one_record_are_each_stored_once(store: Store, tmp_path: Path) -> None:
    counts = [RefusalCount(site, 20_000 + site % 400, Reason.BOT, site) for site in range(1, 2001)]
    fill(tmp_path, [event(0)], [encode_refusals(counts)], [encode_refusals(counts[:3])])
    for _ in range(2):
        until_the_crash(store, tmp_path, at=crash_at("stored"))
    drain_all(store, tmp_path)
    assert store.query("select count(), sum(count) from refusals") == [(2003, sum(range(2001)) + 6)]
    ((places, rows),) = store.query("select uniqExact(segment, seq), count() from refusals")
    assert places == rows
    assert COUNTS_PER_RECORD * (1 << 18) == 1 << 32


def test_random_traffic_batches_and_crashes_give_the_defined_visits(store: Store, tmp_path: Path) -> None:
    dice = random.Random(11)
    times = sorted(dice.randrange(20_000) for _ in range(600))
    events = [
        event(at, dice.randrange(1, 40), name=dice.choice(["pageview", "Signup", ENGAGEMENT]), path=f"/{number:06d}")
        for number, at in enumerate(times)
    ]
    for first in range(0, 600, 150):
        groups = [events[at : at + 3] for at in range(first, first + 150, 3)]
        fill(tmp_path, *groups, begun_ms=events[first].ts)
        limits = DrainLimits(batch_rows=dice.randrange(20, 80), batch_span_ms=10**9)
        point = dice.choice(["noted", "sending", "stored", "settled"])
        until_the_crash(store, tmp_path, at=crash_at(point, dice.randrange(1, 3)), limits=limits)
        drain_all(store, tmp_path, limits=limits)
    visits: dict[int, set[int]] = {}
    for path, visit in stored(store):
        visits.setdefault(visit, set()).add(int(path[1:]))
    expected = visits_by_definition(events)
    assert sorted(visits.values(), key=min) == expected
    assert refused(store) == {(1, "no_visit"): 600 - sum(map(len, expected))}
    assert store.query("select count() from visits final") == [(len(expected),)]
