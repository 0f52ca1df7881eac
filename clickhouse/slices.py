"""Slices: a site's rows of any table, cut by time into pieces that fit in memory, for export, backup and moving.

In: a store, a site (or all), a moment to stop at. Out: slices, oldest first, of about `ROWS` rows (an hour is never
cut), and each slice's bytes in one of ClickHouse's formats. Tables are found by their column `site_id` and their
first column of time, so a new table cannot be forgotten. The embedded engine holds an answer in memory whole
(measured: 1 GB for 160 MB of JSON), hence the pieces. Reading the same slice twice gives the same bytes while its
rows stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from clickhouse.client import Store
from clickhouse.retain import FIRST_OF_DAYS, Table, bind_of, tables_with_time

ROWS = 50_000
STEPS = """
select
    site_id,
    {step} as step,
    count()
from {table} {final}
where {which}
group by site_id, step
order by site_id, step
"""
READ = """
select {columns}
from {table} {final}
where site_id = {{site:UInt32}}
    and {moment} >= {since}
    and {moment} < {until}
order by {order}
settings output_format_json_quote_64bit_integers = 1,
    date_time_output_format = 'iso',
    max_execution_time = 300
"""
COLUMNS = """
select name, type
from system.columns
where database = {database:String}
    and table = {table:String}
    and default_kind not in ('MATERIALIZED', 'ALIAS')
order by position
"""
ENGINES = """
select count()
from system.tables
where database = {database:String}
    and name = {table:String}
    and engine like '%Replacing%'
"""
FORMULA = "^[=+\\\\-@\\t\\r\\n]"
"""How a cell begins that a spreadsheet would run."""
HOUR, DAY = 3600, 86_400


class Slice(msgspec.Struct, frozen=True):
    """Some rows of a site: `[since, until)` in seconds since 1970, whatever the column of time is."""

    table: str
    site_id: int
    since: int
    until: int
    rows: int


class Kept(msgspec.Struct, frozen=True):
    """A table as it is read: its column of time, its columns, whether newer rows replace older ones."""

    table: str
    moment: str
    is_day: bool
    is_replacing: bool
    columns: Sequence[tuple[str, str]]

    @property
    def final(self) -> str:
        return "final" if self.is_replacing else ""


def kept_tables(store: Store) -> list[Kept]:
    """Return every table that keeps rows of sites, by name."""
    return [_kept(store, table) for table in tables_with_time(store)]


def _kept(store: Store, table: Table) -> Kept:
    columns = store.query(COLUMNS, {"database": store.database, "table": table.name})
    ((replacing,),) = store.query(ENGINES, {"database": store.database, "table": table.name})
    return Kept(table.asked, table.moment, table.is_day, bool(replacing), [(name, kind) for name, kind in columns])


def slices_of(store: Store, kept: Kept, site_id: int | None, before: int | None = None) -> list[Slice]:
    """Cut the rows of one site, or of each, before a moment, if any."""
    unit = DAY if kept.is_day else HOUR
    step = (
        f"toInt64(toUInt32(toDate({kept.moment})))"
        if kept.is_day
        else f"intDiv(toUnixTimestamp({kept.moment}), {HOUR})"
    )
    which, binds = _which(kept, site_id, before)
    found: list[Slice] = []
    asked = STEPS.format(step=step, table=kept.table, final=kept.final, which=which)
    for site, number, rows in store.query(asked, binds, name="slices"):
        since, until = int(number) * unit, (int(number) + 1) * unit
        last = found[-1] if found else None
        if last and last.site_id == site and last.rows + rows <= ROWS:
            found[-1] = msgspec.structs.replace(last, until=until, rows=last.rows + rows)
        else:
            found.append(Slice(kept.table, site, since, until, rows))
    if before is not None:
        found = [msgspec.structs.replace(each, until=min(each.until, before)) for each in found]
    return found


def read_slice(store: Store, kept: Kept, part: Slice, form: str) -> bytes:
    """Return the rows of a slice; in CSV, no cell can be run by a spreadsheet."""
    cells = [_safe(name, kind) if form.startswith("CSV") else name for name, kind in kept.columns]
    names = {name for name, _ in kept.columns}
    order = [
        name
        for name in (kept.moment, "segment", "seq", "visit_id", "dimension", "value", "reason", "rule")
        if name in names
    ]
    asked = READ.format(
        columns=", ".join(f"{kept.table}.{cell}" if cell in names else cell for cell in cells),
        table=kept.table,
        final=kept.final,
        moment=f"{kept.table}.{kept.moment}",
        since=bind_of("since", is_day=kept.is_day),
        until=bind_of("until", is_day=kept.is_day),
        order=", ".join(f"{kept.table}.{name}" for name in order),
    )
    unit = DAY if kept.is_day else 1
    until = -(-part.until // unit)
    return store.raw(asked, {"site": part.site_id, "since": part.since // unit, "until": until}, form)


def rows_in(store: Store, kept: Kept, site_id: int | None = None) -> int:
    """Count what a table holds of one site, or of all, as it is read."""
    return sum(part.rows for part in slices_of(store, kept, site_id))


def days_of(parts: Sequence[Slice]) -> Iterator[date]:
    """Return the first and the last day of some slices (UTC)."""
    for second in (min(part.since for part in parts), max(part.until for part in parts)):
        yield date.fromordinal(FIRST_OF_DAYS.toordinal() + second // DAY)


def _which(kept: Kept, site_id: int | None, before: int | None) -> tuple[str, dict[str, object]]:
    terms, binds = ["1"], dict[str, object]()
    if site_id is not None:
        terms.append("site_id = {site:UInt32}")
        binds["site"] = site_id
    if before is not None:
        terms.append(f"{kept.moment} < {bind_of('before', is_day=kept.is_day)}")
        binds["before"] = -(-before // DAY) if kept.is_day else before
    return " and ".join(terms), binds


def _safe(name: str, kind: str) -> str:
    if kind.startswith("Map("):
        return f"toJSONString({name}) as {name}"
    if "String" in kind:
        return f"if(match({name}, '{FORMULA}'), concat('''', {name}), {name}) as {name}"
    return name
