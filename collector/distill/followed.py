"""Followed: something read from a file, and read again when another file has taken its place.

In: a path, and how to read it. Out: `now`, what the file said when it was last looked at.
Invariants: a reader is never handed half a file, because whoever writes replaces the whole (footfall/updates); and a
new file that cannot be read changes nothing: the last good answer stays, with a line in the log that names the file.
`refresh` may be called from any thread; the change is one assignment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Said = TypeVar("Said")
Mark = tuple[int, int, int]

FAULTS = (OSError, RuntimeError, ValueError, KeyError, AttributeError)
"""What reading a broken file raises: maxminddb's error is a RuntimeError, tomllib's a ValueError."""

log = logging.getLogger(__name__)


class Followed(Generic[Said]):
    """A file's meaning, kept up to date. `read` is given no path while there is no file."""

    def __init__(self, path: Path | None, read: Callable[[Path | None], Said]) -> None:
        """Read the file for the first time. Raises what `read` raises."""
        self._path = path
        self._read = read
        self._mark = _mark_of(path)
        self.now = read(path if self._mark else None)

    def refresh(self) -> None:
        """Look whether the file is another one by now."""
        mark = _mark_of(self._path)
        if mark == self._mark:
            return
        self._mark = mark
        try:
            self.now = self._read(self._path if mark else None)
        except FAULTS as error:
            log.warning("%s cannot be read (%s); what was known before stays", self._path, type(error).__name__)


def _mark_of(path: Path | None) -> Mark | None:
    """Tell one file from another by what the file system says of it."""
    if path is None:
        return None
    try:
        seen = path.stat()
    except FileNotFoundError:
        return None
    return seen.st_ino, seen.st_mtime_ns, seen.st_size
