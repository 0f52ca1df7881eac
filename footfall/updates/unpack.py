"""Unpack: take the one wanted file out of an archive that is not believed.

In: a gzip file, or a tar file in one. Out: the content, in a file whose name is ours. Nothing in the archive chooses a
path, makes a link, or decides how much is written: everything beyond the limit is an `UpdateFault`.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path
from typing import Protocol

from footfall.updates.fetch import CHUNK, UpdateFault

MOST_MEMBERS = 100


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes: ...


def gunzip(packed: Path, to: Path, max_bytes: int) -> None:
    """Decompress into the new file `to`. Raises UpdateFault."""
    try:
        with gzip.open(packed) as source:
            _pour(source, to, max_bytes)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise UpdateFault("what was sent is not a whole gzip file") from None


def take_from_tar(packed: Path, ending: str, to: Path, max_bytes: int) -> None:
    """Copy the first regular file whose name ends so into the new file `to`. Raises UpdateFault.

    Decompressed first, so that no header inside can make the reader swallow more than the limit.
    """
    plain = to.with_suffix(".tar")
    gunzip(packed, plain, max_bytes)
    try:
        with tarfile.open(plain, "r:") as archive:
            for number, member in enumerate(archive):
                if number >= MOST_MEMBERS:
                    break
                source = archive.extractfile(member) if member.isreg() and member.name.endswith(ending) else None
                if source:
                    with source:
                        _pour(source, to, max_bytes)
                    return
    except (tarfile.TarError, EOFError):
        raise UpdateFault("what was sent is not a whole tar file") from None
    finally:
        plain.unlink()
    raise UpdateFault(f"there is no {ending} in what was sent")


def _pour(source: Readable, to: Path, max_bytes: int) -> None:
    size = 0
    with to.open("xb") as file:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise UpdateFault(f"what was sent unpacks to more than {max_bytes:,} bytes, which cannot be right")
            file.write(chunk)
