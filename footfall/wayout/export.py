"""Export: writes all that is kept of a site into a folder, piece by piece, and says of every file what it must be.

In: a store, a registry, a site, a folder in DATA. Out: True when the folder is whole: rows as Parquet, NDJSON and
CSV, the settings, the registry's rows, the notice, a description, `export.json` and, last of all, `SHA256SUMS`.
Memory is bounded by one slice. Invariants: a file with its final name is whole; what is cut short goes on with the
first slice that is missing; rows that happen after the plan was made belong to the next export. It holds no lock, and
nobody need stop counting.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clickhouse.client import Store
from clickhouse.slices import Kept, Slice, kept_tables, read_slice, slices_of
from collector.privacy.notice import notice_of
from collector.spool.disk import make_private
from footfall import __version__
from footfall.private import write_whole
from footfall.wayout.pages import readme, schema_page
from registry.registry import Registry
from registry.site import Site

FORMAT = 1
FORMATS = {"parquet": "Parquet", "ndjson": "JSONEachRow", "csv": "CSVWithNames"}
MADE_AGAIN = frozenset({"changes", "day_book", "day_sums"})
"""Tables that follow from events, or that say only what was changed: nobody misses them elsewhere."""
SECONDS_AT_ONCE = 10.0
"""After so long the next order gets its turn."""


class Plan(msgspec.Struct):
    """What an export is made of; it stands in the folder until that is whole."""

    made_at: datetime
    site_id: int
    host: str
    timezone: str
    slices: list[Slice]


class Manifest(msgspec.Struct, frozen=True):
    """`export.json`: what is in the folder. `rows` counts what was written, table by table."""

    format: int
    made_by: str
    made_at: datetime
    host: str
    timezone: str
    rows: dict[str, int]
    files: list[str]


def folder_of(data: Path, site_id: int) -> Path:
    """Name the folder in which a site's export is made."""
    return data / "exports" / str(site_id)


def export_site(store: Store, registry: Registry, site: Site, folder: Path, seconds: float = SECONDS_AT_ONCE) -> bool:
    """Go on with an export for some seconds; True: it is whole. Raises StoreError, OSError."""
    if (folder / "SHA256SUMS").exists():
        return True
    make_private(folder)
    tables = {kept.table: kept for kept in kept_tables(store) if kept.table not in MADE_AGAIN}
    plan = _plan(store, site, tables, folder)
    ends = time.monotonic() + seconds
    for part in plan.slices:
        if time.monotonic() >= ends:
            return False
        _write_slice(store, tables[part.table], part, folder)
    _finish(registry, site, plan, tables, folder)
    return True


def _plan(store: Store, site: Site, tables: dict[str, Kept], folder: Path) -> Plan:
    file = folder / "plan.json"
    if file.exists():
        return msgspec.json.decode(file.read_bytes(), type=Plan)
    now = datetime.now(UTC)
    found = [
        part
        for kept in tables.values()
        for part in slices_of(store, kept, site.id, None if kept.is_day else int(now.timestamp()))
    ]
    plan = Plan(now, site.id, site.host, site.timezone, found)
    write_whole(file, msgspec.json.encode(plan))
    return plan


def name_of(part: Slice) -> str:
    """Name a slice's files, without what says their format."""
    since, until = (datetime.fromtimestamp(second, UTC) for second in (part.since, part.until))
    return f"{part.table}/{part.table}-{since:%Y%m%dT%H%M%S}-{until:%Y%m%dT%H%M%S}"


def _write_slice(store: Store, kept: Kept, part: Slice, folder: Path) -> None:
    for ending, form in FORMATS.items():
        file = folder / f"{name_of(part)}.{ending}"
        if not file.exists():
            make_private(file.parent)
            write_whole(file, read_slice(store, kept, part, form))


def _finish(registry: Registry, site: Site, plan: Plan, tables: dict[str, Kept], folder: Path) -> None:
    make_private(folder / "registry")
    for table, kept_rows in registry.dump(site.id):
        lines = b"".join(msgspec.json.encode(row) + b"\n" for row in kept_rows)
        write_whole(folder / "registry" / f"{table}.ndjson", lines)
    write_whole(folder / "settings.json", pretty(msgspec.structs.asdict(site)))
    write_whole(folder / "notice.md", _notice(registry, site).encode())
    kept = [tables[name] for name in sorted(tables)]
    write_whole(folder / "SCHEMA.md", schema_page(kept).encode())
    rows = {name: sum(_lines_in(folder, plan, name)) for name in sorted(tables)}
    write_whole(folder / "README.md", readme(site.host, plan.made_at, rows).encode())
    (folder / "plan.json").unlink(missing_ok=True)
    files = sorted(_files_in(folder))
    manifest = Manifest(FORMAT, f"footfall {__version__}", plan.made_at, site.host, site.timezone, rows, files)
    write_whole(folder / "export.json", pretty(msgspec.to_builtins(manifest)))
    sums = [f"{sha256_of(folder / name)}  {name}\n" for name in (*files, "export.json")]
    write_whole(folder / "SHA256SUMS", "".join(sums).encode())


def _notice(registry: Registry, site: Site) -> str:
    """Return the privacy notice that is true now, in English."""
    since = registry.sites.history(site.host)[-1].at.timestamp()
    return notice_of(site, "en", since=since, people=len(registry.users.at_site(site.id)) or None)


def _lines_in(folder: Path, plan: Plan, table: str) -> Iterator[int]:
    for part in plan.slices:
        if part.table == table:
            with (folder / f"{name_of(part)}.ndjson").open("rb") as file:
                yield sum(1 for _ in file)


def _files_in(folder: Path) -> Iterator[str]:
    made = {"SHA256SUMS", "export.json"}
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".new" and path.name not in made:
            yield path.relative_to(folder).as_posix()


def sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pretty(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
