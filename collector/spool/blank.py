"""Blank records that are done: write nothing over what a visitor had erased, where it lies.

In: a directory, a moment, and a rule that gives a record its replacement of the same length, or None. Out: which
records were replaced. A frame is rewritten whole, with a new checksum, and synced; nothing before or after it moves, so
the process that writes the segment and the one that reads on are not disturbed. Invariant: only for records that are in
the store or dropped already. A power cut in the middle of it costs the frame, which nobody needs any more but for its
ids; the reader counts it as lost. Deleting files stays the drain's decision.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import Struct
from zlib import crc32

from collector.spool.disk import sync_file
from collector.spool.reader import SegmentReader
from collector.spool.segment import CHECKED, FRAME, LENGTH, Frame, Segment, segments_in

Rule = Callable[[memoryview], bytes | None]
CHECK = Struct("<I")


def blank(directory: Path, until_ms: int, rule: Rule) -> list[tuple[int, int]]:
    """Replace records in segments begun up to `until_ms`; return (segment's number, seq) of each. Raises OSError."""
    found: list[tuple[int, int]] = []
    for segment in segments_in(directory):
        if segment.number // 1000 <= until_ms:
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile, as every drained one will be
                found += [(segment.number, seq) for seq in _blank_segment(segment, rule)]
    return found


def count(directory: Path, rule: Rule) -> tuple[int, int]:
    """Return how many segments there are, and how many records the rule would replace. Raises OSError."""
    segments = found = 0
    for segment in segments_in(directory):
        with contextlib.suppress(FileNotFoundError):
            found += sum(rule(record) is not None for frame in _frames_of(segment) for record in frame.records())
            segments += 1
    return segments, found


def find(directory: Path, number: int, which: Callable[[memoryview], bool]) -> list[int] | None:
    """Return the numbers of such records in one segment; None: there is no such segment any more. Raises OSError."""
    for segment in segments_in(directory):
        if segment.number == number:
            with contextlib.suppress(FileNotFoundError):
                frames = _frames_of(segment)
                return [
                    seq for frame in frames for seq, record in enumerate(frame.records(), frame.first) if which(record)
                ]
    return None


def _blank_segment(segment: Segment, rule: Rule) -> list[int]:
    done: list[int] = []
    fd = os.open(segment.path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        # A frame is read before it is written: of two who blank at once, one would bring back what the other blanked.
        fcntl.flock(fd, fcntl.LOCK_EX)
        for frame in _frames_of(segment):
            payload, seqs = _blanked(frame, rule)
            if not seqs:
                continue
            start = frame.end - len(payload) - FRAME.size
            os.pwrite(fd, _sealed(frame, payload, segment.seed), start)
            done += seqs
        if done:
            sync_file(fd)
    finally:
        os.close(fd)
    return done


def _frames_of(segment: Segment) -> Iterator[Frame]:
    reader = SegmentReader(segment)
    try:
        while frames := reader.read(closed=False):
            yield from frames
    finally:
        reader.close()


def _blanked(frame: Frame, rule: Rule) -> tuple[bytes, list[int]]:
    """Return the frame's payload with its blanks, and which numbers they have."""
    parts: list[bytes] = []
    seqs: list[int] = []
    for seq, record in enumerate(frame.records(), frame.first):
        nothing = rule(record)
        if nothing is not None and len(nothing) != len(record):
            raise ValueError("a blank is as long as what it replaces")
        if nothing is not None:
            seqs.append(seq)
        parts += (LENGTH.pack(len(record)), bytes(record) if nothing is None else nothing)
    return b"".join(parts), seqs


def _sealed(frame: Frame, payload: bytes, seed: int) -> bytes:
    head = CHECKED.pack(len(payload), frame.count, frame.first)
    return b"".join((head, CHECK.pack(crc32(payload, crc32(head, seed))), payload))
