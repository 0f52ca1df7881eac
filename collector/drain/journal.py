"""What was decided about batches that are done, for as long as their records lie in the spool: rewind.py reads it.

In: each batch, in the moment in which it is settled. Out: the same, with the records, as it was decided. One file
beside each segment, `<name of the segment>.settled`, which only grows, and goes with it.
Invariant: it names nobody. A visit stands here as the second it began in; the rest of its name comes from the record's
site and visitor, and where that record was blanked, nothing more can be said. So erasing has nothing to do here.
A disk that refuses a line costs that line and not the drain: what has none is left alone later. A line that a crash
cut short is passed over, and written over by the next.
"""

from __future__ import annotations

import os
import sys
import time
from array import array
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import NamedTuple
from zlib import crc32

import msgspec

from clickhouse.visits import Merge, visit_id_of
from collector.drain.batch import Records
from collector.drain.decision import FIRST_VISIT, Decided
from collector.drain.intent import Intent
from collector.spool.disk import open_private, sync_file, write_fully
from collector.spool.segment import Segment

HEAD = Struct("<II")
SUFFIX = ".settled"
SECONDS, SMALL = (1, 0) if sys.byteorder == "little" else (0, 1)
"""Which half of a mark is the second that a visit began in, and which one holds the small marks."""


class Settled(msgspec.Struct, frozen=True, array_like=True):
    """What was decided about the records [a, b) of a segment, and when: `at` grows over all spools of a drain."""

    at: int
    a: int
    b: int
    seconds: bytes
    """For each number the second its visit began in, or 0."""
    marks: dict[int, int] = {}
    """Other marks than visits (decision.py), by their place from `a` on."""
    merges: list[tuple[int, int, int]] = []
    """The number of a record of the visitor, and the seconds in which the one and the other visit began."""

    def decided(self, records: Records) -> Decided:
        """Return the decisions, of those records that are still there."""
        seconds = array("I")
        seconds.frombytes(self.seconds)
        marks = array("Q", bytes(8 * (self.b - self.a)))
        sites, visitors = (records.events.numbers(field) for field in ("site_id", "visitor_id"))
        whose = {seq: (sites[at], visitors[at]) for at, seq in enumerate(records.seqs)}
        for seq, (site_id, visitor_id) in whose.items():
            at = seq - self.a
            second = seconds[at]
            marks[at] = visit_id_of(site_id, visitor_id, second * 1000) if second else self.marks.get(at, 0)
        merges = []
        for seq, gone, into in self.merges:
            if seq in whose:
                site_id, visitor_id = whose[seq]
                names = (visit_id_of(site_id, visitor_id, second * 1000) for second in (gone, into))
                merges.append(Merge(site_id, visitor_id, *names))
        return Decided(marks, merges)


class Place(NamedTuple):
    """Where a line stands. Places sort in the order of settling."""

    at: int
    segment: Segment
    offset: int


def settled_of(intent: Intent, at: int) -> Settled:
    """Say what was decided, without saying of whom."""
    marks = array("Q")
    marks.frombytes(intent.marks)
    halves = array("I")
    halves.frombytes(intent.marks)
    seconds, small = halves[SECONDS::2], halves[SMALL::2]
    others = {place: mark for place, mark in enumerate(small) if mark and not seconds[place]} if 0 in seconds else {}
    merges = []
    for merge in intent.merges:
        with suppress(ValueError):  # an event of its visitor has brought it about; where it was erased meanwhile, none
            merges.append((intent.a + marks.index(merge.into), merge.gone // FIRST_VISIT, merge.into // FIRST_VISIT))
    return Settled(at, intent.a, intent.b, seconds.tobytes(), others, merges)


def path_of(segment: Segment) -> Path:
    return segment.path.with_suffix(SUFFIX)


class Ticks:
    """Moments that only grow, in ns since 1970, whatever the clock does."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last = max(time.time_ns(), self.last + 1)
        return self.last


class Journal:
    """The growing file of the segment being drained. `is_synced`: a line is on the disk when `append` returns."""

    def __init__(self, *, is_synced: bool) -> None:
        self._is_synced = is_synced
        self._of: Segment | None = None
        self._fd = -1
        self._end = 0

    def append(self, segment: Segment, settled: Settled) -> None:
        """Add a line. Raises nothing."""
        line = msgspec.msgpack.encode(settled)
        line = HEAD.pack(len(line), crc32(line)) + line
        try:
            if self._of != segment:
                self._open(segment)
            write_fully(self._fd, line, self._end)
            if self._is_synced:
                sync_file(self._fd)
            self._end += len(line)
        except OSError:
            self.close()

    def _open(self, segment: Segment) -> None:
        self.close()
        self._fd = open_private(path_of(segment), os.O_CREAT | os.O_RDWR)
        self._end = 0
        for place, line in _lines(path_of(segment)):
            self._end = place + HEAD.size + len(line)
        os.ftruncate(self._fd, self._end)
        self._of = segment

    def close(self) -> None:
        self._of = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def places_in(segment: Segment) -> Iterator[Place]:
    """Say where each line about a segment stands."""
    for offset, line in _lines(path_of(segment)):
        yield Place(_decode(line).at, segment, offset)


def line_at(place: Place) -> Settled:
    """Read one line. Raises OSError."""
    with path_of(place.segment).open("rb") as file:
        file.seek(place.offset)
        length, _ = HEAD.unpack(file.read(HEAD.size))
        return _decode(file.read(length))


_decode = msgspec.msgpack.Decoder(Settled).decode


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Good lines with their offsets, up to the first that is none."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        offset = 0
        while len(head := file.read(HEAD.size)) == HEAD.size:
            length, check = HEAD.unpack(head)
            line = file.read(length)
            if len(line) < length or crc32(line) != check:
                return
            yield offset, line
            offset += HEAD.size + length
