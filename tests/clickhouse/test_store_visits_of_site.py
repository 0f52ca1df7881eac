"""Deriving all visits of a site at once gives the same rows as deriving them one by one."""

from __future__ import annotations

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import Event, PlacedEvent, Position
from clickhouse.visits import derive_visits, derive_visits_of_site, visit_id_of

NOON = 1_790_000_000_000
EVERYTHING = "select * except version from visits final order by all"


def told(site_id: int) -> list[PlacedEvent]:
    """Six visits of three pages each, on six days."""
    rows = []
    for visit in range(6):
        start = NOON + visit * 86_400_000
        visit_id = visit_id_of(site_id, visit + 1, start)
        for page in range(3):
            event = Event(
                site_id=site_id, ts=start + page * 60_000, visitor_id=visit + 1, name="pageview", hostname="a.example",
                path=f"/{page}",
            )  # fmt: skip
            rows.append(PlacedEvent(event, visit_id, Position(7, len(rows))))
    return rows


def test_all_at_once_is_the_same_as_one_by_one(store: Store) -> None:
    rows = told(1) + told(2)
    insert_events(store, rows, token="all")
    derive_visits_of_site(store, 1)
    at_once = store.query(EVERYTHING)
    assert len(at_once) == 6
    store.writer.command("truncate table visits")
    derive_visits(store, {(1, row.visit_id) for row in rows if row.event.site_id == 1})
    assert store.query(EVERYTHING) == at_once


def test_deriving_a_site_again_changes_nothing(store: Store) -> None:
    insert_events(store, told(1), token="all")
    derive_visits_of_site(store, 1)
    before = store.query(EVERYTHING)
    derive_visits_of_site(store, 1)
    assert store.query(EVERYTHING) == before
