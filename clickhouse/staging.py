"""Staging: which rows are to be changed, told to the store beside the statement that changes them.

In: numbers of visitors, visits and rows; texts. Out: tables that a statement can name instead of them, as ClickHouse
keeps the text of a mutation on disk (`mutation_*.txt`, `system.mutations`) and would so keep what was to be forgotten.
The tables lie in memory and stay, empty: a mutation that was cut off by a crash goes on at the next start, finds them
and changes nothing. Nobody may fill them while a mutation runs that was made for something else (`is_rewriting`).
On a cluster `chosen` and `touched` are replicated and spread like events, so each shard changes its own rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

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
PAIRS = """
create table if not exists scrub_pairs{shard} {on_cluster}
(
    field LowCardinality(String),
    old   String,
    new   String
)
engine = {engine}
"""
SPREAD = """
create table if not exists {table} {on_cluster} as {table}_shard
engine = Distributed('{cluster}', currentDatabase(), '{table}_shard', {key})
"""
PARTITIONS = """
select groupUniqArray(_partition_id)
from {table}
where {which}
settings apply_deleted_mask = 0
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
    store.writer.command(ASKED)
    make_table(store, "chosen", CHOSEN, order="segment", key="cityHash64(site_id, visitor_id)")
    make_table(store, "touched", TOUCHED, order="visit_id", key="rand()")
    clear(store)


def make_table(store: Store, table: str, text: str, *, order: str, key: str = "") -> None:
    """Make a table where it is missing: in memory; on a cluster replicated and, with a `key`, spread."""
    engine = f"ReplicatedMergeTree order by {order}" if store.cluster else "Memory"
    on_cluster = on_cluster_of(store)
    store.writer.command(text.format(shard=shard_of(store), on_cluster=on_cluster, engine=engine))
    if store.cluster and key:
        store.writer.command(SPREAD.format(table=table, on_cluster=on_cluster, cluster=store.cluster, key=key))


def empty_table(store: Store, table: str) -> None:
    store.writer.command(f"truncate table {table}{shard_of(store)} {on_cluster_of(store)}")


def clear(store: Store) -> None:
    """Forget what was staged."""
    store.writer.command("truncate table asked")
    for table in ("chosen", "touched"):
        empty_table(store, table)


def stage_visits(store: Store, visits: Collection[tuple[int, int]]) -> None:
    """Name the visits (site_id, visit_id) that are to be derived again."""
    empty_table(store, "touched")
    pairs = sorted(visits)
    columns = {"site_id": [site for site, _ in pairs], "visit_id": [visit for _, visit in pairs]}
    store.writer.insert("touched", columns, token="", types=["UInt32", "UInt64"])  # nosec B106


def prepare_pairs(store: Store) -> None:
    """Make the table of old and new texts where it is missing."""
    make_table(store, "scrub_pairs", PAIRS, order="old")


def stage_pairs(store: Store, pairs: Sequence[tuple[str, str, str]]) -> None:
    """Name texts, (field, old, new), that are to be rewritten or whose rows are to go."""
    clear_pairs(store)
    columns = dict(zip(("field", "old", "new"), map(list, zip(*pairs, strict=True)), strict=True))
    types = ["LowCardinality(String)", "String", "String"]
    store.writer.insert(f"scrub_pairs{shard_of(store)}", columns, token="", types=types)  # nosec B106


def clear_pairs(store: Store) -> None:
    empty_table(store, "scrub_pairs")


def partitions_with(store: Store, table: str, which: str, binds: Mapping[str, object]) -> list[str]:
    """Return where the rows of a table lie that meet a condition, those that are only marked as deleted too."""
    ((partitions,),) = store.writer.query(PARTITIONS.format(table=table, which=which), binds)
    return sorted(partitions)


def is_rewriting(store: Store, tables: Sequence[str] = REWRITTEN) -> bool:
    """Say whether ClickHouse is still carrying out a mutation of these tables. Asks a reader: nobody waits for it."""
    return unfinished(store, [table + shard_of(store) for table in tables])


def unfinished(store: Store, tables: Sequence[str]) -> bool:
    """Say the same of tables named as they lie on the disk (on a cluster: `…_shard`)."""
    mutations = f"clusterAllReplicas('{store.cluster}', system.mutations)" if store.cluster else "system.mutations"
    binds = {"database": store.database, "tables": list(tables)}
    return store.query(UNFINISHED.format(mutations=mutations), binds, name="staging_mutations") != [(0,)]
