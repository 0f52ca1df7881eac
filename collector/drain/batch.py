"""A batch: records of one segment that go to the store together.

In: the reading end of a spool. Out: a Batch of at most so many rows and bytes, received within a few minutes of each
other, cut between frames; or None when nothing waits. A record that cannot be decoded keeps its number, for the
quarantine; a record of a newer release ends the batch before it, and is an error once it comes first.
"""

from __future__ import annotations

import msgspec

from collector.distill.event import LONGEST_DELAY_MS
from collector.drain.limits import DrainLimits
from collector.spool.errors import SpoolNewer
from collector.spool.reader import Reader
from collector.spool.record import KeptBlank, KeptDemand, KeptEvent, KeptRedactions, KeptRefusals, decode
from collector.spool.segment import Frame, Segment


class Records(msgspec.Struct):
    """Decoded records with their numbers, by kind, each in order."""

    events: list[tuple[int, KeptEvent]] = []
    refusals: list[tuple[int, KeptRefusals]] = []
    redactions: list[tuple[int, KeptRedactions]] = []
    broken: list[int] = []
    demands: list[KeptDemand] = []
    blanks: list[tuple[int, KeptBlank]] = []
    """What is left of erased events."""

    def add(self, frame: Frame) -> None:
        """Decode the records of `frame`. Raises SpoolNewer; then some of them may have been added."""
        events = self.events
        for seq, record in enumerate(frame.records(), frame.first):
            try:
                kept = decode(record)
            except ValueError:
                self.broken.append(seq)
                continue
            if type(kept) is KeptEvent:
                events.append((seq, kept))
            elif type(kept) is KeptRefusals:
                self.refusals.append((seq, kept))
            elif type(kept) is KeptRedactions:
                self.redactions.append((seq, kept))
            elif type(kept) is KeptDemand:
                self.demands.append(kept)
            elif type(kept) is KeptBlank:
                self.blanks.append((seq, kept))

    def __iadd__(self, other: Records) -> Records:
        self.events += other.events
        self.refusals += other.refusals
        self.redactions += other.redactions
        self.broken += other.broken
        self.demands += other.demands
        self.blanks += other.blanks
        return self

    @property
    def received_ms(self) -> int:
        """When the first event arrived; 0 if there is none, or it does not tell."""
        return received_ms(self.events[0][1]) if self.events else 0


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
    event = kept.event
    return event.ts + event.delay_ms if event.delay_ms < LONGEST_DELAY_MS else 0


def records_of(frame: Frame) -> Records:
    """Decode a frame. Raises SpoolNewer."""
    records = Records()
    records.add(frame)
    return records


def next_batch(reader: Reader, limits: DrainLimits) -> Batch | None:
    """Take the next batch from `reader`. Raises SpoolNewer, OSError; then nothing was taken."""
    frame = reader.peek()
    segment = reader.segment
    if frame is None or segment is None:
        return None
    records = records_of(frame)
    a, b, size = frame.first, reader.take().after, len(frame.payload)
    while (frame := reader.peek()) is not None:
        size += len(frame.payload)
        if reader.segment != segment or frame.after - a > limits.batch_rows or size > limits.batch_bytes:
            return Batch(segment, a, b, records, is_cut=True)
        try:
            more = records_of(frame)
        except SpoolNewer:
            return Batch(segment, a, b, records, is_cut=True)
        if is_far(records.received_ms, more.received_ms, limits.batch_span_ms):
            return Batch(segment, a, b, records, is_cut=True)
        records += more
        b = reader.take().after
    return Batch(segment, a, b, records)


def is_far(one_ms: int, other_ms: int, most_ms: int) -> bool:
    """True if two known times are more than `most_ms` apart; 0 is not known."""
    return bool(one_ms and other_ms) and abs(one_ms - other_ms) > most_ms
