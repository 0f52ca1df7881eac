"""Keep rows as long as their site says and no longer: remove what is over the limit, and prove that it is gone.

In: a store, and a Rule: the first day that each site keeps. Out: False while something is left, True when every table
was read with deletion marks ignored and holds nothing over its limit. Tables are found by their column `site_id`
and their first column of a date or time, so a new table cannot be forgotten.
`retain` is one short step, to be called again until it is True: it never waits for ClickHouse to rewrite parts, keeps
nobody else from writing, and starts anew from what is there. So it may be cut short anywhere and repeated always.
Statements hold numbers of sites and limits, nothing of a visitor: ClickHouse keeps those of mutations on disk.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from clickhouse.client import Store
from clickhouse.days import second_of
from clickhouse.staging import on_cluster_of, unfinished

TABLES = """
select
    table,
    argMinIf(name, position, type like 'Date%') as moment,
    argMinIf(type, position, type like 'Date%')
from system.columns
where database = {database:String}
    and table in (select name from system.tables where database = {database:String} and engine like '%MergeTree')
group by table
having countIf(name = 'site_id') > 0
    and moment != ''
order by table
"""
OVER = """
select
    _partition_id,
    count()
from {table}
where {is_over}
group by _partition_id
settings apply_deleted_mask = 0
"""
ALL = """
select
    _partition_id,
    count()
from {table}
where _partition_id in {{partitions:Array(String)}}
group by _partition_id
settings apply_deleted_mask = 0
"""
WHOLE = """
select count()
from {table}
where site_id in {{due:Array(UInt32)}} or site_id not in {{spared:Array(UInt32)}}
"""
DROP = "alter table {table} {on_cluster} drop partition id '{partition}'"
DELETE = """
alter table {table} {on_cluster}
    apply deleted mask in partition id '{partition}',
    delete in partition id '{partition}' where {is_over}
settings mutations_sync = 0
"""
"""A row that is only marked as deleted is hidden from `delete`, so the marks are carried out first."""

FIRST_OF_DAYS = date(1970, 1, 1)


class Limit(msgspec.Struct, frozen=True):
    """How far back a site keeps: whole days of its own zone."""

    site_id: int
    first_day: date
    timezone: str = "UTC"

    def second(self) -> int:
        """Return the moment at which the first day begins."""
        return second_of(self.first_day, self.timezone)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What may stay."""

    limits: Sequence[Limit]
    """Of the sites whose turn it is; what others have is left alone."""
    known: Collection[int]
    """Every site there is."""
    removed: Collection[int]
    """Sites that were removed for good: nothing of them may be there."""
    strays_from: date
    """What neither is known nor was removed is kept from this day on."""
    all_from: date
    """The first day that any known site keeps: whole partitions before it may go."""
    at_most: Mapping[str, date] = {}
    """Table -> the first day that any row of it may have, whatever its site keeps."""
    apart: Mapping[str, date] = {}
    """Table -> the same, where the limits of sites do not count: what is kept there was made to outlive them."""
    spared: Mapping[str, str] = {}
    """Table -> a condition (SQL of ours): only rows that meet it may go by age."""


class Table(NamedTuple):
    """A table of sites: its name, its column of time, and whether that holds a site's day instead of a moment."""

    name: str
    moment: str
    is_day: bool

    @property
    def asked(self) -> str:
        """Where all shards answer."""
        return self.name.removesuffix("_shard")

    def bind(self, name: str) -> str:
        """Return a bind that can be compared with the column of time."""
        return bind_of(name, is_day=self.is_day)

    def bound(self, limit: Limit) -> int:
        """Return the value of such a bind: the limit as the column counts, in days or seconds since 1970."""
        return (limit.first_day - FIRST_OF_DAYS).days if self.is_day else limit.second()


def retain(store: Store, rule: Rule) -> bool:
    """Take the next step; True: nothing over its limit is left. Blocks for as long as reading two columns takes."""
    tables = tables_with_time(store)
    if not tables or unfinished(store, [table.name for table in tables]):
        return False
    left = {table: partitions for table in tables if (partitions := rows_over(store, table, rule))}
    for table, partitions in left.items():
        _remove(store, table, rule, partitions)
    return not left


def tables_with_time(store: Store) -> list[Table]:
    """Return every table that keeps rows by site and time."""
    found = store.query(TABLES, {"database": store.database}, name="retain_tables")
    return [Table(name, moment, not kind.startswith("DateTime")) for name, moment, kind in found]


