"""Copies of a whole installation: a backup into a folder, its way back, and the move to another store.

In: an open store and a folder, or a second store. Out: every table that keeps rows of sites, in slices of
ClickHouse's format Native, with the counts that must be there again afterwards. Salts, spools and keys that sign are
in no copy; of the registry's SQLite file a consistent copy is taken while others write, without sessions,
invitations and peppers. Invariants: memory is bounded by one slice; what is cut short goes on; nothing is put where
something is already.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clickhouse.client import Store
from clickhouse.faults import StoreError
from clickhouse.slices import Kept, Slice, kept_tables, read_slice, rows_in, slices_of
from collector.spool.disk import make_private
from footfall import __version__
from footfall.private import write_whole
from footfall.wayout.export import MADE_AGAIN, pretty, sha256_of

SECONDS_AT_ONCE = 10.0
NOT_COPIED = ("sessions", "setup_tokens", "peppers")
"""Peppers: with them whoever has the backup and a visitor's cookie could find that visitor's rows, also of a site that
is removed later. Without them a visitor who agreed is a new one after a restore, and earlier rows are nobody's."""


class Copied(msgspec.Struct, frozen=True):
    """`backup.json`: what a backup holds. Files by name, with the table they belong to and their sum."""

    format: int
    made_by: str
    made_at: datetime
    rows: dict[str, int]
    files: dict[str, tuple[str, str]]
    begun_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    """What was erased later may be in it."""


def tables_of(store: Store) -> list[Kept]:
    """Return what is copied: every table of sites that does not follow from others."""
    return [kept for kept in kept_tables(store) if kept.table not in MADE_AGAIN]


def backup_store(store: Store, folder: Path, seconds: float = SECONDS_AT_ONCE) -> bool:
    """Go on with copying the store into a folder; True: it is whole, and `backup.json` says so."""
    if (folder / "backup.json").exists():
        (folder / "plan.json").unlink(missing_ok=True)
        return True
    make_private(folder)
    tables = {kept.table: kept for kept in tables_of(store)}
    plan = _plan(store, list(tables.values()), folder)
    ends = time.monotonic() + seconds
    for number, part in enumerate(plan):
        if time.monotonic() >= ends:
            return False
        file = folder / name_of(number, part)
        if not file.exists():
            make_private(file.parent)
            write_whole(file, read_slice(store, tables[part.table], part, "Native"))
    names = {name_of(number, part): part for number, part in enumerate(plan)}
    files = {name: (part.table, sha256_of(folder / name)) for name, part in names.items()}
    rows = {name: sum(part.rows for part in plan if part.table == name) for name in tables}
    begun_at = datetime.fromtimestamp((folder / "plan.json").stat().st_mtime, UTC)
    copied = Copied(1, f"footfall {__version__}", datetime.now(UTC), rows, files, begun_at)
    write_whole(folder / "backup.json", pretty(msgspec.to_builtins(copied)))
    (folder / "plan.json").unlink()
    return True


def name_of(number: int, part: Slice) -> str:
    return f"store/{part.table}/{number:06}.native"


def _plan(store: Store, tables: list[Kept], folder: Path) -> list[Slice]:
    file = folder / "plan.json"
    if file.exists():
        return msgspec.json.decode(file.read_bytes(), type=list[Slice])
    now = int(time.time())
    plan = [part for kept in tables for part in slices_of(store, kept, None, None if kept.is_day else now)]
    write_whole(file, msgspec.json.encode(plan))
    return plan


def read_backup(folder: Path) -> Copied:
    """Read a backup's description and check every file. Raises StoreError."""
    try:
        copied = msgspec.json.decode((folder / "backup.json").read_bytes(), type=Copied)
    except (OSError, msgspec.DecodeError):
        raise StoreError(
            f"{folder} is no backup of a Footfall, or it was not finished: backup.json is not there"
        ) from None
    for name, (_, expected) in copied.files.items():
        if ".." in Path(name).parts or not (folder / name).is_file() or sha256_of(folder / name) != expected:
            raise StoreError(f"{folder}: {name} is missing, or not what it was when it was written")
    return copied


def restore_store(store: Store, folder: Path, copied: Copied) -> Iterator[int]:
    """Load a backup, as `read_backup` found it, into an empty store; yields the rows of each table.

    Raises StoreError where something is.
    """
    refuse_if_not_empty(store)
    for kept in tables_of(store):
        for name, (table, _) in copied.files.items():
            if table == kept.table:
                store.writer.load(table, (folder / name).read_bytes())
        found = rows_in(store, kept)
        if found < copied.rows.get(kept.table, 0):
            raise StoreError(f"{kept.table} has {found:,} rows after restoring, not {copied.rows[kept.table]:,}")
        yield found


def refuse_if_not_empty(store: Store) -> None:
    for kept in tables_of(store):
        if rows_in(store, kept):
            raise StoreError(f"the store is not empty ({kept.table} has rows): nothing was put into it")


def move_store(source: Store, target: Store) -> Iterator[tuple[str, int]]:
    """Copy every table into another store; yields (table, rows) that are there, counted. Raises StoreError.

    A slice that is there already, from an attempt that was cut short, is passed over; one that is there in part, or
    that somebody else has put there, ends the move.
    """
    there = {kept.table: kept for kept in kept_tables(target)}
    for kept in tables_of(source):
        before = slices_of(target, there[kept.table], None)
        for part in slices_of(source, kept, None):
            found = _rows_of(part, before)
            if found not in (0, part.rows):
                raise StoreError(
                    f"{kept.table}: the new store has other rows of that time already: nothing more was moved"
                )
            if not found:
                target.writer.load(kept.table, read_slice(source, kept, part, "Native"))
        rows, moved = rows_in(source, kept), rows_in(target, there[kept.table])
        if rows != moved:
            raise StoreError(f"{kept.table}: {moved:,} rows arrived of {rows:,}: the old store is untouched")
        yield kept.table, moved


def _rows_of(part: Slice, there: Iterable[Slice]) -> int:
    mine = (each for each in there if each.site_id == part.site_id)
    return sum(each.rows for each in mine if part.since <= each.since and each.until <= part.until)


def copy_registry(file: Path, target: Path) -> None:
    """Copy an SQLite registry as it is at this moment, while others may write; nobody is signed in in the copy."""
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("pragma secure_delete = on")
        for table in NOT_COPIED:
            copy.execute(f"delete from {table}")  # noqa: S608  # nosec B608 - names of our own
        copy.commit()
        copy.execute("vacuum")
