"""Amend: change stored rows as their visitor demands, without a word of it staying behind.

In: an act, and whose rows (`Ask`: a visitor's number or the number of a show-me cookie, and up to which moment). Out:
what is still to be changed (`find`), and the change begun (`change`). It never waits for ClickHouse to rewrite: the
caller asks `is_rewriting` (staging.py) and calls `find` again; when that finds nothing, reading what deletion marks
would hide, it is proved. So each step may be repeated, and a crash between any two loses nothing.
Invariant: no statement of a mutation holds a number of a visitor, a visit or a row. Visits are derived again by the
caller, from what `find` told: their old rows go first (`drop_visits`), because one that counted more events would win.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import msgspec

from clickhouse.client import Store
from clickhouse.columns import EVENT_COLUMNS, PLACE_COLUMNS
from clickhouse.staging import empty_table, on_cluster_of, shard_of, stage_visits
from clickhouse.visits import start_of

Act = Literal["erase", "restrict", "unknown_country", "blank_dsr", "wish_unused", "wish_erased"]
"""The last two change no row that a hold keeps, but what becomes of it when the hold ends (isolate.py)."""
Kept = Literal["events", "events_isolated"]

TABLES: Mapping[Act, Sequence[Kept]] = {
    "erase": ("events", "events_isolated"),
    "restrict": ("events",),
    "unknown_country": ("events", "events_isolated"),
    "blank_dsr": ("events", "events_isolated"),
    "wish_unused": ("events_isolated",),
    "wish_erased": ("events_isolated",),
}
WISHES: frozenset[Act] = frozenset(("wish_unused", "wish_erased"))
LEFT_TO_DO: Mapping[Act, str] = {
    "erase": "1",
    "restrict": "1",
    "unknown_country": "(country != '' or region != '' or city != '')",
    "blank_dsr": "dsr_id != 0",
    "wish_unused": "hold_id != 0 and wish = 0",
    "wish_erased": "wish != 2",
}
CHANGE: Mapping[Act, str] = {
    "erase": "delete {where}",
    "restrict": "delete {where}",
    "unknown_country": "update country = '', region = '', city = '' {where}",
    "blank_dsr": "update dsr_id = 0 {where}",
    "wish_unused": "update wish = 1 {where}",
    "wish_erased": "update wish = 2 {where}",
}

CHOOSE = """
insert into chosen (act, site_id, visitor_id, visit_id, segment, seq)
select distinct
    {{act:String}},
    site_id,
    visitor_id,
    visit_id,
    segment,
    seq
from {table}
global inner join (select site_id, number, until from asked where by_dsr = {{by_dsr:Bool}}) as asked
    on asked.site_id = {table}.site_id and asked.number = {table}.{column}
where site_id in (select site_id from asked)
    and {column} != 0
    and ts >= fromUnixTimestamp64Milli({{since:Int64}})
    and toUnixTimestamp64Milli(ts) + delay_ms <= asked.until
    and {left_to_do}
settings apply_deleted_mask = 0
"""
FOUND = """
select
    site_id,
    groupUniqArray(visit_id),
    toUnixTimestamp64Milli(min(ts)),
    toUnixTimestamp64Milli(max(ts)),
    groupUniqArray(_partition_id)
from {table}
where site_id in (select site_id from chosen where act = {{act:String}})
    and (segment, seq) in (select segment, seq from chosen where act = {{act:String}})
group by site_id
settings apply_deleted_mask = 0
"""
WHERE = """in partition id '{partition}'
where site_id in (select site_id from chosen{shard} where act = '{act}')
    and (segment, seq) in (select segment, seq from chosen{shard} where act = '{act}')
"""
REWRITE = """
alter table {table} {on_cluster}
    apply deleted mask in partition id '{partition}',
    {change}
settings mutations_sync = 0, allow_nondeterministic_mutations = 1
"""
"""A row that is only marked as deleted is hidden from a change, so the marks are carried out first. (On a cluster a
subquery counts as not deterministic; ours is the same on every replica.)"""
_COLUMNS = ", ".join((*EVENT_COLUMNS, *PLACE_COLUMNS))
ISOLATE = f"""
insert into events_isolated ({_COLUMNS}, hold_id)
select {_COLUMNS}, {{hold:UInt32}}
from events
where {{which}}
    and (segment, seq) not in (select segment, seq from events_isolated where site_id in {{sites:Array(UInt32)}})
"""  # noqa: S608 - columns of our own  # nosec B608
CHOSEN_ROWS = "(segment, seq) in (select segment, seq from chosen where act = 'restrict')"
DROP_VISITS = """
alter table visits{shard} {on_cluster}
    apply deleted mask in partition id '{partition}',
    delete in partition id '{partition}'
    where (site_id, visit_id) in (select site_id, visit_id from touched{shard})
