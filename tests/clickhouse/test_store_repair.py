"""Repair: whatever the visits of past days look like, afterwards they are what the definition says of their events."""

from __future__ import annotations

import random

import pytest
from store_world import NOON, QUIET_MS, engagement, event, keep, place, some_events, touched

from clickhouse import repair as repairing
from clickhouse.client import Store, StoreError
from clickhouse.insert import insert_events
from clickhouse.repair import REMOVE, repair
from clickhouse.rows import PlacedEvent, Position
from clickhouse.visits import derive_visits, visit_id_of
from collector.drain import visits as drain_visits

DAY_MS = 86_400_000
MIDNIGHT = NOON - DAY_MS // 2
VISITS = """
    select site_id, visitor_id, start, seconds, entry, exit, pageviews, events, engaged_ms, is_bounce, version
    from visits final
    order by all
"""
PLACES = "select segment, seq from events order by all"


def finish(store: Store, since: int = MIDNIGHT - DAY_MS, until: int = MIDNIGHT + 9 * DAY_MS, site: int = 1) -> None:
    for _ in range(10_000):
        if repair(store, site, since, until) == 0:
            return
    pytest.fail("never repaired")


def scatter(rows: list[PlacedEvent], dice: random.Random) -> list[PlacedEvent]:
    """As if two machines had each seen some of the events, or one had mistaken visits of a visitor for one."""
    spoilt = []
    for row in rows:
        visit = row.visit_id
        if visit and dice.random() < 0.4:
            of_visitor = [other.visit_id for other in rows if other.event.visitor_id == row.event.visitor_id]
            started = visit_id_of(row.event.site_id, row.event.visitor_id, row.event.ts)
            visit = dice.choice([*of_visitor, started])
        spoilt.append(PlacedEvent(row.event, visit, row.position))
    return spoilt


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scattered_visits_become_those_of_the_definition(any_store: Store, seed: int) -> None:
    # Odd minutes keep every gap away from the limit, about which the two rules of thumb differ by a minute.
    told = [e for e in some_events(seed) if e.site_id == 1]
    right = keep(any_store, told, timezone="UTC")
    finish(any_store)
    wanted, places = any_store.query(VISITS), any_store.query(PLACES)
    for table in ("events", "visits"):
        any_store.writer.command(f"truncate table {table}")
    spoilt = scatter(right, random.Random(seed))
    insert_events(any_store, spoilt, token="spoilt")
    derive_visits(any_store, touched(spoilt))
    assert any_store.query(VISITS) != wanted
    finish(any_store)
    assert any_store.query(VISITS) == wanted
    assert any_store.query(PLACES) == places
    assert any_store.query("select count() from repairs") == [(0,)]


def test_what_is_right_is_not_touched(store: Store) -> None:
    keep(store, [event(t=0), event(path="/a", t=1800), event(t=7200), engagement(t=7300, seconds=3), event(visitor=0)])
    parts = "select name from system.parts where database = currentDatabase() and table = 'events' and active"
    before, visits = store.writer.query(parts), store.query(VISITS)
    assert repair(store, 1, MIDNIGHT, MIDNIGHT + DAY_MS) == 0
    assert store.writer.query(parts) == before
    assert store.query(VISITS) == visits


def test_only_the_days_that_were_named_and_the_site_are_mended(store: Store) -> None:
    rows = place([event(t=0), event(t=60), event(t=86_400), event(t=86_460), event(site_id=2), event(t=60, site_id=2)])
    cut = [PlacedEvent(row.event, visit_id_of(row.event.site_id, 1, row.event.ts), row.position) for row in rows]
    insert_events(store, cut, token="cut")
    derive_visits(store, touched(cut))
    finish(store, MIDNIGHT, MIDNIGHT + DAY_MS)
    told = store.query("select site_id, toDayOfMonth(start), pageviews from visits final order by all")
    assert told == [(1, 4, 2), (1, 5, 1), (1, 5, 1), (2, 4, 1), (2, 4, 1)]


def test_a_visit_over_midnight_is_mended_as_a_whole_and_keeps_its_name(store: Store) -> None:
    first = event(t=43_100, consented=True)  # 40 seconds before midnight
    rows = place([first])
    late = PlacedEvent(
        event(t=43_300, path="/late", consented=True),
        visit_id_of(1, 1, NOON + 43_300_000),
        Position(7, 9),
    )
    insert_events(store, [*rows, late], token="x")
    derive_visits(store, touched([*rows, late]))
    finish(store, MIDNIGHT + DAY_MS, MIDNIGHT + 2 * DAY_MS)
    assert store.query("select visit_id, pageviews, seconds from visits final") == [(rows[0].visit_id, 2, 200)]


def test_a_repair_that_was_cut_short_is_resumed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = place([event(t=0), event(path="/a", t=60), event(path="/b", t=7200)])
    one = [PlacedEvent(row.event, rows[0].visit_id, row.position) for row in rows]
    insert_events(store, one, token="one")
    derive_visits(store, touched(one))
    with monkeypatch.context() as patch:
        patch.setattr(repairing, "REMOVE", "select bad")
        for _ in range(2):
            with pytest.raises(StoreError, match="ClickHouse error 47"):
                repair(store, 1, MIDNIGHT, MIDNIGHT + DAY_MS)
    assert store.query("select count() from events") == [(4,)]  # one is in both visits
    finish(store, MIDNIGHT, MIDNIGHT + DAY_MS)
    assert store.query("select count(), uniqExact(segment, seq), uniqExact(visit_id) from events") == [(3, 3, 2)]
    assert store.query("select pageviews, seconds from visits final order by all") == [(1, 0), (2, 60)]
    assert "visitor_id" not in REMOVE


def test_a_lost_row_of_visits_is_derived_again(store: Store) -> None:
    keep(store, [event(t=0), event(t=60)])
    told = store.query(VISITS)
    store.writer.command("truncate table visits")
    finish(store, MIDNIGHT, MIDNIGHT + DAY_MS)
    assert store.query(VISITS) == told


def test_the_rule_is_the_drains() -> None:
    assert repairing.QUIET_MS == drain_visits.QUIET_MS > QUIET_MS
