"""What the drain puts aside, deletes, refuses and counts, against a real store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from faults.disk import SMALL
from faults.drains import (
    crash_at,
    drain_all,
    draining,
    numbered,
    paths,
    refused,
    store_without,
    until_the_crash,
)
from faults.traffic import event, fill
from msgspec.structs import replace

from clickhouse.client import Store, StoreError
from clickhouse.rows import RefusalCount
from collector.drain import Drain, DrainLimits
from collector.drain.quarantine import Quarantine
from collector.spool import Limits, Spool, SpoolHeld, SpoolNewer
from collector.spool.record import encode_event, encode_refusals
from collector.spool.segment import segments_in


def test_one_poison_row_among_thousands_is_put_aside_and_the_rest_is_stored(store: Store, tmp_path: Path) -> None:
    events = numbered(0, 10_000)
    events[4321] = event(4321, visitor=77, path="/poison", scroll=300)
    fill(tmp_path, *(events[first : first + 500] for first in range(0, 10_000, 500)))
    drain = drain_all(store, tmp_path)
    assert len(paths(store)) == 9_999
    (line,) = Quarantine(tmp_path).lines()
    assert (line.seq, line.row["path"], line.row["visitor_id"]) == (4321, "/poison", 0)
    assert drain._ledger.tell("", is_behind=False, oldest_ms=0).quarantined == 1
    assert drain._ledger.tell("", is_behind=False, oldest_ms=0).kept == {1: 9_999}


def test_poison_is_put_aside_once_however_often_its_batch_is_tried(any_store: Store, tmp_path: Path) -> None:
    bad_count = encode_refusals([RefusalCount(1, -5, "bot", 1), RefusalCount(1, 20_000, "bot", 2)])
    fill(tmp_path, [event(0, path="/a"), event(1, path="/b", scroll=300), bad_count, b"junk", event(2, path="/c")])
    for _ in range(2):
        until_the_crash(any_store, tmp_path, at=crash_at("stored"))
    drain_all(any_store, tmp_path)
    assert paths(any_store) == ["/a", "/c"]
    assert refused(any_store) == {(1, "bot"): 2, (1, "unstorable"): 1}
    assert [(line.seq, line.why) for line in Quarantine(tmp_path).lines()] == [
        (3, "not a record"),
        (1, "a value does not fit the column scroll"),
        (2, "a value does not fit the column day"),
    ]


def test_a_record_of_a_newer_release_stops_the_drain_and_costs_nothing(store: Store, tmp_path: Path) -> None:
    newer = bytearray(encode_event(event(1, path="/newer")))
    newer[2] = 9
    fill(tmp_path, [event(0, path="/a")], [bytes(newer)], [event(2, path="/b")])
    with draining(store, tmp_path) as drain:
        assert drain.step() == 1
        for _ in range(2):
            with pytest.raises(SpoolNewer):
                drain.step()
    assert paths(store) == ["/a"]
    assert not Quarantine(tmp_path).lines()


def test_a_second_drain_of_a_directory_is_refused(store: Store, tmp_path: Path) -> None:
    with draining(store, tmp_path), pytest.raises(SpoolHeld, match="another process is using"):
        Drain(store, [tmp_path])


def sweep_after(drain: Drain, seconds: float) -> None:
    for source in drain._sources:
        source.sweep(time.time() + seconds)


def test_drained_segments_are_deleted_when_resends_are_forgotten_but_never_the_newest(
    store: Store, tmp_path: Path
) -> None:
    for number in range(3):
        fill(tmp_path, [event(number, path=f"/{number}")])
    first, second, third = segments_in(tmp_path)
    with draining(store, tmp_path, limits=DrainLimits(disk=SMALL)) as drain:
        drain.step()
        sweep_after(drain, 600)
        assert segments_in(tmp_path) == [first, second, third]
        sweep_after(drain, 3600)
        assert segments_in(tmp_path) == [second, third]
        while drain.step():
            pass
        sweep_after(drain, 3600)
        assert segments_in(tmp_path) == [third]
    assert len(paths(store)) == 3
    drain_all(store, tmp_path)
    assert len(paths(store)) == 3


@pytest.mark.parametrize(
    "limits", [DrainLimits(disk=Limits(min_free_bytes=1 << 60)), DrainLimits(disk=SMALL, keep_bytes=0)]
)
def test_drained_segments_are_deleted_at_once_when_room_is_short(
    store: Store, tmp_path: Path, limits: DrainLimits
) -> None:
    for number in range(3):
        fill(tmp_path, [event(number)])
    with draining(store, tmp_path, limits=limits) as drain:
        while drain.step():
            pass
        sweep_after(drain, 0)
        assert len(segments_in(tmp_path)) == 1


def waiting(drain: Drain) -> Sequence[int]:
    return [source.count_waiting() for source in drain._sources]


def test_events_that_wait_are_counted_to_the_last_one(store: Store, tmp_path: Path) -> None:
    spool = Spool.open(tmp_path, replace(SMALL, segment_bytes=2000))
    for one in numbered(0, 30):
        spool.append([encode_event(one)])
    spool.append([encode_refusals([RefusalCount(1, 20_000, "bot", 1)])])
    with draining(store, tmp_path, limits=DrainLimits(batch_rows=5)) as drain:
        with store_without(store, "events"), pytest.raises(StoreError):
            drain.step()
        assert waiting(drain) == [30]
        spool.append([encode_event(event(31))])
        assert waiting(drain) == [31]
        drain.step()
        assert waiting(drain) == [26]
        while drain.step():
            pass
        assert waiting(drain) == [0]
    spool.close()
