"""The note that makes it exactly once: which records are being sent, and what was decided about each.

In: a batch's range and decisions, before anything is sent. Out: the same, after any crash. One small file for each
spool directory, replaced as a whole (write, sync, rename, sync the directory). It says where the drain is: at `b` if
`settled`, else still busy with [a, b), for the `attempt`th time. The last note stays when its batch is done, so that a
restart knows which visits it had extended, those of long ago included.
"""

from __future__ import annotations

import errno
from array import array
from pathlib import Path

import msgspec

from clickhouse.visits import Merge, Owed
from collector.drain.decision import Decided
from collector.spool.disk import Ballast, replace_durably
from collector.spool.errors import SpoolFault

NOTE = "drain.note"


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What is, or was, being sent. `marks` holds 8 bytes for each number of [a, b): see decision.py."""

    number: int
    """The segment's number in its directory; those below it are done."""
    segment: bytes
    """The segment's id."""
    a: int
    b: int
    attempt: int = 1
    settled: bool = False
    marks: bytes = b""
    merges: list[Merge] = []
    owed: list[Owed] = []
    """What is stored, with visits that are not derived yet."""
    at: int = 0
    """When it was settled, as the journal has it (journal.py)."""

    @property
    def done(self) -> int:
        """Records of the segment before this number are in the store."""
        return self.b if self.settled else self.a

    def decisions(self) -> Decided:
        marks = array("Q")
        marks.frombytes(self.marks)
        return Decided(marks, self.merges)


class NoteBook:
    """Where the Intent of one spool directory is written down."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NOTE

    def read(self) -> Intent | None:
        """The last note, or None: there never was one, or it was taken away. Raises SpoolFault if it is damaged."""
        try:
            note = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return msgspec.msgpack.decode(note, type=Intent)
        except msgspec.MsgspecError:
            raise SpoolFault(f"{self._path} is damaged: remove it, and every row in the spool is checked") from None

    def write(self, intent: Intent) -> None:
        """Return when the note would survive a power cut. Raises OSError."""
        replace_note(self._path, msgspec.msgpack.encode(intent))


def replace_note(path: Path, note: bytes) -> None:
    """Return when a note in a spool directory would survive a power cut; on a full disk the ballast goes overboard."""
    try:
        replace_durably(path, note)
    except OSError as fault:
        if fault.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        Ballast(path.parent, 0).drop()
        replace_durably(path, note)
