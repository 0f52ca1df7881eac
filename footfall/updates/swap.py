"""Swap: put a finished file in its place, whole, and remember where it came from.

In: a new file in the same file system, or a text. Out: the place holds it, durably, readable by this user alone; who
has the old one open keeps the old one. A crash at any moment leaves the old file or the new one.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from collector.spool.disk import sync_directory


@contextlib.contextmanager
def workshop(data: Path) -> Iterator[Path]:
    """Make a place beside the data for what is not finished yet; it is gone after the block, whatever happens."""
    with tempfile.TemporaryDirectory(prefix=".update-", dir=data) as folder:
        yield Path(folder)


def swap_in(new: Path, place: Path) -> None:
    """Move `new` to `place`, where another one may be."""
    new.chmod(0o600)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    place.parent.mkdir(mode=0o700, exist_ok=True)
    os.replace(new, place)
    sync_directory(place.parent)
