"""Bring the database to the schema of this release: every `schema/NNNN_*.sql` once, in order.

In: a Store. Out: the names of the files applied now. Idempotent and safe to repeat after a crash halfway: each
statement says `if not exists`, and a file is written into `schema_migrations` only after its last statement.
Files are append-only: a change of a table is a new file. `render` fills in what differs between one server,
a cluster, and old settings' names; it is pure, so every variant can be read and checked without a server.
"""

from __future__ import annotations

from importlib.resources import files
from string import Template

import msgspec

from clickhouse.cleaning import LIFETIME_SECONDS
from clickhouse.client import Store
from clickhouse.lasting import BY_ITSELF, BY_US

ONLY_CLUSTER = "-- only on a cluster"
BOOK = """
create table if not exists schema_migrations$shard $on_cluster
(
    name    String,
    applied DateTime('UTC') default now()
)
engine = ${replicated}MergeTree
order by name
"""
KNOWN = "select name from schema_migrations$shard"
LEARN = "insert into schema_migrations$shard (name) values ({name:String})"
TABLES = "select name, engine_full from system.tables where database = currentDatabase() and engine like '%MergeTree'"
CLEANING = {"concurrent_part_removal_threshold": 1_000_000, "old_parts_lifetime": LIFETIME_SECONDS}
"""Below this number of old parts one thread deletes them, above it 128, which stay: three descriptors each, 20 MB."""


class Migration(msgspec.Struct, frozen=True):
    """One file of the schema: its name, its statements with placeholders."""

    name: str
    text: str


def migrate(store: Store) -> list[str]:
    """Create the database and apply what is missing; return the names applied."""
    store.writer.command(
        f"create database if not exists {store.database}{_on_cluster(store.cluster)}", use_database=False
    )
    for statement in render(BOOK, store.cluster):
        store.writer.command(statement)
    known = {name for statement in render(KNOWN, store.cluster) for (name,) in store.writer.query(statement)}
    applied = []
    for migration in migrations():
        if migration.name in known:
            continue
        for statement in render(migration.text, store.cluster):
            store.writer.command(statement)
        for statement in render(LEARN, store.cluster):
            store.writer.command(statement, {"name": migration.name})
        applied.append(migration.name)
    if store.is_embedded:
        suit_engine(store)
    return applied


def suit_engine(store: Store) -> None:
    """Tell every table of an embedded store who syncs what it writes, and how few threads clean up after it."""
    wanted = {**(BY_ITSELF if store.writer.lasting is None else BY_US), **CLEANING}
    settings = [f"{name} = {value}" for name, value in wanted.items()]
    for name, engine in store.writer.query(TABLES):
        if missing := [setting for setting in settings if setting not in engine]:
            store.writer.command(f"alter table {name} modify setting {', '.join(missing)}")


def migrations() -> list[Migration]:
    """Return the schema's files in order."""
    folder = files("clickhouse") / "schema"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [Migration(name.removesuffix(".sql"), (folder / name).read_text(encoding="utf-8")) for name in names]


def render(text: str, cluster: str = "") -> list[str]:
    """Return a file's statements for a single server (embedded or not), or for a cluster."""
    if text.startswith(ONLY_CLUSTER) and not cluster:
        return []
    filled = Template(text).substitute(
        on_cluster=_on_cluster(cluster).strip(),
        cluster=cluster,
        replicated="Replicated" if cluster else "",
        shard="_shard" if cluster else "",
        dedup_window="replicated_deduplication_window" if cluster else "non_replicated_deduplication_window",
    )
    code = "\n".join(line for line in filled.splitlines() if not line.startswith("--"))
    return [statement.strip() for statement in code.split(";\n") if statement.strip()]


def _on_cluster(cluster: str) -> str:
    return f" on cluster {cluster}" if cluster else ""
