"""What an embedded store has written survives a power cut: one sync of its file system after each writing statement.

In: the store's directory. Out: a call that returns when all that was written there before is on the disk; StoreAway
when the disk failed. ClickHouse can sync by itself (`fsync_after_insert`), but then it syncs the fifteen files of each
part one by one: 25 to 75 ms in which the spool's own syncs wait. One sync of the file system takes 3 to 7 (measured).
Invariant: after one failure nothing is called safe any more until the process is started anew: the kernel may take the
pages that it could not write for clean, and a second sync would succeed and mean nothing.
"""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from clickhouse.faults import StoreAway

SyncAll = Callable[[int], None]

log = logging.getLogger(__name__)

BY_ITSELF: Mapping[str, int] = {"fsync_after_insert": 1, "fsync_part_directory": 1}
BY_US: Mapping[str, int] = dict.fromkeys(BY_ITSELF, 0)
"""What tables are told, when the engine syncs each part, and when we sync for it."""


def system_sync() -> SyncAll | None:
    """Return Linux's `syncfs`, which tells of failed writes, too; None where there is no such thing."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None) if sys.platform == "linux" else None
    if syncfs is None:
        return None

    def sync(fd: int) -> None:
        if syncfs(fd) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return sync


class Lasting:
    """Keeps one descriptor for its life: a failed write is told to whoever had the file system open before it."""

    def __init__(self, directory: Path, sync: SyncAll) -> None:
        self._sync = sync
        self._fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._is_broken = False

    def __call__(self) -> None:
        """Return when what was written is safe. Raises StoreAway."""
        if not self._is_broken:
            try:
                return self._sync(self._fd)
            except OSError as fault:
                self._is_broken = True
                log.error(
                    "the store's disk failed (%s): look after it and start again; until then events wait in the spool",
                    fault.strerror,
                )
        raise StoreAway("the store's disk failed")

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
