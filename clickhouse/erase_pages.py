"""Erase pages: delete the events of pages whose path is meant, within moments of a site, and prove it.

In: a site, `[since, until)` in ms, which paths are meant. Out: how much was left to do; 0 when reads that ignore
deletion marks find no such path in events or visits, and each visit is what its remaining events say. One short step a
call, to be called again until it is 0, from wherever it was cut short. What a hold keeps stays. Sums are labels.py's,
and afterwards the caller tells `changes.note_change`. Invariant: no statement of a mutation holds a path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clickhouse.amend import drop_visits
from clickhouse.client import Store
from clickhouse.repair import DERIVE_DAYS
from clickhouse.staging import (
    clear,
    clear_pairs,
    is_rewriting,
    on_cluster_of,
    prepare,
    prepare_pairs,
    shard_of,
    stage_pairs,
)
from clickhouse.visits import LONGEST_VISIT_MS

IsMeant = Callable[[str], bool]
"""Told a stored path."""

MOST_VISITS = 20_000
TABLES = {"events": "1", "events_isolated": "hold_id = 0"}
IN_TIME = """site_id = {site:UInt32}
    and ts >= fromUnixTimestamp64Milli({since:Int64})
    and ts < fromUnixTimestamp64Milli({until:Int64})
"""
OF_TIME = """site_id = {site:UInt32}
    and visit_id >= bitShiftLeft(toUInt64({first:Int64} / 1000), 32)
    and visit_id < bitShiftLeft(toUInt64({end:Int64} / 1000), 32)
"""
PATHS = """
select path, count()
from {table}
where {which}
    and {free}
group by path
settings apply_deleted_mask = 0
"""
DELETE = """
alter table {table}{shard} {on_cluster}
    apply deleted mask,
    delete where {which}
        and {free}
        and path in (select old from scrub_pairs{shard} where field = 'path')
settings mutations_sync = 0, allow_nondeterministic_mutations = 1
"""
ENDS = f"""
select visit_id, entry, exit
from visits
where {OF_TIME}
group by visit_id, entry, exit
settings apply_deleted_mask = 0
"""  # noqa: S608 - text of ours  # nosec B608
STILL = """
select distinct visit_id, path
from events
where site_id = {site:UInt32}
    and ts >= fromUnixTimestamp64Milli({first:Int64})
    and ts < fromUnixTimestamp64Milli({end:Int64})
    and path in {paths:Array(String)}
"""
STALE = f"""
select distinct visit_id
from visits
global left join (
    select visit_id, count() as seen
    from events
    where site_id = {{site:UInt32}}
        and ts >= fromUnixTimestamp64Milli({{first:Int64}})
        and ts < fromUnixTimestamp64Milli({{end:Int64}})
    group by visit_id
) as now using (visit_id)
where {OF_TIME}
    and version > now.seen
limit {{most:UInt32}}
"""  # noqa: S608 - text of ours  # nosec B608


def count_pages(store: Store, site_id: int, since_ms: int, until_ms: int, is_meant: IsMeant) -> tuple[int, int]:
    """Return how many pages are meant and how many events they have; what a hold keeps is not counted."""
    binds = _binds(site_id, since_ms, until_ms)
    found = [_meant(store, table, binds, is_meant) for table in TABLES]
    return len({path for paths in found for path in paths}), sum(sum(paths.values()) for paths in found)


def erase_pages(store: Store, site_id: int, since_ms: int, until_ms: int, is_meant: IsMeant) -> int | None:
    """Take the next step; None: ClickHouse is still rewriting."""
    prepare_pairs(store)
    if is_rewriting(store):
        return None
    prepare(store)
    binds = _binds(site_id, since_ms, until_ms)
    for table, free in TABLES.items():
        if paths := _meant(store, table, binds, is_meant):
            stage_pairs(store, [("path", path, "") for path in sorted(paths)])
            words = {"table": table, "free": free, "shard": shard_of(store), "on_cluster": on_cluster_of(store)}
            store.writer.command(DELETE.format(which=IN_TIME, **words), binds)
            return sum(paths.values())
    clear_pairs(store)
    if stale := _stale(store, site_id, binds, is_meant):
        drop_visits(store, stale)
        return len(stale)
    clear(store)
    around = {"site": site_id, "from": binds["first"], "to": binds["end"]}
    period = {"since": binds["first"] - LONGEST_VISIT_MS, "until": binds["end"] + LONGEST_VISIT_MS}
    store.writer.command(DERIVE_DAYS, around | period)
    return 0


def _binds(site_id: int, since_ms: int, until_ms: int) -> dict[str, int]:
    first = max(0, since_ms - LONGEST_VISIT_MS)
    return {"site": site_id, "since": since_ms, "until": until_ms, "first": first, "end": until_ms + LONGEST_VISIT_MS}


def _meant(store: Store, table: str, binds: Mapping[str, int], is_meant: IsMeant) -> dict[str, int]:
    told = store.writer.query(PATHS.format(table=table, which=IN_TIME, free=TABLES[table]), binds)
    return {path: count for path, count in told if is_meant(path)}


def _stale(store: Store, site_id: int, binds: Mapping[str, int], is_meant: IsMeant) -> set[tuple[int, int]]:
    """Find visits that count events which are gone, or begin or end with a page that is meant and that they lost."""
    counted = {visit for (visit,) in store.writer.query(STALE, {**binds, "most": MOST_VISITS})}
    ends = {(visit, page) for visit, *pages in store.writer.query(ENDS, binds) for page in pages if is_meant(page)}
    if ends:
        # A visit may go on into days that were not meant.
        named: dict[str, object] = {**binds, "paths": sorted({page for _, page in ends})}
        ends -= set(store.writer.query(STILL, named))
    return {(site_id, visit) for visit in sorted(counted | {visit for visit, _ in ends})[:MOST_VISITS]}
