"""Examine what is stored: columns, types, texts that look personal, and a word that must not be anywhere.

In: a store, patterns, a word. Out: counts, never a value. Every table of the database is found by the system's own
lists, so a new one cannot be forgotten, and rows that are only marked as deleted are read too.
Slow work (whole columns are read) on the background handle: reports and events do not wait for it. Nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from clickhouse.client import Store

COLUMNS = """
select
    table,
    name,
    type
from system.columns
where database = {database:String}
    and table in (select name from system.tables where database = {database:String} and engine like '%MergeTree')
order by table, position
"""
MATCHES = """
select {counts}
from (
    select {text} as text
    from {table}
)
settings apply_deleted_mask = 0
"""
ROWS = """
select count()
from {table}
settings apply_deleted_mask = 0
"""
OF_SITE = """
select
    path,
    country,
    visitor_id
from events
where site_id = {site:UInt32}
"""
REFUSED = """
select
    reason,
    sum(count)
from refusals
where site_id = {site:UInt32}
group by reason
"""
PLACES = """
select
    site_id,
    countIf(country != ''),
    countIf(region != ''),
    countIf(city != '')
from events
group by site_id
"""
SMALL_GROUPS = """
select count()
from rollups_monthly final
where site_id = {site:UInt32}
    and dimension != ''
    and visitors > 0
    and visitors < {least:UInt32}
"""
LATE_PARTS = """
select count()
from system.parts
where database = {database:String}
    and not active
    and remove_time > toDateTime(0)
    and remove_time < now() - {seconds:UInt32}
"""
LOGS = """
select name
from system.tables
where database = 'system'
    and name in ('query_log', 'text_log', 'query_thread_log', 'query_views_log', 'part_log', 'crash_log', 'trace_log')
    and total_rows > 0
"""
STATEMENTS = "select countIf(position(command, {word:String}) > 0) from system.mutations"
PERSONAL_TYPES = ("IPv4", "IPv6")


class Column(NamedTuple):
    """A column as the store has it. `table` is its name where all shards answer."""

    table: str
    name: str
    type: str

    @property
    def is_text(self) -> bool:
        return "String" in self.type or "Map(" in self.type

    @property
    def as_text(self) -> str:
        """Return the expression under which its whole content is one text."""
        if self.type.startswith("Map("):
            return f"arrayStringConcat(arrayConcat(mapKeys({self.name}), mapValues({self.name})), '\\n')"
        if self.type.startswith("Array("):
            return f"arrayStringConcat({self.name}, '\\n')"
        return f"toString({self.name})"


def columns_of(store: Store) -> list[Column]:
    """Return every column of every table that keeps rows."""
    found = store.query(COLUMNS, {"database": store.database}, name="examine_columns")
    return [Column(table.removesuffix("_shard"), name, kind) for table, name, kind in found]


def matches(store: Store, patterns: Mapping[str, str]) -> Iterator[tuple[Column, Mapping[str, int]]]:
    """Count, text column by text column, the values that match each pattern (RE2)."""
    names = list(patterns)
    counts = ", ".join(f"countIf(match(text, {{p{number}:String}}))" for number in range(len(names)))
    binds = {f"p{number}": patterns[name] for number, name in enumerate(names)}
    for column, row in _read_texts(store, counts, binds):
        yield column, dict(zip(names, row, strict=True))


def holding(store: Store, words: Sequence[str]) -> list[Column]:
    """Return the text columns in which any of these words stands."""
    counts = " + ".join(f"countIf(position(text, {{w{number}:String}}) > 0)" for number in range(len(words)))
    binds = {f"w{number}": word for number, word in enumerate(words)}
    return [column for column, (count,) in _read_texts(store, counts, binds) if count]


def _read_texts(store: Store, counts: str, binds: Mapping[str, object]) -> Iterator[tuple[Column, tuple[int, ...]]]:
    for column in columns_of(store):
        if column.is_text:
            statement = MATCHES.format(counts=counts, text=column.as_text, table=column.table)
            yield column, tuple(int(count) for count in store.background.query(statement, binds)[0])


def rows_of(store: Store, table: str) -> int:
    """Count the rows of a table, those that are only marked as deleted too."""
    return int(store.background.query(ROWS.format(table=table))[0][0])


def events_of(store: Store, site_id: int) -> list[tuple[str, str, int]]:
    """Return (path, country, visitor number) of a site's events: for the audit's own site, which is small."""
    return [(path, country, number) for path, country, number in store.writer.query(OF_SITE, {"site": site_id})]


def refused_of(store: Store, site_id: int) -> dict[str, int]:
    """Return how many arrivals of a site were refused, by reason."""
    return {reason: int(count) for reason, count in store.writer.query(REFUSED, {"site": site_id})}


def places_of(store: Store) -> dict[int, tuple[int, int, int]]:
    """Return how many events of each site have a country, a region, a city."""
    return {site: (int(a), int(b), int(c)) for site, a, b, c in store.background.query(PLACES)}


def small_groups(store: Store, site_id: int, least: int) -> int:
    """Count the monthly sums of a site that stand for fewer visitors than `least`."""
    return int(store.background.query(SMALL_GROUPS, {"site": site_id, "least": least})[0][0])


def late_parts(store: Store, seconds: int) -> int:
    """Count files that were replaced more than so many seconds ago and are still there."""
    return int(store.query(LATE_PARTS, {"database": store.database, "seconds": seconds}, name="examine_parts")[0][0])


def logs_of(store: Store) -> list[str]:
    """Return the engine's own logs of statements and texts that hold rows."""
    return [name for (name,) in store.query(LOGS, name="examine_logs")]


def statements_holding(store: Store, word: str) -> int:
    """Count the statements of mutations, which the engine keeps on disk, that hold a word."""
    return int(store.query(STATEMENTS, {"word": word}, name="examine_statements")[0][0])
