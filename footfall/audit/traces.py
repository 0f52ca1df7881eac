"""Traces beside the store: text logs (A04), salts (A05), copies (A19).

In: a Yard; files of DATA, logs that were named, the salts' place, the record of backups. Out: findings. Files are read
as bytes and searched; nothing of them is quoted.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from clickhouse.examine import logs_of, statements_holding
from footfall.audit.finding import Finding, counted, failed, listed, passed, skipped
from footfall.audit.searching import tail_of
from footfall.audit.stored import SHAPES
from footfall.audit.yard import Yard
from registry.salt_files import is_in_memory

SECRET_SHAPES = {name: re.compile(SHAPES[name].encode()) for name in SHAPES if name != "card number"}
LOOPBACK = re.compile(rb"127\.0\.0\.1|0\.0\.0\.0|::1")
LONGEST_COPY = timedelta(days=30)


def logs_are_clean(yard: Yard) -> Finding:
    """A04."""
    engine = logs_of(yard.store)
    if engine:
        return failed(
            f"ClickHouse keeps logs that may hold statements: {listed(engine)}",
            "switch them off as clickhouse/config does, or give them a short TTL and masking rules",
        )
    files = [*log_files(yard.data), *own_output(), *yard.logs]
    found = [f"{file.name}: {what}" for file in files for what in shapes_in(file)]
    if found:
        return failed(listed(found), "switch the log of the proxy off for Footfall's paths, and delete what it has")
    if not files:
        return skipped(
            "no log is a file that can be read from here (they go to a terminal, a pipe or the journal): "
            "name the proxy's and your own with --log FILE; ClickHouse keeps no log of statements"
        )
    return passed(f"{len(files)} logs read: no address, e-mail address, browser identification or token in them")


def log_files(data: Path) -> Iterator[Path]:
    """Yield what looks like a log in DATA."""
    for file in sorted(data.rglob("*.log")):
        if file.is_file():
            yield file


def own_output() -> Iterator[Path]:
    """Yield where this process's own lines go, when that is a file."""
    for number in (1, 2):
        try:
            file = Path(f"/proc/self/fd/{number}").resolve()
            if stat.S_ISREG(os.fstat(number).st_mode) and file.is_file():
                yield file
        except OSError:
            continue


def shapes_in(file: Path) -> list[str]:
    """Name what personal shapes a file holds. Addresses of this machine itself are nobody's."""
    text = LOOPBACK.sub(b"", tail_of(file))
    return [name for name, shape in SECRET_SHAPES.items() if shape.search(text)]


def mutations_hold(yard: Yard) -> bool:
    """Say whether a statement that the engine keeps holds the canary."""
    return statements_holding(yard.store, yard.word) > 0


def salts_are_bounded(yard: Yard) -> Finding:
    """A05."""
    place = yard.salts.name
    if not place.startswith("/"):
        where = (
            "this process's memory" if place == "memory" else "a Redis that writes nothing to disk (checked at start)"
        )
        return passed(f"the daily keys are in {where}; there is no file to look at")
    folder = Path(place)
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != "lock"]
    faults = [] if is_in_memory(folder) else [f"{folder} is on a disk"]
    faults += [f"{file.name} has mode {mode:o}" for file in files if (mode := file.stat().st_mode & 0o777) & 0o077]
    if folder.stat().st_mode & 0o077:
        faults.append(f"{folder} can be entered by others")
    oldest = (yard.now - timedelta(hours=26)).date().isoformat()
    faults += [f"a key of {file.name} is still there" for file in files if file.name < oldest]
    if len(files) > 2 * (len(yard.sites) + 2):
        faults.append(f"{counted(len(files), 'key')} for {counted(len(yard.sites), 'site')}")
    if yard.data in folder.parents:
        faults.append("they are inside FOOTFALL_DATA, which backups copy")
    if faults:
        return failed(listed(faults), "set FOOTFALL_SALTS=dir:/run/footfall on tmpfs, mode 0700, and restart")
    return passed(
        f"{counted(len(files), 'key')} for {counted(len(yard.sites), 'site')} in memory ({place}), none older than "
        f"its day, 0600"
    )


def copies_are_bounded(yard: Yard) -> Finding:
    """A19."""
    gone = set(yard.registry.peppers.all()) - {site.id for site in yard.sites}
    if gone:
        return failed(f"keys of {len(gone)} removed sites are still there", "this should not be possible: report it")
    staged = yard.data / "backup"
    if staged.is_dir() and yard.now.timestamp() - staged.stat().st_mtime > LONGEST_COPY.total_seconds():
        return failed(
            f"an unfinished backup of more than {LONGEST_COPY.days} days lies in FOOTFALL_DATA/backup",
            "finish it with `footfall backup DIR`, or delete the folder",
        )
    last = yard.registry.audits.last_backup()
    told = f"the last `footfall backup` was on {last:%Y-%m-%d}" if last else "no `footfall backup` was ever made here"
    return skipped(
        f"{told}, and keys of removed sites are gone; where copies lie, whether they are encrypted, younger than "
        f"{LONGEST_COPY.days} days, and when one was last restored for trial, cannot be seen from here: keep a record"
    )
