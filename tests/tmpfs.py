"""Directories in memory: for the tests that keep salts as files, on a disk refused, and for all that is temporary.

Not a test. `with salts_beside(directory): …` makes `directory/memory` lead to one and takes it away afterwards; where a
machine has none, `salts_spec` falls back to what such a machine would use.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry.salt_files import is_in_memory

SHARED_MEMORY = Path("/dev/shm")
NO_TMPFS = "needs a tmpfs at /dev/shm (Linux)"
ROOM = 4 << 30
"""Containers often have 64 MiB there; a run of all tests uses less than one GiB."""


def has_room(place: Path) -> bool:
    """Whether all that the tests write can be kept there in memory."""
    if not is_in_memory(place):
        return False
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize > ROOM


@contextmanager
def salts_beside(directory: Path) -> Iterator[None]:
    """Let `directory/memory` be a directory in memory during the block, where there is one to be had."""
    if not is_in_memory(SHARED_MEMORY):
        yield
        return
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY, prefix="footfall-test-") as place:
        (directory / "memory").symlink_to(place)
        yield


def salts_in(directory: Path) -> Path:
    return directory / "memory" / "salts"


def salts_spec(directory: Path) -> str:
    """Return the value of FOOTFALL_SALTS."""
    return f"dir:{salts_in(directory)}" if (directory / "memory").exists() else "auto"
