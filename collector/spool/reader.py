"""The reading end: frames of a spool directory, in order, past damage, across segments, while it is being written.

In: a directory and where to begin. Out: good frames, once each and in order; how many records were lost and how many
torn bytes were passed over. It changes nothing: deleting is the drain's decision. A bad spot in the segment that is
still being written may be half a write, so it gets a second look before it is called damage.
"""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

from collector.spool.segment import (
    FRAME,
    FRAME_BYTES,
    HEADER,
    Frame,
    Segment,
    base_of,
    frame_at,
    is_cut_off,
    next_frame,
    segments_in,
)

CHUNK = 4 * FRAME_BYTES
"""Read at once; more than two frames, so that a good frame that is cut off here is whole next time."""


class SegmentReader:
    """Reads one file from front to back. `seq` is the number that the next record should have."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self.seq = 0
        self.lost = 0
        """Records that damage has cost so far."""
        self.torn = 0
        """Bytes at the end that never became a frame."""
        self._offset = HEADER.size
        self._suspect = -1
        self._fd = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.base = base_of(os.pread(self._fd, HEADER.size, 0))
        except BaseException:
            self.close()
            raise

    def read(self, *, closed: bool) -> list[Frame]:
        """The next good frames; none: the end for now, or for good if the file is `closed` (has a successor)."""
        while True:
            chunk = memoryview(os.pread(self._fd, CHUNK, self._offset))
            frames, at = self._parse(chunk, settled=closed or len(chunk) == CHUNK)
            self._offset += at
            if frames or len(chunk) < CHUNK:
                break
            self._offset += CHUNK - FRAME_BYTES - FRAME.size  # all damage, but a good frame may start near its end
        if closed and not frames:
            self.torn += len(chunk)
            self._offset += len(chunk)
        return frames

    def _parse(self, chunk: memoryview, *, settled: bool) -> tuple[list[Frame], int]:
        """Frames of `chunk`, and where in it the reading goes on (0 if there are none)."""
        frames: list[Frame] = []
        at = 0
        while at < len(chunk):
            frame = frame_at(chunk, at, self.seq, self.segment.seed, self._offset)
            if frame is None:
                goes_on = frames and is_cut_off(chunk, at, self.seq)
                found = None if goes_on else self._after_damage(chunk, at, settled=settled)
                if found is None:
                    break
                at = found
                continue
            self.lost += frame.first - self.seq
            self.seq = frame.after
            at = frame.end - self._offset
            frames.append(frame)
        return frames, at

    def _after_damage(self, chunk: memoryview, at: int, *, settled: bool) -> int | None:
        """Where the next good frame starts, if the spot at `at` is damage and not just unfinished."""
        found = next_frame(chunk, at + 1, self.seq, self.segment.seed)
        if found is None or settled or self._suspect == self._offset + at:
            return found
        self._suspect = self._offset + at
        return None

    def copy(self) -> SegmentReader:
        """Another reader at the same place."""
        other = SegmentReader(self.segment)
        other.seq, other._offset = self.seq, self._offset
        return other

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Reader:
    """Reads a directory: `peek` at the next frame, `take` it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._current: SegmentReader | None = None
        self._frames: deque[Frame] = deque()
        self._lost = self._torn = 0

    @property
    def segment(self) -> Segment | None:
        """The segment that the next frame is in, as far as is known."""
        return self._current.segment if self._current else None

    @property
    def lost(self) -> int:
        return self._lost + (self._current.lost if self._current else 0)

    @property
    def torn(self) -> int:
        return self._torn + (self._current.torn if self._current else 0)

    def peek(self) -> Frame | None:
        """The next frame, or None: there is nothing more for now. Raises SpoolNewer, OSError."""
        while not self._frames:
            following = self._following()
            if self._current is not None:
                self._frames.extend(self._current.read(closed=following is not None))
            if self._frames:
                break
            if following is None:
                return None
            self._go_to(following)
        return self._frames[0]

    def take(self) -> Frame:
        return self._frames.popleft()

    def scout(self) -> Reader:
        """Another reader that starts where this one is, to look ahead."""
        other = Reader(self._directory)
        other._current = self._current.copy() if self._current else None
        other._frames = self._frames.copy()
        return other

    def close(self) -> None:
        if self._current is not None:
            self._current.close()

    def _following(self) -> Segment | None:
        """The segment after the current one. Asked before reading: once it exists, the current one never grows."""
        here = self._current.segment.number if self._current else -1
        return next((segment for segment in segments_in(self._directory) if segment.number > here), None)

    def _go_to(self, segment: Segment) -> None:
        following = SegmentReader(segment)
        left = self._current
        if left is not None:
            left.close()
            self._torn += left.torn
            self._lost += left.lost
            if left.base is not None and following.base is not None:
                self._lost += max(0, following.base - left.base - left.seq)
        self._current = following


def records_before_the_end(segment: Segment) -> int:
    """How many records the directory had taken when `segment` ended: what the next one's `base` shall be."""
    reader = SegmentReader(segment)
    try:
        while reader.read(closed=True):
            pass
        return (reader.base or 0) + reader.seq
    finally:
        reader.close()
