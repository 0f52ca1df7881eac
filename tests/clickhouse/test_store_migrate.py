"""The schema: applied once, mended after a crash, readable, and valid in every form it is rendered to."""

from __future__ import annotations

import re

import msgspec
import pytest
from store_world import keep, some_events

from clickhouse.client import Store
from clickhouse.columns import EVENT_COLUMNS, PLACE_COLUMNS
from clickhouse.faults import StoreError
from clickhouse.insert import REFUSAL_COLUMNS
from clickhouse.migrate import BOOK, migrate, migrations, render
from clickhouse.rows import Event

TABLES = {"events", "visits", "refusals"}


def test_migrating_again_changes_nothing(any_store: Store) -> None:
    before = any_store.query("select name, applied from schema_migrations order by name")
    assert [name for name, _ in before] == [migration.name for migration in migrations()]
    assert migrate(any_store) == []
    assert any_store.query("select name, applied from schema_migrations order by name") == before


def test_a_migration_cut_short_is_finished_by_the_next(any_store: Store) -> None:
    any_store.writer.command("truncate table schema_migrations")
    any_store.writer.command("drop table visits sync")
    assert migrate(any_store) == [migration.name for migration in migrations()]
    assert any_store.query("select count() from visits") == [(0,)]


def test_what_is_stored_outlives_lighter_packing(any_store: Store) -> None:
    any_store.writer.command("alter table events modify column source codec(ZSTD(3))")
    any_store.writer.command("truncate table schema_migrations")
    keep(any_store, some_events(8))
    tables = [f"select * from {table} order by all" for table in ("events", "visits")]
    before = [any_store.query(table) for table in tables]
    migrate(any_store)
    assert [any_store.query(table) for table in tables] == before
    heavier = any_store.query(
        "select name from system.columns where database = {database:String} and table in ('events', 'visits')"
        " and compression_codec not like '%ZSTD(1))'",
        {"database": any_store.database},
    )
    assert {name for (name,) in heavier} == {"path", "entry", "exit"}


def test_the_columns_of_events_are_the_fields_of_event_and_the_place_of_the_row(store: Store) -> None:
    types = {name: kind for name, kind, *_ in store.query("describe table events")}
    assert types.pop("is_loose") == "Bool"
    assert types == EVENT_COLUMNS | PLACE_COLUMNS
    assert set(EVENT_COLUMNS) == {field.name for field in msgspec.structs.fields(Event)}
    assert {name: kind for name, kind, *_ in store.query("describe table refusals")} == REFUSAL_COLUMNS


def test_no_column_could_hold_an_address(store: Store) -> None:
    columns = store.query(
        "select table, name, type from system.columns where database = {database:String}",
        {"database": store.database},
    )
    assert {table for table, *_ in columns} >= TABLES
    assert not [column for column in columns if "IP" in column[2] or re.search(r"address|agent|^ip$", column[1])]


@pytest.mark.parametrize("migration", migrations(), ids=lambda migration: migration.name)
def test_a_table_says_why_it_is_as_it_is(migration: msgspec.Struct) -> None:
    text: str = migration.text  # type: ignore[attr-defined]
    if "order by" in text.split("engine =")[-1]:
        for reason in ("-- order by", "-- partition", "-- codecs"):
            assert reason in text


@pytest.mark.parametrize("cluster", ["", "main"])
def test_every_statement_is_valid_for_a_server_and_for_a_cluster(store: Store, cluster: str) -> None:
    statements = [part for migration in migrations() for part in render(migration.text, cluster)]
    assert len(statements) > len(migrations()) // 2
    for statement in [*statements, *render(BOOK, cluster)]:
        assert "$" not in statement
        (((formatted),),) = store.query("select formatQuery({sql:String})", {"sql": statement})
        assert ("ON CLUSTER main" in formatted) is bool(cluster)


def test_a_cluster_replicates_and_a_visitor_stays_on_one_shard(store: Store) -> None:
    text = "\n".join(part for migration in migrations() for part in render(migration.text, "main"))
    assert set(re.findall(r"engine = (Replicated|Distributed|\w+)", text)) == {"Replicated", "Distributed"}
    assert text.count("ReplicatedReplacingMergeTree") == 3
    assert text.count("cityHash64(site_id, visitor_id)") == 3
    assert " replicated_deduplication_window" in text
    assert "non_replicated" not in text
    with pytest.raises(StoreError):
        store.query("select formatQuery({sql:String})", {"sql": "create tabel x"})
