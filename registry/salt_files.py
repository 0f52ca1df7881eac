"""Salts as files in a directory that lives in memory (tmpfs): shared by all processes of one machine.

    DIR/<site number>/<day>      32 random bytes, mode 0600, in directories of mode 0700

Invariants: 1. One salt per site at any time; making the next one zeroes and unlinks the one before, under one lock
(`flock`), so processes that ask at once get the same. 2. The bytes are on no disk: the directory must be tmpfs
(salts.py asks `is_in_memory`) and must belong to us alone. 3. A file that is not whole is destroyed and made anew.
It does not know days or zones: the caller says what today is.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from registry.errors import SaltsRefused

SALT_BYTES = 32
NEIGHBOUR = timedelta(days=1)
"""How far a salt may lie ahead: another process has passed midnight a moment before us."""


class SaltFiles:
    """The directory. Every method is safe against other threads and processes doing the same."""

    def __init__(self, directory: Path) -> None:
        """Make the directory, or refuse one that others can enter."""
        self._directory = directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_foreign(directory)
        except OSError as error:
            raise SaltsRefused(f"FOOTFALL_SALTS: {directory} cannot be used ({error.strerror})") from None

    def obtain(self, site_id: int, day: date) -> bytes:
        """Return the salt of that day, making it (and destroying every other of the site) if need be.

        A salt of the very next day is returned instead of going back: the old one is gone for good.
        """
        home = self._directory / str(site_id)
        with self._locked():
            home.mkdir(mode=0o700, exist_ok=True)
            kept = self._kept(home, (day, day + NEIGHBOUR))
            return kept or _make(home / day.isoformat())

    def destroy(self, site_id: int, *, but: date | None = None) -> None:
        """Zero and unlink the salts of a site, except that of the day `but` and the one after."""
        home = self._directory / str(site_id)
        with self._locked():
            if not home.is_dir():
                return
            spared = () if but is None else (but, but + NEIGHBOUR)
            if self._kept(home, spared) is None:
                home.rmdir()

    def sites(self) -> list[int]:
        """Return the numbers of the sites that have a salt."""
        return [int(entry.name) for entry in os.scandir(self._directory) if entry.name.isdecimal()]

    def _kept(self, home: Path, spared: tuple[date, ...]) -> bytes | None:
        """Destroy all but the last whole salt of the `spared` days, and return that one."""
        names = {day.isoformat() for day in spared}
        found = None
        for path in sorted(home.iterdir(), reverse=True):
            salt = _read(path) if path.name in names and found is None else None
            if salt is None:
                _shred(path)
            else:
                found = salt
        return found

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            lock = os.open(self._directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise SaltsRefused(f"FOOTFALL_SALTS: {self._directory} cannot be used ({error.strerror})") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def is_in_memory(directory: Path) -> bool:
    """Say whether `directory` (or where it would be made) lies on tmpfs; False where the system does not tell."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    except OSError:
        return False
    place = directory.resolve()
    best, kind = "", ""
    for line in mounts.splitlines():
        _, where, this_kind, *_ = line.split(" ")
        # A later mount hides an earlier one at the same place, hence >=.
        if place.is_relative_to(_unescaped(where)) and len(where) >= len(best):
            best, kind = where, this_kind
    return kind in ("tmpfs", "ramfs")


def _unescaped(mount: str) -> str:
    """Undo the octal escapes of /proc/self/mounts (proc(5): a space is written as backslash 040)."""
    return mount.encode("latin-1", "backslashreplace").decode("unicode_escape") if "\\" in mount else mount


def _refuse_foreign(directory: Path) -> None:
    found = directory.lstat()
    mine = found.st_uid == os.geteuid() and stat.S_ISDIR(found.st_mode)
    if not mine or stat.S_IMODE(found.st_mode) & 0o077:
        raise SaltsRefused(f"FOOTFALL_SALTS: {directory} must be a directory of this user alone (mode 0700)")


def _make(path: Path) -> bytes:
    salt = os.urandom(SALT_BYTES)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(handle, salt)
    finally:
        os.close(handle)
    return salt


def _read(path: Path) -> bytes | None:
    try:
        salt = path.read_bytes()
    except OSError:
        return None
    return salt if len(salt) == SALT_BYTES else None


def _shred(path: Path) -> None:
    """Overwrite with zeros, then unlink: on tmpfs the zeros land on the very page that held the salt."""
    with path.open("r+b", buffering=0) as file:
        file.write(bytes(path.stat().st_size))
    path.unlink()
