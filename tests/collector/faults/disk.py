"""A disk that does what it is told: fail a sync, be full, or lose power in the middle of a write.

Handed to the spool as its `sync` and `space`. `Moment`s are what a power cut would have to choose from: for every
file what is surely on disk, and what has been written since.
"""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import msgspec

from collector.spool import Limits, Spool
from collector.spool.disk import Space

SECTOR = 512
SMALL = Limits(min_free_bytes=0, full_ratio=1.0, ballast_bytes=0)
"""Limits that do not care how full the machine is that runs the tests."""

ROOMY = Space(used=0, free=1 << 40)
FULL = Space(used=1 << 40, free=0)


class Disk:
    """Syncs for real, unless told to fail; says how much room there is, as told."""

    def __init__(self) -> None:
        self.faults = 0
        """How many of the next syncs fail."""
        self.bad: set[int] = set()
        """Which syncs fail, counted from 0."""
        self.syncs: list[int] = []
        self.room = ROOMY

    def sync(self, fd: int) -> None:
        self.syncs.append(fd)
        is_bad = len(self.syncs) - 1 in self.bad
        if self.faults or is_bad:
            self.faults -= not is_bad
            raise OSError(errno.EIO, "the disk failed")
        os.fsync(fd)

    def space(self, directory: Path) -> Space:
        return self.room


def open_spool(directory: Path, disk: Disk | None = None, limits: Limits = SMALL) -> Spool:
    """A spool on a disk that may be told to fail."""
    disk = disk or Disk()
    return Spool.open(directory, limits, sync=disk.sync, space=disk.space)


class Moment(msgspec.Struct):
    """The instant before a sync returns: `kept` is on disk for sure, `written` may or may not be."""

    kept: dict[str, bytes]
    written: dict[str, bytes]
    acknowledged: int


class PowerLog:
    """Syncs nothing; notes what a power cut at each sync could leave."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[str, bytes] = {}
        self.acknowledged = 0
        self.moments: list[Moment] = []

    def sync(self, fd: int) -> None:
        written = {path.name: path.read_bytes() for path in self._directory.glob("*.seg")}
        self.moments.append(Moment(dict(self._kept), written, self.acknowledged))
        name = next(name for name in written if self._is(fd, name))
        self._kept[name] = written[name]

    def _is(self, fd: int, name: str) -> bool:
        return os.path.samestat(os.fstat(fd), (self._directory / name).stat())


def after_power_cut(moment: Moment, directory: Path, dice: random.Random) -> None:
    """Write into `directory` one of the things that the disk might hold when power comes back."""
    directory.mkdir()
    for name, written in moment.written.items():
        kept = moment.kept.get(name)
        if kept is None and dice.random() < 0.3:
            continue  # the directory entry itself was lost
        safe = len(kept or b"")
        end = dice.randint(safe, len(written))
        image = bytearray(written[:end])
        for start in range(safe, end, SECTOR):
            stop = min(end, start + SECTOR)
            match dice.randrange(3):
                case 0:
                    image[start:stop] = bytes(stop - start)
                case 1:
                    image[start:stop] = dice.randbytes(stop - start)
        (directory / name).write_bytes(image)
