"""Searching: says in which files of a folder one of some words stands, in a process of its own.

In: a folder, words, since when files have changed. Out: their names, and how many were read.
SQLite tells its users apart by record locks, and a process gives up all it has on a file when it closes any handle to
that file (fcntl(2); "How to corrupt an SQLite database file", 2.2). A server that read the registry's file itself would
stand there without a lock: the next command to end would take the write-ahead log away from under it, and the server
would never see a change again. So a child reads; started by its path, it imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import subprocess  # nosec B404 - starts this very file
import sys
from collections.abc import Iterable
from pathlib import Path

MOST_BYTES = 64 * 1024 * 1024
"""Of one file the end is read: what is new stands there."""
SECONDS = 600


def holding_files(folder: Path, words: Iterable[str], since: float) -> tuple[list[str], int]:
    """Return names of files, changed since, in which one of these words stands; and how many were read.

    Raises OSError when it could not be found out.
    """
    question = json.dumps({"folder": str(folder), "words": list(words), "since": since})
    command = [sys.executable, "-I", "-S", str(Path(__file__))]
    try:
        told = subprocess.run(command, input=question, capture_output=True, text=True, check=True, timeout=SECONDS)  # noqa: S603  # nosec B603
    except subprocess.SubprocessError as error:
        raise OSError(f"{folder} could not be searched") from error
    found, read = json.loads(told.stdout)
    return found, read


def tail_of(file: Path) -> bytes:
    """Read the end of a file that no database has open; nothing when it cannot be read."""
    try:
        with file.open("rb") as handle:
            handle.seek(max(0, os.fstat(handle.fileno()).st_size - MOST_BYTES))
            return handle.read()
    except OSError:
        return b""


def _search(folder: Path, words: list[bytes], since: float) -> tuple[list[str], int]:
    found, read = [], 0
    for file in sorted(folder.rglob("*")):
        try:
            if not file.is_file() or file.is_symlink() or file.stat().st_mtime < since:
                continue
        except OSError:
            continue
        read += 1
        text = tail_of(file)
        if any(word in text for word in words):
            found.append(str(file.relative_to(folder)))
    return found, read


def _answer() -> None:
    question = json.load(sys.stdin)
    words = [word.encode() for word in question["words"]]
    json.dump(_search(Path(question["folder"]), words, question["since"]), sys.stdout)


if __name__ == "__main__":
    _answer()
