"""Bench: where records and bookmarks are put down together, so that a crash separates them nowhere.

In: records of a part of a log, and the bookmarks as they are once these are kept. Out: both are on disk. The bookmark
is written first, as an intention, with how many records the spool has taken; then the records go into the spool as
one frame, which is there as a whole or not at all. Whoever comes after a crash counts, and knows which of the two it
was.
Invariants: one bench for a site at a time (the spool's lock). Nothing is deleted here but an emptied spool.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from collector.spool import Limits, Spool, SpoolHeld
from collector.spool.disk import hold, make_private
from collector.spool.reader import records_before_the_end
from collector.spool.segment import FRAME_BYTES, FRAME_RECORDS, segments_in
from footfall.importing.bookmarks import Bookmark, NoteFile, Notes

RECORDS = min(2000, FRAME_RECORDS)
BYTES = FRAME_BYTES // 2
"""Records and bytes after which a part is put down: well within one frame."""
REST_SECONDS = 60.0
_LIMITS = Limits(segment_seconds=0, ballast_bytes=0)
"""No ballast: the drain of a full disk throws that of the server's own spool overboard."""


class Bench:
    """The spool and the bookmarks of one site."""

    def __init__(self, spool: Spool, file: NoteFile, notes: Notes, taken: int) -> None:
        self._spool = spool
        self._file = file
        self._taken = taken
        self._rested = time.monotonic()
        self.key = notes.key
        self.marks = notes.settled

    def keep(self, records: Sequence[bytes], marks: tuple[Bookmark, ...]) -> None:
        """Put records and bookmarks on disk. Raises SpoolError, OSError; then neither is there."""
        if records:
            intention = Notes(key=self.key, settled=self.marks, intended=marks, records=self._taken)
            self._file.write(intention)
            self._spool.append(records)
            self._taken += len(records)
        self.marks = marks

    def rest(self) -> None:
        """Begin a new file of the spool now and then: rows that are stored can leave the disk only with their file."""
        if time.monotonic() - self._rested >= REST_SECONDS:
            self._rested = time.monotonic()
            self._spool.rest()

    def settle(self) -> None:
        """Say that all is true that was intended, and let the spool's last file go as soon as it is stored."""
        self._file.write(Notes(key=self.key, settled=self.marks))
        self._spool.rest()


def spool_of(data: Path, site_id: int) -> Path:
    """Name the spool directory of a site's imports; the drain finds it beside the others."""
    return data / "spool" / f"import-{site_id}"


@contextmanager
def open_bench(data: Path, site_id: int) -> Iterator[Bench]:
    """Open the bench of a site, knowing how the last one ended. Raises SpoolHeld when it is in use, SpoolError."""
    directory = spool_of(data, site_id)
    make_private(directory)
    with _alone(directory):
        file = NoteFile(data / "imports", site_id)
        earlier = segments_in(directory)
        taken = records_before_the_end(earlier[-1]) if earlier else 0
        notes = file.read()
        if notes.intended is not None:
            notes = Notes(key=notes.key, settled=notes.intended if taken > notes.records else notes.settled)
        file.write(notes)
        with closing(Spool.open(directory, _LIMITS)) as spool:
            yield Bench(spool, file, notes, taken)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    try:
        lock = hold(directory / "import.lock")
    except SpoolHeld:
        raise SpoolHeld("another import for this site is running: wait for it, or stop it") from None
    try:
        yield
    finally:
        os.close(lock)


def remove_emptied(directory: Path) -> None:
    """Remove a spool that is stored to its end; call it while nobody drains. What is in quarantine stays."""
    if not any(directory.glob("quarantine*")):
        shutil.rmtree(directory)
