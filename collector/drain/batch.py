"""A batch: records of one segment that go to the store together.

In: the reading end of a spool. Out: a Batch of at most so many rows and bytes, received within a few minutes of each
other, cut between frames; or None when nothing waits. A record that cannot be decoded keeps its number, for the
quarantine; a record of a newer release ends the batch before it, and is an error once it comes first.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import astuple

from clickhouse.columns import EventColumns, EventRow
from clickhouse.rows import Event
from collector.distill.event import LONGEST_DELAY_MS
from collector.drain.limits import DrainLimits
from collector.spool.errors import SpoolNewer
from collector.spool.reader import Reader
from collector.spool.record import (
    SCHEMA,
    KeptBlank,
    KeptDemand,
    KeptEvent,
    KeptRedactions,
    KeptRefusals,
    Record,
    decode,
    decode_events,
)
from collector.spool.segment import Frame, Segment

TS, DELAY = (Event.__struct_fields__.index(field) for field in ("ts", "delay_ms"))


class Found(msgspec.Struct):
    """What a frame holds: of its events the numbers, the ids and the fields."""

    seqs: Sequence[int] = []
    ids: Sequence[bytes] = []
    rows: Sequence[EventRow] = []
    others: list[tuple[int, Record]] = []
    broken: list[int] = []

    @property
    def received_ms(self) -> int:
        """When the first event arrived; 0 if there is none, or it does not tell."""
        return arrived_ms(self.rows[0][TS], self.rows[0][DELAY]) if self.rows else 0


class Records(msgspec.Struct):
    """Decoded records with their numbers, by kind, each in order."""

    seqs: list[int] = []
    """Numbers of the events, and then their ids."""
    ids: list[bytes] = []
    events: EventColumns = msgspec.field(default_factory=EventColumns)
    refusals: list[tuple[int, KeptRefusals]] = []
    redactions: list[tuple[int, KeptRedactions]] = []
    broken: list[int] = []
    demands: list[KeptDemand] = []
    blanks: list[tuple[int, KeptBlank]] = []
    """What is left of erased events."""

    def add(self, found: Found) -> None:
        """Put at the end what the next frame holds."""
        self.seqs.extend(found.seqs)
        self.ids.extend(found.ids)
        self.events.extend(found.rows)
        self.broken.extend(found.broken)
        for seq, kept in found.others:
            if isinstance(kept, KeptRefusals):
                self.refusals.append((seq, kept))
            elif isinstance(kept, KeptRedactions):
                self.redactions.append((seq, kept))
            elif isinstance(kept, KeptDemand):
                self.demands.append(kept)
            elif isinstance(kept, KeptBlank):
                self.blanks.append((seq, kept))

    def kept(self, at: int) -> KeptEvent:
        """Make the event at a place: where one of them has to be looked at."""
        return KeptEvent(SCHEMA, self.ids[at], self.events.event(at))

    @property
    def received_ms(self) -> int:
        """When the first event arrived; 0 if there is none, or it does not tell."""
        return arrived_ms(self.events.numbers("ts")[0], self.events.numbers("delay_ms")[0]) if self.seqs else 0


class Batch(msgspec.Struct, frozen=True):
    """Those records of [a, b) of `segment` that could be read."""

    segment: Segment
    a: int
    b: int
    records: Records
    is_cut: bool = False
    """A limit ended it: there is more."""

    @property
    def received_ms(self) -> int:
        """When its first event arrived, or not long before: nothing arrived before its segment was begun."""
        return self.records.received_ms or self.segment.number // 1000


def received_ms(kept: KeptEvent) -> int:
    """When an event arrived; 0 if it happened so long before that its delay does not fit the column."""
    return arrived_ms(kept.event.ts, kept.event.delay_ms)


def arrived_ms(ts: int, delay_ms: int) -> int:
    return ts + delay_ms if delay_ms < LONGEST_DELAY_MS else 0


def read(frame: Frame) -> Found:
    """Decode a frame. Raises SpoolNewer."""
    records = list(frame.records())
    if (events := decode_events(records)) is not None:
        return Found(range(frame.first, frame.after), *events)
    seqs: list[int] = []
    ids: list[bytes] = []
    rows: list[EventRow] = []
    others: list[tuple[int, Record]] = []
    broken: list[int] = []
    for seq, record in enumerate(records, frame.first):
        try:
            kept = decode(record)
        except ValueError:
            broken.append(seq)
            continue
        if isinstance(kept, KeptEvent):
            seqs.append(seq)
            ids.append(kept.event_id)
            rows.append(astuple(kept.event))
        else:
            others.append((seq, kept))
    return Found(seqs, ids, rows, others, broken)


def next_batch(reader: Reader, limits: DrainLimits) -> Batch | None:
    """Take the next batch from `reader`. Raises SpoolNewer, OSError; then nothing was taken."""
    frame = reader.peek()
    segment = reader.segment
    if frame is None or segment is None:
        return None
    records = Records()
    records.add(read(frame))
    a, b, size = frame.first, reader.take().after, len(frame.payload)
    while (frame := reader.peek()) is not None:
        size += len(frame.payload)
        if reader.segment != segment or frame.after - a > limits.batch_rows or size > limits.batch_bytes:
            return Batch(segment, a, b, records, is_cut=True)
        try:
            more = read(frame)
        except SpoolNewer:
            return Batch(segment, a, b, records, is_cut=True)
        if is_far(records.received_ms, more.received_ms, limits.batch_span_ms):
            return Batch(segment, a, b, records, is_cut=True)
        records.add(more)
        b = reader.take().after
    return Batch(segment, a, b, records)


def is_far(one_ms: int, other_ms: int, most_ms: int) -> bool:
    """True if two known times are more than `most_ms` apart; 0 is not known."""
    return bool(one_ms and other_ms) and abs(one_ms - other_ms) > most_ms
