"""The disk under the spool: how a write is made to last, how much room there is, who holds a directory.

In: paths and descriptors. Out: facts and `OSError`. Everything that differs between Linux and macOS is here, and
everything that a test replaces (sync, room) is a plain function that is passed in.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from collector.spool.errors import SpoolHeld

Sync = Callable[[int], None]

MEBIBYTE = 1 << 20
CHUNK = MEBIBYTE


class Limits(msgspec.Struct, frozen=True):
    """How big things may get, and when to stop. Sizes in bytes."""

    segment_bytes: int = 64 * MEBIBYTE
    segment_seconds: int = 600
    """A segment that is older is closed, so that drained rows leave the disk soon on a quiet site, too."""
    full_ratio: float = 0.9
    """Stop when this share of the disk is used."""
    min_free_bytes: int = 256 * MEBIBYTE
    ballast_bytes: int = 4 * MEBIBYTE
    waiting_bytes: int = 64 * MEBIBYTE
    """Most that may wait in memory for a slow disk."""


class Space(msgspec.Struct, frozen=True):
    """Room on a file system, in bytes; `free` is what an ordinary process may still write."""

    used: int
    free: int

    def is_short(self, limits: Limits) -> bool:
        ratio = self.used / max(1, self.used + self.free)
        return self.free < limits.min_free_bytes or ratio >= limits.full_ratio


def space_of(directory: Path) -> Space:
    """Ask the file system under `directory`; the shares are those that `df` shows."""
    told = os.statvfs(directory)
    return Space(
        used=(told.f_blocks - told.f_bfree) * told.f_frsize,
        free=told.f_bavail * told.f_frsize,
    )


def sync_file(fd: int) -> None:
    """Return when the file's bytes and length would survive a power cut."""
    if sys.platform == "darwin":
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)  # fsync leaves them in the drive's cache there
    else:
        os.fdatasync(fd)


def sync_directory(directory: Path) -> None:
    """Return when the names in `directory` would survive a power cut."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_private(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)


def open_private(path: Path, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def hold(path: Path) -> int:
    """Lock `path` for this process; the lock ends with the returned descriptor. Raises SpoolHeld."""
    fd = open_private(path, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise SpoolHeld(f"another process is using {path.parent}") from None
    return fd


def write_fully(fd: int, data: bytes, offset: int) -> None:
    """Write all of `data` at `offset`; a signal or a full disk can make one write short."""
    written = os.pwrite(fd, data, offset)
    while written < len(data):
        written += os.pwrite(fd, memoryview(data)[written:], offset + written)


def replace_durably(path: Path, data: bytes) -> None:
    """Make `data` the whole content of `path`: after a crash it holds the old or the new, never a mixture."""
    fresh = path.with_name(path.name + ".new")
    fd = open_private(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    try:
        write_fully(fd, data, 0)
        sync_file(fd)
    finally:
        os.close(fd)
    fresh.replace(path)
    sync_directory(path.parent)


class Ballast:
    """A file that only takes up room, to be thrown overboard when a note must be written on a full disk."""

    def __init__(self, directory: Path, size: int) -> None:
        self._path = directory / "ballast"
        self._size = size

    def is_aboard(self) -> bool:
        return self._path.exists() or not self._size

    def load(self) -> None:
        """Take it aboard. Raises OSError; a half-written one is removed."""
        fd = open_private(self._path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        try:
            for offset in range(0, self._size, CHUNK):  # zeros are written: a hole would weigh nothing
                write_fully(fd, bytes(min(CHUNK, self._size - offset)), offset)
            sync_file(fd)
        except OSError:
            self.drop()
            raise
        finally:
            os.close(fd)

    def drop(self) -> None:
        self._path.unlink(missing_ok=True)
