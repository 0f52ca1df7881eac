"""Erasing a site that ClickHouse is slow with: the deletion it has begun ends by itself, the next call proves it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from store_world import event, keep

from clickhouse import erase
from clickhouse.client import Store, StoreAway
from clickhouse.erase import STAGING, erase_site
from clickhouse.staging import is_rewriting

PATIENCE = 60.0
LEFT = "select count() from events where site_id = 1 settings apply_deleted_mask = 0"


def test_a_deletion_that_outlived_our_patience_does_not_hang(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(any_store, [event(site_id=1), event(site_id=2, visitor=2)])
    command = any_store.writer.command

    def times_out(sql: str, *binds: object, **rest: object) -> None:
        if not sql.startswith("alter table events "):
            command(sql, *binds, **rest)  # type: ignore[arg-type]
            return
        command("system stop merges events")
        command(sql, *binds)  # type: ignore[arg-type]
        raise StoreAway("no answer within 60 seconds")

    with monkeypatch.context() as patch:
        patch.setattr(any_store.writer, "command", times_out)
        with pytest.raises(StoreAway):
            erase_site(any_store, 1)
    assert any_store.writer.query(f"select count() from {STAGING}") == [(0,)]
    assert is_rewriting(any_store)
    command("system start merges events")
    until = time.monotonic() + PATIENCE
    while is_rewriting(any_store):
        assert time.monotonic() < until, "the deletion hangs"
        time.sleep(0.01)
    erase_site(any_store, 1)
    assert any_store.writer.query(LEFT) == [(0,)]
    assert any_store.query("select site_id from events") == [(2,)]


def test_events_are_stored_while_a_site_is_being_erased(any_store: Store) -> None:
    keep(any_store, [event(site_id=1), event(site_id=2, visitor=2)])
    any_store.writer.command("system stop merges events")
    with ThreadPoolExecutor(1) as elsewhere:
        erasing = elsewhere.submit(erase_site, any_store, 1)
        try:
            until = time.monotonic() + PATIENCE
            while not is_rewriting(any_store, ("events",)):
                assert time.monotonic() < until, "the deletion does not begin"
                time.sleep(0.01)
            keep(any_store, [event(site_id=2, visitor=3)], segment=8)
            assert not erasing.done()
        finally:
            any_store.writer.command("system start merges events")
        erased = {entry.table: entry.rows for entry in erasing.result(PATIENCE) if entry.rows}
    assert (erased["events"], erased["visits"]) == (1, 1)
    assert any_store.writer.query(LEFT) == [(0,)]
    assert any_store.query("select site_id from events") == [(2,), (2,)]


def test_a_deletion_that_takes_too_long_is_told_and_done_again(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(any_store, [event(site_id=1)])
    any_store.writer.command("system stop merges events")
    with monkeypatch.context() as patch:
        patch.setattr(erase, "REWRITE_SECONDS", 0.0)
        with pytest.raises(StoreAway, match="too long"):
            erase_site(any_store, 1)
    any_store.writer.command("system start merges events")
    erase_site(any_store, 1)
    assert any_store.writer.query(LEFT) == [(0,)]
