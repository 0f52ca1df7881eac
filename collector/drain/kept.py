"""Reads once more what a segment of the spool still holds of a batch that is done.

In: a segment, and [a, b) of it. Out: its records, as they are now: what was blanked meanwhile is blank. For the length
of a block nobody else blanks anything in this segment, so what is made of the records can be told before that goes on.
Damage costs its own frame, as everywhere. It changes nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from collector.drain.batch import Records, read
from collector.spool.segment import FRAME, FRAME_BYTES, HEADER, Frame, Segment, frame_at, next_frame

CHUNK = 2 * (FRAME_BYTES + FRAME.size)
"""Whatever starts in its first half is whole."""


class Bookmark:
    """How far a segment was read: batches are asked for in order, and none is read from the front."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self._seq, self._offset = 0, HEADER.size
        self._before = (0, self._seq, self._offset)

    @contextmanager
    def records(self, a: int, b: int) -> Iterator[Records]:
        """Give what there is of [a, b), the last one again or a later one. Raises OSError.

        FileNotFoundError: the segment was deleted.
        """
        fd = os.open(self.segment.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_SH)  # who blanks holds the same one, for himself
            found = Records()
            if a <= self._before[0]:
                self._seq, self._offset = self._before[1:] if a == self._before[0] else (0, HEADER.size)
            self._before = a, self._seq, self._offset
            for frame in self._frames(fd, b):
                if frame.first >= a:
                    found.add(read(frame))
            yield found
        finally:
            os.close(fd)

    def _frames(self, fd: int, b: int) -> Iterator[Frame]:
        """Good frames up to the one that `b` is in; that one is the next, next time."""
        seed = self.segment.seed
        while True:
            start = self._offset
            chunk = memoryview(os.pread(fd, CHUNK, start))
            at: int | None = 0
            while at is not None:
                frame = frame_at(chunk, at, self._seq, seed, start)
                if frame is None:
                    is_cut = len(chunk) == CHUNK and at > CHUNK // 2
                    at = None if is_cut else next_frame(chunk, at + 1, self._seq, seed)
                    continue
                if frame.first >= b:
                    return
                self._seq, self._offset = frame.after, frame.end
                at = frame.end - start
                yield frame
            if len(chunk) < CHUNK:
                return
            if self._offset == start:
                self._offset += CHUNK // 2  # all of it is damage
