"""The ground under an embedded store: its directory, its lock, its insert files, and how much memory it may have.

In: the store's directory. Out: a directory that is ready, private (0700) and swept; facts about the machine.
The engine takes one process per directory and says so unreadably; `is_held` tells that case from all others.
It opens no engine: client.py does.
"""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clickhouse.faults import StoreMisconfigured

INSERT_FILES = "inserting"
"""Folder for the files through which rows reach the engine; beside the engine's own `data`, `store`, `tmp`."""
SHARE_OF_MEMORY = 0.6
MIB = 1024 * 1024


def prepare_directory(directory: Path) -> None:
    """Create the directory and its folder for insert files, readable by us alone. Raises StoreMisconfigured."""
    try:
        for path in (directory, directory / INSERT_FILES):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise StoreMisconfigured(f"cannot use the directory {directory}: {fault.strerror}") from None
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise StoreMisconfigured(f"cannot use the directory {directory}: it must be readable and writable for us")


def is_held(directory: Path) -> bool:
    """Whether another process has this store open: the engine locks the file `status` for its life."""
    try:
        with (directory / "status").open("rb") as status:
            fcntl.flock(status, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def claim_insert_files(directory: Path) -> None:
    """Send the process's temporary files into the store's own folder, and sweep what a crash left there.

    The driver writes every insert to a file of `tempfile`'s choosing and offers no parameter for it. Rows of
    visitors do not belong in a world-readable /tmp, so the choice is made for the whole process. Call it only
    after the engine opened: then no other process can be writing there.
    """
    folder = directory / INSERT_FILES
    if tempfile.tempdir == str(folder):
        return
    for leftover in folder.iterdir():
        leftover.unlink(missing_ok=True)
    tempfile.tempdir = str(folder)


@contextmanager
def without_arrow() -> Iterator[None]:
    """Let the engine be loaded in this block without pyarrow, which it takes where it finds it, but does not need.

    Rows come and go in ClickHouse's own format; Arrow would be 32 MB of RSS for nothing.
    Afterwards others may import it as ever.
    """
    if "pyarrow" in sys.modules:
        yield
        return
    sys.modules["pyarrow"] = None  # type: ignore[assignment]  # so Python is told that a module cannot be had
    try:
        yield
    finally:
        del sys.modules["pyarrow"]


def memory_for_engine() -> int:
    """Return the bytes the engine may use: a share of the container's limit, else of the machine."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limits.append(int(Path(path).read_text()))
        except (OSError, ValueError):
            continue
    return max(int(min(limits) * SHARE_OF_MEMORY), 256 * MIB)
