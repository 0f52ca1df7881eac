"""The book of what was erased, so that no backup made before brings it back.

In: demands that were fulfilled, orders that deleted something. Out: the same, for `footfall restore`, as long as a
backup may be kept (`FOOTFALL_BACKUP_DAYS`); then they are forgotten. One file in DATA (0600), never in a backup. A
demand stands here, on the disk for good, before it is crossed out elsewhere.
Invariant: the only place where a number of a visitor outlives its erasure, and it names rows of backups alone.
A line that a crash cut short is passed over: whoever wrote it writes it again. What stands here twice counts once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from collector.spool.disk import open_private, replace_durably, sync_directory, sync_file, write_fully
from collector.spool.record import KeptDemand

FILE = "erased.book"


class Demanded(msgspec.Struct, frozen=True, tag="demanded"):
    """A visitor's demand that was fulfilled at this second (since 1970 UTC)."""

    at: int
    demand: KeptDemand

    def key(self) -> object:
        return self.demand.ref


class Ordered(msgspec.Struct, frozen=True, tag="ordered"):
    """An order that deleted something of a site: its kind and arguments, as the registry had them."""

    at: int
    kind: str
    args: dict[str, Any]

    def key(self) -> object:
        return self.kind, msgspec.json.encode(self.args, order="sorted"), self.at


Entry = Demanded | Ordered
_decode = msgspec.json.Decoder(Entry).decode


class ErasedBook:
    """The book in one file. Safe from any thread and process."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def note(self, entries: Collection[Entry]) -> None:
        """Add entries, durably. Raises OSError."""
        if not entries:
            return
        lines = b"".join(b"\n" + msgspec.json.encode(entry) for entry in entries)
        with self._alone():
            handle = open_private(self.file, os.O_CREAT | os.O_RDWR)
            try:
                write_fully(handle, lines + b"\n", os.fstat(handle).st_size)
                sync_file(handle)
            finally:
                os.close(handle)
            sync_directory(self.file.parent)

    def entries(self) -> list[Entry]:
        """Return what was erased, each once, oldest first. Raises OSError."""
        found: dict[object, Entry] = {}
        for entry in self._lines():
            found.setdefault(entry.key(), entry)
        return sorted(found.values(), key=lambda entry: entry.at)

    def forget_before(self, second: int) -> None:
        """Forget what no backup can hold any more. Raises OSError."""
        if not self.file.exists():
            return
        with self._alone():
            entries = self.entries()
            kept = [entry for entry in entries if entry.at >= second]
            if len(kept) < len(entries):
                replace_durably(self.file, b"".join(msgspec.json.encode(entry) + b"\n" for entry in kept))

    def forget_site(self, site_id: int) -> None:
        """Forget what visitors of a removed site had erased: the site's removal stands here instead. Raises OSError."""
        if not self.file.exists():
            return
        with self._alone():
            entries = self.entries()
            kept = [entry for entry in entries if isinstance(entry, Ordered) or entry.demand.site_id != site_id]
            replace_durably(self.file, b"".join(msgspec.json.encode(entry) + b"\n" for entry in kept))

    def _lines(self) -> Iterator[Entry]:
        try:
            lines: Iterable[bytes] = self.file.read_bytes().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                yield _decode(line)
            except msgspec.MsgspecError:
                continue

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = open_private(self.file.with_suffix(".lock"), os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
