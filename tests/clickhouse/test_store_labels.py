"""Labels: sums name nothing any more that their events were rewritten or erased for, and still add up."""

from __future__ import annotations

import time
from datetime import date

import pytest
from store_world import event, keep

from clickhouse.client import Store
from clickhouse.insert import insert_redactions
from clickhouse.labels import Anew, relabel
from clickhouse.rollup import fold_months, roll_up
from clickhouse.rows import Position, RedactionCount

CANARY = "canary-jane"
FIRST, LAST = date(2026, 3, 1), date(2026, 4, 1)
NIGHT = date(2026, 3, 20)
SUMS = ("rollups_daily", "rollups_monthly", "day_sums", "redactions")
CLOSED_DAY = (
    "insert into day_sums (site_id, dimension, days, day, label) values (1, 'page', 1, '2026-03-04', {label:String})",
    "insert into day_book (site_id, day, days, timezone, at) values (1, '2026-03-04', 1, 'UTC', 0)",
)


def plain(_dimension: str, text: str) -> str:
    return text.replace(CANARY, "[user]").replace("canary-joe", "[user]")


def without(_dimension: str, text: str) -> str | None:
    return None if CANARY in text or "canary-joe" in text else text


def finish(store: Store, anew: Anew) -> int:
    changed, deadline = 0, time.monotonic() + 60
    while time.monotonic() < deadline:
        left = relabel(store, 1, FIRST, LAST, anew)
        if left == 0:
            return changed
        changed += left or 0
    raise AssertionError("never done")


def a_month(store: Store) -> None:
    """Three days on which two people's pages stood beside the scrubbed one, added up in every way."""
    keep(store, [
        event(path=path, t=86_400 * day, visitor=10 * day + number, hostname="example.com")
        for day in range(3)
        for number, path in enumerate((f"/u/{CANARY}", "/u/canary-joe", "/u/[user]", "/plain", "/plain"))
    ])  # fmt: skip
    counts = [RedactionCount(1, 20_516, "email", place, 1) for place in (f"/u/{CANARY}", "/plain", "title")]
    insert_redactions(store, [(Position(9, seq), one) for seq, one in enumerate(counts)], token="r")
    roll_up(store, 1, "UTC", NIGHT)
    fold_months(store, 1, LAST, 1)
    for statement in CLOSED_DAY:
        store.writer.command(statement, {"label": f"/u/{CANARY}"})


def everything(store: Store, *tables: str) -> str:
    return "".join(str(store.writer.query(f"select * from {name} settings apply_deleted_mask = 0")) for name in tables)


def pages(store: Store, table: str = "rollups_daily") -> list[tuple[object, ...]]:
    asked = f"select value, sum(pageviews) from {table} final where dimension = 'page' group by 1 order by 1"
    return [tuple(row) for row in store.query(asked)]


def test_labels_that_become_one_are_added_up(any_store: Store) -> None:
    a_month(any_store)
    assert all(CANARY in everything(any_store, name) for name in SUMS)
    assert finish(any_store, plain) > 4
    assert pages(any_store) == pages(any_store, "rollups_monthly") == [("/plain", 6), ("/u/[user]", 9)]
    assert "canary" not in everything(any_store, *SUMS)
    assert "/plain" in everything(any_store, "redactions")
    assert "/u/[user]" in everything(any_store, "redactions")
    assert finish(any_store, plain) == 0


def test_a_page_that_is_taken_out_leaves_no_row_and_the_days_total_stays(any_store: Store) -> None:
    a_month(any_store)
    whole = "select sum(pageviews) from rollups_daily final where dimension = ''"
    before = any_store.query(whole)
    finish(any_store, without)
    assert pages(any_store) == [("/plain", 6), ("/u/[user]", 3)]
    assert "canary" not in everything(any_store, *SUMS)
    assert any_store.query(whole) == before


@pytest.mark.parametrize("dies_in", ["clickhouse.labels._delete", "clickhouse.labels._insert"])
def test_a_step_that_is_cut_short_counts_nothing_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    a_month(store)

    def die(*_words: object) -> None:
        raise ConnectionAbortedError

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(dies_in, die)
            with pytest.raises(ConnectionAbortedError):
                relabel(store, 1, FIRST, LAST, plain)
    finish(store, plain)
    assert pages(store) == [("/plain", 6), ("/u/[user]", 9)]


def test_no_statement_and_no_table_in_memory_keeps_a_label(store: Store) -> None:
    a_month(store)
    finish(store, plain)
    told = store.writer.query("select command from system.mutations where database = currentDatabase()")
    assert told
    assert "canary" not in str(told)
    assert store.writer.query("select count() from scrub_pairs") == [(0,)]


def test_other_days_and_other_sites_keep_theirs(store: Store) -> None:
    keep(store, [
        event(path=f"/u/{CANARY}", t=-86_400 * 10, visitor=1),
        event(path=f"/u/{CANARY}", visitor=2, site_id=2),
    ])  # fmt: skip
    for site in (1, 2):
        roll_up(store, site, "UTC", NIGHT)
    assert finish(store, plain) == 0
    assert everything(store, "rollups_daily").count(CANARY) == 4
