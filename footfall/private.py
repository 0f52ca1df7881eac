"""Private files: what this installation writes beside its store, for this user alone.

In: a file and its bytes. Out: a file of mode 0600, also where an older one was readable by others. A file that was
written whole is there as a whole or not at all when the process dies; only collector/spool/disk.py promises more, that
it survives a power cut.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path

SECRET_BYTES = 32


def write_private(file: Path, content: bytes) -> None:
    """Write a file that this user alone may read, even where an older one was there."""
    with open(file, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as opened:
        os.fchmod(opened.fileno(), 0o600)
        opened.write(content)


def write_whole(file: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all, for us alone."""
    new = file.with_name(f"{file.name}.new")
    write_private(new, content)
    os.replace(new, file)


def secret_in(file: Path) -> bytes:
    """Read a secret of this installation; make it the first time."""
    with suppress(FileNotFoundError):
        if found := file.read_bytes():
            return found
    handle = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "r+b") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)  # workers start together: one of them makes it, the others wait for that
        if not (secret := kept.read()):
            secret = secrets.token_bytes(SECRET_BYTES)
            kept.write(secret)
    return secret
