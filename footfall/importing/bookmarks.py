"""Bookmarks: how far each log of a site was imported, so that importing again adds only what is new.

In: the shapes of a log's entries (second, status, size). Out: one small file for each site, DATA/imports/<number>: of
each log its first and last sixteen shapes, as keyed hashes, how many entries were taken, from when to when. Whoever had
file and key could find out at which second something of what size was answered, and nothing of who asked for what.
`intended` is what will be true once the records that it names are in the spool (bench.py): the file tells after any
crash whether they are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from struct import Struct

import msgspec

from collector.spool.disk import make_private, replace_durably
from footfall.importing.entry import Shape

ENDS = 16
"""Shapes that are remembered of each end: together they are no other log's."""
MOST_LOGS = 500
_SHAPE = Struct("<qIQ")

Print = bytes


class Bookmark(msgspec.Struct, frozen=True, kw_only=True):
    """One log, as far as it was imported. `first` and `last` are seconds since 1970."""

    name: str = ""
    """What tells the logs of several servers apart (`--log`)."""
    head: tuple[Print, ...]
    tail: tuple[Print, ...]
    entries: int
    first: int
    last: int


class Notes(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds."""

    key: bytes
    settled: tuple[Bookmark, ...] = ()
    intended: tuple[Bookmark, ...] | None = None
    records: int = 0
    """`intended` is true if the spool has taken more records than this."""


class NoteFile:
    """The file of one site."""

    def __init__(self, directory: Path, site_id: int) -> None:
        make_private(directory)
        self._path = directory / str(site_id)

    def read(self) -> Notes:
        """Read it; a site that never imported anything gets a new key."""
        try:
            return msgspec.msgpack.decode(self._path.read_bytes(), type=Notes)
        except FileNotFoundError:
            return Notes(key=os.urandom(16))

    def write(self, notes: Notes) -> None:
        """Return when it would survive a power cut."""
        replace_durably(self._path, msgspec.msgpack.encode(notes))


def print_of(shape: Shape, key: bytes) -> Print:
    """Hash a shape."""
    second, status, size = shape
    return blake2b(_SHAPE.pack(second, status & 0xFFFF, size), key=key, digest_size=8).digest()


class Trail:
    """The bookmark of the log that is being read; it may go on from a `known` one."""

    def __init__(self, name: str, known: Bookmark | None = None) -> None:
        self._name = name
        self._head = list(known.head) if known else []
        self._tail: deque[Print] = deque(known.tail if known else (), maxlen=ENDS)
        self._entries = known.entries if known else 0
        self._first = known.first if known else 0
        self._last = known.last if known else 0

    def add(self, shape: Shape, print_: Print) -> None:
        """Note an entry, in the order of the log."""
        second = shape[0]
        if len(self._head) < ENDS:
            self._head.append(print_)
            self._first = min(self._first or second, second)
        self._last = max(self._last, second)
        self._tail.append(print_)
        self._entries += 1

    def bookmark(self) -> Bookmark | None:
        """Say how far the log was read; None before its first entry."""
        if not self._entries:
            return None
        return Bookmark(
            name=self._name,
            head=tuple(self._head),
            tail=tuple(self._tail),
            entries=self._entries,
            first=self._first,
            last=self._last,
        )


def moved(
    marks: tuple[Bookmark, ...], known: Bookmark | None, now: Bookmark | None, absorbed: Sequence[Bookmark] = ()
) -> tuple[Bookmark, ...]:
    """Return the bookmarks with that of one log moved on from `known` to `now`, never back.

    `absorbed` are those of logs that lie within it. Of too many, the earliest are given up.
    """
    if now is None or (known is not None and now.entries <= known.entries):
        return marks
    others = [mark for mark in marks if mark != known and mark not in absorbed]
    return tuple(sorted([*others, now], key=lambda mark: mark.last)[-MOST_LOGS:])
