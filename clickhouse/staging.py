"""Staging: which rows are to be changed, told to the store beside the statement that changes them.

In: numbers of visitors, visits and rows. Out: tables that a statement can name instead of them, because ClickHouse
keeps the text of a mutation on disk (`mutation_*.txt`, `system.mutations`) and would so keep what was to be forgotten.
The tables lie in memory and stay, empty: a mutation that was cut off by a crash goes on at the next start, finds them
and changes nothing. Nobody may fill them while a mutation runs that was made for something else (`is_rewriting`).
On a cluster `chosen` and `touched` are replicated and spread like events, so each shard changes its own rows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from clickhouse.client import Store

REWRITTEN = ("events", "events_isolated", "visits")
ASKED = """
create table if not exists asked
(
    site_id UInt32,
    number  UInt64,
    by_dsr  Bool,
    until   Int64
)
engine = Memory
"""
CHOSEN = """
create table if not exists chosen{shard} {on_cluster}
(
    act        LowCardinality(String),
    site_id    UInt32,
    visitor_id UInt64,
    visit_id   UInt64,
    segment    UInt64,
    seq        UInt32
)
engine = {engine}
"""
TOUCHED = """
create table if not exists touched{shard} {on_cluster}
(
    site_id  UInt32,
    visit_id UInt64
)
engine = {engine}
"""
SPREAD = """
create table if not exists {table} {on_cluster} as {table}_shard
engine = Distributed('{cluster}', currentDatabase(), '{table}_shard', {key})
"""
UNFINISHED = """
select count()
from {mutations}
where database = {{database:String}}
    and table in {{tables:Array(String)}}
    and not is_done
"""


def shard_of(store: Store) -> str:
    """Return what stands behind a table's name where its rows really are."""
    return "_shard" if store.cluster else ""


def on_cluster_of(store: Store) -> str:
    return f"on cluster {store.cluster}" if store.cluster else ""


def prepare(store: Store) -> None:
    """Make the tables where they are missing, and empty them."""
    command, shard, on_cluster = store.writer.command, shard_of(store), on_cluster_of(store)
    command(ASKED)
    for text, order in ((CHOSEN, "segment"), (TOUCHED, "visit_id")):
        engine = f"ReplicatedMergeTree order by {order}" if store.cluster else "Memory"
        command(text.format(shard=shard, on_cluster=on_cluster, engine=engine))
    if store.cluster:
        keys = {"chosen": "cityHash64(site_id, visitor_id)", "touched": "rand()"}
        for table, key in keys.items():
            command(SPREAD.format(table=table, on_cluster=on_cluster, cluster=store.cluster, key=key))
    clear(store)


def clear(store: Store) -> None:
    """Forget what was staged."""
    store.writer.command("truncate table asked")
    for table in ("chosen", "touched"):
        store.writer.command(f"truncate table {table}{shard_of(store)} {on_cluster_of(store)}")


def stage_visits(store: Store, visits: Collection[tuple[int, int]]) -> None:
    """Name the visits (site_id, visit_id) that are to be derived again."""
    store.writer.command(f"truncate table touched{shard_of(store)} {on_cluster_of(store)}")
    pairs = sorted(visits)
    columns = {"site_id": [site for site, _ in pairs], "visit_id": [visit for _, visit in pairs]}
    store.writer.insert("touched", columns, token="", types=["UInt32", "UInt64"])  # nosec B106


def is_rewriting(store: Store, tables: Sequence[str] = REWRITTEN) -> bool:
    """Say whether ClickHouse is still carrying out a mutation of these tables. Asks a reader: nobody waits for it."""
    return unfinished(store, [table + shard_of(store) for table in tables])


def unfinished(store: Store, tables: Sequence[str]) -> bool:
    """Say the same of tables named as they lie on the disk (on a cluster: `…_shard`)."""
    mutations = f"clusterAllReplicas('{store.cluster}', system.mutations)" if store.cluster else "system.mutations"
    binds = {"database": store.database, "tables": list(tables)}
    return store.query(UNFINISHED.format(mutations=mutations), binds, name="staging_mutations") != [(0,)]