def rows_over(store: Store, table: Table, rule: Rule) -> Mapping[str, int]:
    """Count the rows over their limit by partition, those that are only marked as deleted too."""
    is_over, binds = over(table, rule)
    return dict(store.query(OVER.format(table=table.asked, is_over=is_over), binds, name="retain"))


def over(table: Table, rule: Rule) -> tuple[str, dict[str, object]]:
    """Return the condition that a row is over its limit, with its binds. Sites with one limit are one term."""
    if table.asked in rule.apart:
        return _over_apart(table, rule)
    least = rule.at_most.get(table.asked, date.min)
    strays = Limit(0, max(rule.strays_from, least))
    before = f"{table.moment} < "
    terms = ["site_id not in {spared:Array(UInt32)} and " + before + table.bind("strays")]
    binds: dict[str, object] = {
        "removed": sorted(rule.removed),
        "spared": sorted({*rule.known, *rule.removed}),
        "strays": table.bound(strays),
    }
    sites: dict[int, list[int]] = {}
    for limit in rule.limits:
        bound = table.bound(Limit(limit.site_id, max(limit.first_day, least), limit.timezone))
        sites.setdefault(bound, []).append(limit.site_id)
    for number, (bound, some) in enumerate(sorted(sites.items())):
        terms.append(f"site_id in {{sites{number}:Array(UInt32)}} and " + before + table.bind(f"limit{number}"))
        binds |= {f"sites{number}": some, f"limit{number}": bound}
    by_age = " or ".join(f"({term})" for term in terms)
    if table.asked in rule.spared:
        by_age = f"{rule.spared[table.asked]} and ({by_age})"
    return f"site_id in {{removed:Array(UInt32)}} or ({by_age})", binds


def _over_apart(table: Table, rule: Rule) -> tuple[str, dict[str, object]]:
    """Return the condition for a table that keeps its rows by a limit of its own."""
    first = Limit(0, max(rule.apart[table.asked], FIRST_OF_DAYS))
    binds: dict[str, object] = {"removed": sorted(rule.removed), "first": table.bound(first)}
    return f"site_id in {{removed:Array(UInt32)}} or {table.moment} < {table.bind('first')}", binds


def end_of(partition: str) -> date | None:
    """Return the first day after a partition by month or year, None for any other."""
    if not partition.isdecimal() or len(partition) not in (4, 6):
        return None
    year, month = int(partition[:4]), int(partition[4:] or 12)
    return date(year + month // 12, month % 12 + 1, 1)


def _remove(store: Store, table: Table, rule: Rule, partitions: Mapping[str, int]) -> None:
    dead = _dead(store, table, rule, partitions)
    is_over, binds = over(table, rule)
    words = {"table": table.name, "on_cluster": on_cluster_of(store)}
    for partition in partitions:
        if partition in dead:
            store.writer.command(DROP.format(partition=partition, **words))
        else:
            store.writer.command(DELETE.format(partition=partition, is_over=is_over, **words), binds)


def _dead(store: Store, table: Table, rule: Rule, partitions: Mapping[str, int]) -> set[str]:
    """Return the partitions that no site keeps: nothing else is in them, and nothing can come that would stay."""
    # A day of margin: partitions are of UTC, sites are up to 14 hours away.
    latest = max(rule.all_from, rule.at_most.get(table.asked, date.min))
    latest = rule.apart.get(table.asked, latest)
    latest = latest - timedelta(days=1) if latest > FIRST_OF_DAYS else latest
    ended = [partition for partition in partitions if (end := end_of(partition)) and end <= latest]
    rows = store.query(ALL.format(table=table.asked), {"partitions": ended}, name="retain_partitions")
    return {partition for partition, count in rows if count == partitions[partition]}


def counts_of(store: Store, rule: Rule) -> tuple[int, int]:
    """Return how many rows are over their limit, and how many there are of the sites whose turn it is."""
    due = {"due": [limit.site_id for limit in rule.limits], "spared": sorted({*rule.known, *rule.removed})}
    gone = whole = 0
    for table in tables_with_time(store):
        gone += sum(rows_over(store, table, rule).values())
        ((rows,),) = store.query(WHOLE.format(table=table.asked), due, name="retain_whole")
        whole += rows
    return gone, whole


def bind_of(name: str, *, is_day: bool) -> str:
    """Return a typed bind of days, or of seconds, since 1970."""
    return f"toDate({{{name}:UInt32}})" if is_day else f"toDateTime({{{name}:UInt32}}, 'UTC')"
