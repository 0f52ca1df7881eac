"""What rewrites tables at night or for a hold is only begun: events are stored meanwhile, and the proof comes later."""

from __future__ import annotations

import time
from datetime import date

from store_world import at, event, keep

from clickhouse.ageing import Age, age
from clickhouse.client import Store
from clickhouse.isolate import isolate, take_over
from clickhouse.staging import is_rewriting

PATIENCE = 60.0
TS = "2026-03-02 12:00:00"
SINCE, UNTIL = date(2026, 3, 1), date(2026, 3, 4)


def until_rewritten(store: Store) -> None:
    until = time.monotonic() + PATIENCE
    while is_rewriting(store):
        assert time.monotonic() < until, "never rewritten"
        time.sleep(0.01)


def test_events_are_stored_while_fields_of_old_ones_are_forgotten(any_store: Store) -> None:
    keep(any_store, [event(ts=at(TS), country="DE", region="DE-BE", city="Berlin")])
    what = Age(1, "Europe/Berlin", date(2026, 4, 1), None)
    for table in ("events", "visits"):
        any_store.writer.command(f"system stop merges {table}")
    try:
        assert not age(any_store, what)
        assert is_rewriting(any_store)
        keep(any_store, [event(ts=at("2026-05-02 12:00:00"), visitor=2, city="Bonn")], segment=8)
        assert any_store.query("select city from events order by ts") == [("Berlin",), ("Bonn",)]
    finally:
        for table in ("events", "visits"):
            any_store.writer.command(f"system start merges {table}")
    until_rewritten(any_store)
    assert age(any_store, what)
    assert any_store.query("select city, region from events order by ts") == [("", "DE-BE"), ("Bonn", "")]
    assert any_store.query("select city from visits final order by visit_id") == [("",), ("Bonn",)]


def test_a_hold_is_handed_over_step_by_step(store: Store) -> None:
    keep(store, [event(ts=at(TS)), event(ts=at(TS), site_id=2)])
    for _ in range(10_000):
        if isolate(store, 1, SINCE, UNTIL, "UTC", 4):
            break
    store.writer.command("system stop merges events_isolated")
    try:
        assert not take_over(store, 1, SINCE, UNTIL, "UTC", 4, 5)
        keep(store, [event(ts=at(TS), site_id=2, visitor=2)], segment=8)
        assert not take_over(store, 1, SINCE, UNTIL, "UTC", 4, 5)
    finally:
        store.writer.command("system start merges events_isolated")
    until_rewritten(store)
    assert take_over(store, 1, SINCE, UNTIL, "UTC", 4, 5)
    assert store.query("select hold_id from events_isolated") == [(5,)]
    assert take_over(store, 1, date(2026, 5, 1), date(2026, 5, 2), "UTC", 5, 6)
    assert store.query("select hold_id from events_isolated") == [(5,)]
