"""The writing end: `Spool.append` puts records on disk and says where they are.

In: records (bytes). Out: positions, after the records would survive a power cut; or a SpoolError, and then nothing
was accepted. It blocks on the disk: `Committer` calls it from a thread. It never reads or deletes a segment
(`reader.py` does), except one that holds nothing yet because its start failed.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from collector.spool.disk import (
    Ballast,
    Limits,
    Space,
    Sync,
    hold,
    make_private,
    open_private,
    space_of,
    sync_directory,
    sync_file,
    write_fully,
)
from collector.spool.errors import SpoolClosed, SpoolFull, spool_error
from collector.spool.reader import records_before_the_end
from collector.spool.segment import (
    HEADER,
    SEGMENT_RECORDS,
    Segment,
    bytes_in,
    pack_frames,
    pack_header,
    segment_path,
    segments_in,
)


class SpoolStats(msgspec.Struct, frozen=True):
    """What the writing end knows of itself."""

    segments: int
    bytes: int
    records: int
    """Appended since this process opened the directory."""
    faults: int
    """Appends that failed since then."""


class Spool:
    """The one writer of a directory. Safe to call from several threads; open with `Spool.open`."""

    def __init__(self, directory: Path, limits: Limits, sync: Sync, space: Callable[[Path], Space], lock: int) -> None:
        self.limits = limits
        self._directory, self._sync, self._space, self._lock = directory, sync, space, lock
        self._ballast = Ballast(directory, limits.ballast_bytes)
        self._turn = threading.Lock()
        self._segment: Segment | None = None
        self._fd = -1
        self._size = self._seq = 0
        self._started = 0.0
        self._records = self._faults = 0
        earlier = segments_in(directory)
        self._number = earlier[-1].number if earlier else 0
        self._base = records_before_the_end(earlier[-1]) if earlier else 0

    @classmethod
    def open(
        cls,
        directory: Path,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        sync: Sync = sync_file,
        space: Callable[[Path], Space] = space_of,
    ) -> Spool:
        """Take the directory, and start a new segment in it.

        Raises SpoolHeld when another process writes there. A full disk is no reason to stop the start.
        """
        make_private(directory)
        spool = cls(directory, limits, sync, space, hold(directory / "writer.lock"))
        try:
            spool._make_room()
            spool._start_segment()
        except SpoolFull:
            spool._faults += 1
        except OSError:
            spool._give_up_segment()
        return spool

    def append(self, records: Sequence[bytes]) -> tuple[int, int, int]:
        """Put `records` on disk: (segment, a, b), they are numbers a to b - 1 of that segment.

        Raises SpoolFull, SpoolFault, SpoolClosed: none of them is accepted. Raises ValueError for a record, or a
        list of them, that is too big for any segment.
        """
        with self._turn:
            if self._lock < 0:
                raise SpoolClosed("the spool is closed")
            try:
                return self._append(records)
            except OSError as fault:
                self._faults += 1
                self._give_up_segment()
                raise spool_error(fault) from None
            except SpoolFull:
                self._faults += 1
                raise

    def _append(self, records: Sequence[bytes]) -> tuple[int, int, int]:
        self._make_room()
        segment = self._segment or self._start_segment()
        data = pack_frames(records, self._seq, segment.seed)
        if self._seq and self._is_too_much(records, data):
            segment = self._start_segment()
            data = pack_frames(records, 0, segment.seed)
        if self._is_too_much(records, data):
            raise ValueError(f"{len(records)} records of {len(data)} bytes at once do not fit in a segment")
        write_fully(self._fd, data, self._size)
        self._sync(self._fd)
        first = self._seq
        self._size += len(data)
        self._seq += len(records)
        self._base += len(records)
        self._records += len(records)
        return segment.key, first, self._seq

    def _is_too_much(self, records: Sequence[bytes], data: bytes) -> bool:
        too_many = self._seq + len(records) > SEGMENT_RECORDS
        return too_many or self._size + len(data) > self.limits.segment_bytes

    def rest(self) -> bool:
        """Close a segment that is old and not empty; True if it did. For quiet times, when nothing is appended."""
        with self._turn:
            old = time.monotonic() - self._started >= self.limits.segment_seconds
            if self._lock < 0 or not self._seq or not old:
                return False
            try:
                self._start_segment()
            except OSError:
                self._give_up_segment()
            return True

    def stats(self) -> SpoolStats:
        return SpoolStats(
            segments=len(segments_in(self._directory)),
            bytes=bytes_in(self._directory),
            records=self._records,
            faults=self._faults,
        )

    def close(self) -> None:
        """Let go of the directory. What was appended is on disk already."""
        with self._turn:
            self._close_file()
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def _make_room(self) -> None:
        """Raise SpoolFull while the disk is nearly full; take the ballast aboard again when it is not.

        A small disk may be full of the segment that we are writing: close it, then the drain can delete it.
        """
        if self._space(self._directory).is_short(self.limits):
            if self._seq:
                with suppress(OSError):
                    self._start_segment()
            raise SpoolFull("the spool's disk is nearly full")
        if not self._ballast.is_aboard():
            try:
                self._ballast.load()
            except OSError:
                raise SpoolFull("no room left for the spool's ballast") from None

    def _start_segment(self) -> Segment:
        """Close the current segment, make the next and its name last. Raises OSError and leaves nothing behind."""
        self._close_file()
        self._number = max(self._number + 1, time.time_ns() // 1000)
        id_ = os.urandom(16)
        path = segment_path(self._directory, self._number, id_)
        self._fd = open_private(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        try:
            write_fully(self._fd, pack_header(id_, self._base), 0)
            self._sync(self._fd)
            sync_directory(self._directory)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        self._size, self._seq, self._started = HEADER.size, 0, time.monotonic()
        self._segment = Segment(path=path, number=self._number, id=id_)
        return self._segment

    def _give_up_segment(self) -> None:
        """Cut off what is not acknowledged, as far as the disk lets us, and never touch this descriptor again.

        After a failed fsync the kernel may call the same pages clean: a second one would succeed and mean nothing.
        """
        if self._fd >= 0 and self._segment is not None:
            with suppress(OSError):
                os.ftruncate(self._fd, self._size)
        self._close_file()

    def _close_file(self) -> None:
        self._segment, self._seq = None, 0
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)
