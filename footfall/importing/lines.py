"""Lines: where a log comes from. A file, a packed file, a pipe, or a file that is still being written.

In: a path, or standard input. Out: lines without their end, and signs between them: IDLE (nothing more for the
moment: what is in hand may be finished) and NEXT_FILE (what follows is another file: the log was rotated). An endless
line is cut off and comes out empty. The last line of a plain file is left for the next time when it is not ended: its
server may be writing it.
"""

from __future__ import annotations

import gzip
import os
import select
import threading
import zlib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import BinaryIO, cast

PIPE = "-"
PACKED = b"\x1f\x8b"
MAX_LINE = 64 * 1024
AT_ONCE = 1 << 18
LOOK_SECONDS = 0.2


class Sign(Enum):
    """What is between lines."""

    IDLE = "idle"
    NEXT_FILE = "next file"


class UnreadableLog(Exception):
    """A log that cannot be read; the sentence says what to do."""


Lines = Iterator[bytes | Sign]


class LogFile:
    """A log on disk, plain or packed."""

    def __init__(self, path: Path) -> None:
        self.trouble = ""
        """What ended the reading early, in a sentence."""
        self._path = path
        self._raw = path.open("rb")
        self.size = os.fstat(self._raw.fileno()).st_size
        self.is_packed = self._raw.read(2) == PACKED
        self._raw.seek(0)

    def position(self) -> int:
        """How many bytes of the file have been read."""
        return os.lseek(self._raw.fileno(), 0, os.SEEK_CUR)

    def lines(self) -> Lines:
        """Read it once, from the beginning to the end."""
        if not self.is_packed:
            yield from _lines_of(self._raw, takes_last=False)
            return
        try:
            with gzip.GzipFile(fileobj=self._raw) as unpacked:
                yield from _lines_of(cast(BinaryIO, unpacked), takes_last=True)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            self.trouble = f"{self._path} is damaged or cut off: what came before that was imported"

    def close(self) -> None:
        self._raw.close()


def follow(path: Path, stop: threading.Event) -> Lines:
    """Read a file, then what is added, then its successor; until `stop` is set."""
    stream: BinaryIO = path.open("rb")
    rest = b""
    try:
        while True:
            chunk = stream.read(AT_ONCE)
            if chunk:
                *whole, rest = (rest + chunk).split(b"\n")
                yield from map(_bounded, whole)
                rest = rest[-MAX_LINE - 1 :]
                continue
            yield Sign.IDLE
            if stop.is_set():
                return
            successor = None if stop.wait(LOOK_SECONDS) else _successor(path, stream)
            if successor is not None:
                last = stream.read()  # what was written between our last look and the rotation
                yield from map(_bounded, (rest + last).split(b"\n"))
                yield Sign.NEXT_FILE
                stream.close()
                stream, rest = successor, b""
    finally:
        stream.close()


def _successor(path: Path, stream: BinaryIO) -> BinaryIO | None:
    """Open the file that has taken the place of the one being read, or the same one if it was emptied."""
    ours = os.fstat(stream.fileno())
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    is_another = (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)
    return path.open("rb") if is_another or there.st_size < stream.tell() else None


def piped(descriptor: int, stop: threading.Event) -> Lines:
    """Read a pipe to its end, or until `stop` is set."""
    rest, is_first = b"", True
    while not stop.is_set():
        if not select.select([descriptor], [], [], LOOK_SECONDS)[0]:
            yield Sign.IDLE
            continue
        chunk = os.read(descriptor, AT_ONCE)
        if is_first and chunk.startswith(PACKED):
            raise UnreadableLog("standard input is packed: unpack it first, as in zcat FILE | footfall import …")
        is_first = False
        if not chunk:
            yield from map(_bounded, filter(None, [rest]))
            return
        *whole, rest = (rest + chunk).split(b"\n")
        yield from map(_bounded, whole)
        rest = rest[-MAX_LINE - 1 :]


def _lines_of(stream: BinaryIO, *, takes_last: bool) -> Iterator[bytes]:
    while line := stream.readline(MAX_LINE + 1):
        if line.endswith(b"\n"):
            yield line.rstrip(b"\r\n")
        elif len(line) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            yield b""
        elif takes_last:
            yield line


def _bounded(line: bytes) -> bytes:
    return line.rstrip(b"\r") if len(line) <= MAX_LINE else b""
