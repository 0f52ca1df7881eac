"""What a store has acknowledged is on its disk: a server's tables see to that, an engine of our own is synced by us."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import clickhouse.store
from clickhouse.changes import note_change
from clickhouse.cleaning import old_parts
from clickhouse.client import Store, StoreAway
from clickhouse.erase import erase_site, wait_for_old_parts
from clickhouse.lasting import BY_ITSELF, BY_US, Lasting
from clickhouse.migrate import suit_engine

TABLES = """
    select name, engine_full
    from system.tables
    where database = {database:String} and engine like '%MergeTree'
    order by name
"""
SPOOLED = ("events", "refusals", "redactions")
"""What the drain inserts: there a repeated block is recognised by its token."""
DAY = date(2026, 5, 1)


class Disk:
    """Notes how many rows there are when it is told to sync; fails when it shall."""

    def __init__(self, store: Store) -> None:
        self.synced: list[int] = []
        self.fails = False
        self._store = store

    def sync(self, _fd: int) -> None:
        if self.fails:
            raise OSError(5, "Input/output error")
        self.synced.append(rows(self._store))


@pytest.fixture
def disk(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """What the store's file system is, as far as the store's writer can tell."""
    disk = Disk(store)
    lasting = Lasting(tmp_path, disk.sync)
    monkeypatch.setattr(store.writer, "lasting", lasting)
    yield disk
    lasting.close()


def rows(store: Store) -> int:
    return int(store.query("select count() from changes")[0][0])


def settings_of(store: Store) -> dict[str, str]:
    return dict(store.query(TABLES, {"database": store.database}))


def test_an_insert_is_on_disk_before_it_is_acknowledged_in_every_table(any_store: Store) -> None:
    """Otherwise a machine that loses power would lose what the spool has deleted."""
    told = settings_of(any_store)
    wanted = BY_US if any_store.writer.lasting else BY_ITSELF
    assert set(SPOOLED) <= set(told)
    for name, text in told.items():
        if name == "schema_migrations" and wanted is BY_ITSELF:
            continue  # what it forgets is done once more, and changes nothing
        for setting, value in wanted.items():
            assert f"{setting} = {value}" in text, name
        assert ("deduplication_window = 1000" in text) == (name in SPOOLED), name


def test_an_embedded_store_syncs_what_it_wrote_before_it_says_so(store: Store, disk: Disk) -> None:
    note_change(store, 1, DAY, DAY)
    note_change(store, 2, DAY, DAY)
    assert disk.synced == [1, 2]


def test_what_merges_wrote_is_synced_now_and_then(store: Store, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine syncs no merge, and deletes what was merged after a minute."""
    store.tidy()
    assert disk.synced == []
    monkeypatch.setattr(clickhouse.store, "SETTLE_SECONDS", 0.0)
    store.tidy()
    store.tidy()
    assert disk.synced == [0, 0]


def test_files_of_erased_rows_go_after_a_sync_and_all_others_wait_their_minute(store: Store, disk: Disk) -> None:
    note_change(store, 1, DAY, DAY)
    erase_site(store, 1)
    disk.synced.clear()
    replaced = old_parts(store, ["changes"])
    assert replaced
    assert "old_parts_lifetime = 60" in settings_of(store)["changes"]
    assert wait_for_old_parts(store, 60)
    assert disk.synced
    assert not replaced & old_parts(store, ["changes"])
    assert "old_parts_lifetime = 60" in settings_of(store)["changes"]


def test_after_a_failed_sync_nothing_is_called_safe_any_more(store: Store, disk: Disk) -> None:
    """The pages that could not be written may count as clean by now: a second sync would succeed and mean nothing."""
    disk.fails = True
    with pytest.raises(StoreAway, match="disk failed"):
        note_change(store, 1, DAY, DAY)
    disk.fails = False
    with pytest.raises(StoreAway, match="disk failed"):
        note_change(store, 2, DAY, DAY)
    assert disk.synced == []


def test_where_a_file_system_cannot_be_synced_whole_the_engine_syncs_each_part(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(store.writer, "lasting", None)
        suit_engine(store)
        assert all("fsync_after_insert = 1" in text for text in settings_of(store).values())
    suit_engine(store)
    assert all("fsync_after_insert = 1" not in text for text in settings_of(store).values())


def test_one_thread_deletes_old_parts_of_an_embedded_store(store: Store) -> None:
    """Above the default of 100 parts the engine would take 128 threads, and keep them."""
    assert all("concurrent_part_removal_threshold = 1000000" in text for text in settings_of(store).values())