settings mutations_sync = 0, allow_nondeterministic_mutations = 1
"""
STALE_VISITS = """
select count()
from visits
global left join
(
    select site_id, visit_id, count() as seen
    from events
    where (site_id, visit_id) in (select site_id, visit_id from touched)
    group by site_id, visit_id
) as now using (site_id, visit_id)
where (site_id, visit_id) in (select site_id, visit_id from touched)
    and version > now.seen
settings apply_deleted_mask = 0
"""


class Ask(NamedTuple):
    """Whose rows: those of this number that were received up to `until_ms`."""

    site_id: int
    number: int
    by_dsr: bool
    until_ms: int


class Found(msgspec.Struct):
    """Rows that are still to be changed, without saying which: their visits, their times by site, where they lie."""

    visits: set[tuple[int, int]] = msgspec.field(default_factory=set)
    spans: dict[int, tuple[int, int]] = msgspec.field(default_factory=dict)
    """Site -> first and last moment, in ms."""
    partitions: dict[Kept, list[str]] = msgspec.field(default_factory=dict)

    def add(self, site_id: int, visits: Collection[int], first_ms: int, last_ms: int) -> None:
        self.visits |= {(site_id, visit) for visit in visits if visit}
        first, last = self.spans.get(site_id, (first_ms, last_ms))
        self.spans[site_id] = min(first, first_ms), max(last, last_ms)


def find(store: Store, act: Act, asks: Collection[Ask], since_ms: int) -> Found:
    """Choose what is left to do for these asks; nothing of it happened before `since_ms`. No partitions: all done."""
    _ask(store, asks)
    found = Found()
    for table in TABLES[act]:
        empty_table(store, "chosen")
        _choose(store, act, table, since_ms)
        for site_id, visits, first, last, partitions in store.writer.query(FOUND.format(table=table), {"act": act}):
            found.add(site_id, visits if table == "events" else (), first, last)
            found.partitions[table] = sorted({*found.partitions.get(table, ()), *partitions})
        if found.partitions:
            break  # one table at a time: `chosen` holds the rows of this one
    return found


def change(store: Store, act: Act, found: Found) -> None:
    """Begin to change what was found. Rows to be restricted are first put where no question looks."""
    if act == "restrict":
        binds = {"hold": 0, "sites": sorted(found.spans)}
        store.writer.command(ISOLATE.replace("{which}", CHOSEN_ROWS), binds)
    shard = shard_of(store)
    for table, partitions in found.partitions.items():
        for partition in partitions:
            where = WHERE.format(partition=partition, shard=shard, act=act)
            words = {"table": table + shard, "on_cluster": on_cluster_of(store), "partition": partition}
            store.writer.command(REWRITE.format(change=CHANGE[act].format(where=where), **words))


def drop_visits(store: Store, visits: Collection[tuple[int, int]]) -> None:
    """Begin to delete every row of these visits; derive them again when that is over."""
    stage_visits(store, visits)
    words = {"shard": shard_of(store), "on_cluster": on_cluster_of(store)}
    for partition in sorted({_partition_of(visit_id) for _, visit_id in visits}):
        store.writer.command(DROP_VISITS.format(partition=partition, **words))


def has_stale_visits(store: Store) -> bool:
    """Say whether a row of the visits dropped last still counts events that are not there."""
    return store.writer.query(STALE_VISITS) != [(0,)]


def _partition_of(visit_id: int) -> str:
    return datetime.fromtimestamp(start_of(visit_id) / 1000, UTC).strftime("%Y%m")


def _ask(store: Store, asks: Collection[Ask]) -> None:
    latest: dict[tuple[int, int, bool], int] = {}
    for ask in asks:
        key = ask.site_id, ask.number, ask.by_dsr
        latest[key] = max(ask.until_ms, latest.get(key, 0))
    columns: dict[str, Sequence[object]] = {
        "site_id": [key[0] for key in latest],
        "number": [key[1] for key in latest],
        "by_dsr": [key[2] for key in latest],
        "until": list(latest.values()),
    }
    store.writer.command("truncate table asked")
    store.writer.insert("asked", columns, token="", types=["UInt32", "UInt64", "Bool", "Int64"])  # nosec B106


def _choose(store: Store, act: Act, table: Kept, since_ms: int) -> None:
    left_to_do = LEFT_TO_DO[act]
    if table == "events_isolated" and act not in WISHES:
        left_to_do += " and hold_id = 0"  # what a hold keeps is not changed by anybody
    for column, by_dsr in (("visitor_id", False), ("dsr_id", True)):
        binds = {"act": act, "by_dsr": by_dsr, "since": since_ms}
        store.writer.command(CHOOSE.format(table=table, column=column, left_to_do=left_to_do), binds)
