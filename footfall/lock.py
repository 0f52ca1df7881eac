"""The lock on a data directory: one process at a time holds its spool and its embedded store.

In: the directory. Out: a lock (`flock` on DATA/lock) that lasts as long as the block, or `DataHeld`. The kernel drops
it with the process, however that ends, so there is no stale lock. `serve` holds it for its life; the command line
takes it for the few verbs that open the store, and otherwise leaves an order for the server (orders.py). The registry
needs no lock: SQLite and PostgreSQL have their own.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collector.settings import SettingsError


class DataHeld(Exception):
    """Another process holds this data directory."""


@contextmanager
def hold_data(data: Path) -> Iterator[None]:
    """Hold `data` (mode 0700 where it is ours) during the block; raise `DataHeld` at once when another does."""
    make_data(data)
    with _told(data):
        handle = os.open(data / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        _lock_at_once(handle, data)
        yield
    finally:
        os.close(handle)


def _lock_at_once(handle: int, data: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DataHeld(f"another footfall runs on {data}: stop it, or set FOOTFALL_DATA to another place") from None


def make_data(data: Path) -> None:
    """Make the data directory, for this user alone, whoever made it before. Raises `SettingsError`."""
    with _told(data):
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = data.stat()
        # What is somebody else's is theirs to open; a sticky one (`/tmp`) is everybody's.
        is_ours = found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX
        if is_ours and stat.S_IMODE(found.st_mode) & 0o077:
            data.chmod(0o700)


@contextmanager
def _told(data: Path) -> Iterator[None]:
    """Say of the system's complaint which setting it is about."""
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"FOOTFALL_DATA cannot be {data} ({error.strerror}): it has to be a directory that this user may write"
        ) from None
