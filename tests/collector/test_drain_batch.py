"""Batches: what a frame holds becomes columns, whichever release wrote it, and nothing of it is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.traffic import event, fill, id_of
from msgspec.structs import astuple
from test_spool_record import EVENT, FIRST_RELEASE, ID

from clickhouse.rows import Event, RefusalCount
from collector.drain.batch import Batch, next_batch
from collector.drain.limits import DrainLimits
from collector.spool.errors import SpoolNewer
from collector.spool.reader import Reader
from collector.spool.record import decode_events, encode_event, encode_refusals


def batch_of(directory: Path) -> Batch:
    reader = Reader(directory)
    try:
        batch = next_batch(reader, DrainLimits())
    finally:
        reader.close()
    assert batch is not None
    return batch


def told(batch: Batch) -> list[tuple[int, bytes, Event]]:
    records = batch.records
    events = records.events.events(range(len(records.events)))
    return list(zip(records.seqs, records.ids, events, strict=True))


def test_events_of_one_kind_are_decoded_together() -> None:
    one, other = event(1), event(2, path="/é", name="Sign up")
    found = decode_events([memoryview(encode_event(one)), memoryview(encode_event(other, ID))])
    assert found == ((b"", bytes.fromhex(ID)), (astuple(one), astuple(other)))


@pytest.mark.parametrize("other", [FIRST_RELEASE, encode_refusals([RefusalCount(1, 2, "bot", 3)]), b"junk"])
def test_what_is_no_event_of_today_is_told_from_the_others(other: bytes) -> None:
    assert decode_events([encode_event(event()), other]) is None


def test_a_frame_may_mix_releases_and_kinds_and_keeps_every_number(tmp_path: Path) -> None:
    counts = encode_refusals([RefusalCount(1, 20_000, "bot", 3)])
    fill(tmp_path, [(event(1), id_of(1)), FIRST_RELEASE, b"junk", counts, event(5)], [event(6)])
    batch = batch_of(tmp_path)
    assert told(batch) == [
        (0, bytes.fromhex(id_of(1)), event(1)),
        (1, bytes.fromhex(ID), EVENT),
        (4, b"", event(5)),
        (5, b"", event(6)),
    ]
    assert (batch.records.broken, [seq for seq, _ in batch.records.refusals]) == ([2], [3])
    assert batch.records.kept(1).event == EVENT


def test_a_newer_record_ends_the_batch_before_its_frame(tmp_path: Path) -> None:
    newer = bytearray(encode_event(event(3)))
    newer[2] = 2
    fill(tmp_path, [event(1)], [event(2), bytes(newer)])
    batch = batch_of(tmp_path)
    assert (len(told(batch)), batch.b, batch.is_cut) == (1, 1, True)
    later = Reader(tmp_path)
    later.peek()
    later.take()
    with pytest.raises(SpoolNewer):
        next_batch(later, DrainLimits())
    later.close()
