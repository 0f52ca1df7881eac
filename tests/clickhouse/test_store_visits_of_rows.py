"""Visits that the store finds by the rows of a batch are those that would have been named one by one."""

from __future__ import annotations

import pytest
from store_world import place, some_events, touched

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.visits import DERIVE_ROWS, MANY_VISITS, Rows, derive_visits, derive_visits_of_rows


def visits(store: Store) -> list[tuple[object, ...]]:
    return store.query("select * from visits final order by site_id, visit_id")


def test_visits_found_by_their_rows_are_those_that_are_named(any_store: Store) -> None:
    rows = place(some_events(4, visits=400, hours=6))
    earlier, later = rows[: len(rows) // 3], rows[len(rows) // 3 :]
    for some in (earlier, later):
        insert_events(any_store, some, token=f"{len(some)}")
    assert len(touched(later)) >= MANY_VISITS
    derive_visits_of_rows(any_store, Rows(7, len(earlier), len(rows)), touched(later))
    found = visits(any_store)
    any_store.writer.command("truncate table visits")
    derive_visits(any_store, touched(later))
    assert found == visits(any_store)


@pytest.mark.parametrize("visits_hours", [(20, 6), (400, 300)])
def test_few_visits_or_those_of_many_days_are_named(store: Store, visits_hours: tuple[int, int]) -> None:
    rows = place(some_events(5, visits=visits_hours[0], hours=visits_hours[1]))
    insert_events(store, rows, token="x")
    derive_visits_of_rows(store, Rows(7, 0, len(rows)), touched(rows))
    found = visits(store)
    derive_visits(store, touched(rows))
    assert found == visits(store) != []


def test_rows_beside_those_visits_are_not_read_whole(store: Store) -> None:
    insert_events(store, place(some_events(6)), token="x")
    asked = DERIVE_ROWS[DERIVE_ROWS.index("with\n") :]
    every = {"segment": 7, "a": 0, "b": 99, "first": 1, "last": (1 << 64) - 1, "since": 0, "until": 1 << 42}
    told = store.query(f"explain indexes = 1 {asked}", every)
    (sieve,) = [line for (line,) in told if "Prewhere filter column" in line]
    assert "visit_id" in sieve
    assert "GLOBAL IN" in sieve
