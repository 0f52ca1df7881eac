"""Erase a site for good: every row of it in every table, proved by reading what deletion marks would hide.

In: a store and a site's number. Out: what was erased, table by table; StoreError when a row is left. Tables are found
by their column `site_id`, so a new table cannot be forgotten. Repeating it is harmless: a crash halfway is mended by
calling again. Nobody may insert rows of the site meanwhile (the caller refuses its events and has emptied the spool).
Nobody waits meanwhile for ClickHouse to rewrite but the caller: others write in between.
The number stands in a Memory table and never in the statement: ClickHouse keeps statements of mutations on disk.
That table stays, empty: a mutation that outlives our patience finds it, and does not hang for want of it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from clickhouse.cleaning import Hurry, old_parts
from clickhouse.client import Store
from clickhouse.faults import StoreAway, StoreError
from clickhouse.staging import on_cluster_of, unfinished

TABLES_OF_SITES = """
select table
from system.columns
where database = currentDatabase()
    and name = 'site_id'
    and table in (select name from system.tables where database = currentDatabase() and engine like '%MergeTree')
order by table
"""
ROWS_OF_SITE = """
select count(), uniqExact(_partition_id)
from {table}
where site_id = {{site_id:UInt32}}
settings apply_deleted_mask = 0
"""
STAGING = "sites_to_erase"
STAGE = "insert into sites_to_erase values ({site_id:UInt32})"
STAGED = "in (select site_id from sites_to_erase)"
POLL_SECONDS = 0.25
NUDGE_SECONDS = 1.0
REWRITE_SECONDS = 3600.0
"""After so long the caller is told to come again: a table of 100 million rows takes minutes."""


class Erased(msgspec.Struct, frozen=True):
    """What one table lost."""

    table: str
    rows: int
    partitions: int


def erase_site(store: Store, site_id: int) -> list[Erased]:
    """Delete every row of a site and prove it; blocks until the tables are rewritten (seconds), and keeps nobody out.

    Raises StoreAway when that takes longer than REWRITE_SECONDS.
    """
    erased = []
    on_cluster = on_cluster_of(store)
    store.writer.command(f"create table if not exists {STAGING} {on_cluster} (site_id UInt32) engine = Memory")
    # One that is still busy with another site may find this one instead: it too is to go, and the other is asked again.
    try:
        _stage(store, site_id)
        for table in tables_of_sites(store):
            rows, partitions = _rows_of(store, table, site_id)
            if rows:
                store.writer.command(_deletion(table, on_cluster), {"site_id": site_id})
            erased.append(Erased(table, rows, partitions))
        await_rewriting(store, [entry.table for entry in erased if entry.rows])
    finally:
        store.writer.command(f"truncate table {STAGING} {on_cluster}")
    left = [entry.table for entry in erased if _rows_of(store, entry.table, site_id)[0]]
    if left:
        raise StoreError(f"rows of the site are still in {', '.join(left)}: is something still inserting them?")
    return erased


def tables_of_sites(store: Store) -> list[str]:
    """Return every table that keeps rows by site."""
    return [table for (table,) in store.writer.query(TABLES_OF_SITES) if table != STAGING]


def wait_for_old_parts(store: Store, patience_seconds: float) -> bool:
    """Wait until the files that held erased rows are gone; False when ClickHouse takes longer.

    Only what is replaced by now counts: a busy table always has parts that merges have just replaced. A server keeps
    them for its `old_parts_lifetime` (8 minutes unless set); the embedded engine lets them go within seconds.
    """
    began = nudged = time.monotonic()
    hurry, tables = Hurry(store), tables_of_sites(store)
    old = old_parts(store, tables)
    try:
        while old := old & old_parts(store, tables):
            now = time.monotonic()
            if now - began >= patience_seconds:
                return False
            if now >= nudged:
                hurry.nudge({table for table, _ in old})
                nudged = now + NUDGE_SECONDS
            time.sleep(POLL_SECONDS)
        return True
    finally:
        hurry.end()


def _stage(store: Store, site_id: int) -> None:
    store.writer.command(f"truncate table {STAGING}")
    store.writer.command(STAGE, {"site_id": site_id})


def _deletion(table: str, on_cluster: str) -> str:
    # A Memory table has its row on one machine only, so on a cluster the number is bound into the statement: it says
    # which site was deleted and nothing of a visitor.
    which = "= {site_id:UInt32}" if on_cluster else STAGED
    return f"alter table {table} {on_cluster} delete where site_id {which} settings mutations_sync = 0"


def await_rewriting(store: Store, tables: Sequence[str]) -> None:
    """Wait until these tables are rewritten. What was staged must stay till then."""
    deadline, pause = time.monotonic() + REWRITE_SECONDS, 0.005
    while unfinished(store, tables):
        if time.monotonic() >= deadline:
            raise StoreAway("ClickHouse takes too long to rewrite its tables")
        time.sleep(pause)
        pause = min(2 * pause, POLL_SECONDS)


def _rows_of(store: Store, table: str, site_id: int) -> tuple[int, int]:
    ((rows, partitions),) = store.writer.query(ROWS_OF_SITE.format(table=table), {"site_id": site_id})
    return int(rows), int(partitions)
