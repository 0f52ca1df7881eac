"""`footfall rescrub`: an order that ends when every stored text is as it would be kept today."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import Event, PlacedEvent, Position
from clickhouse.visits import derive_visits, visit_id_of
from footfall.rescrub import work
from registry.orders import Order
from registry.registry import Registry

NOON = 1_772_625_600_000


def keep(store: Store, site_id: int, *paths: str) -> None:
    visit = visit_id_of(site_id, 5, NOON)
    rows = [
        PlacedEvent(
            Event(site_id=site_id, ts=NOON + seq, visitor_id=5, name="pageview", hostname="e", path=path),
            visit,
            Position(1, seq),
        )
        for seq, path in enumerate(paths)
    ]
    insert_events(store, rows, token="1")
    derive_visits(store, {(site_id, visit)})


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry.open(f"sqlite:///{tmp_path / 'r.sqlite'}")


def finish(registry: Registry, store: Store, order: Order) -> Order:
    for _ in range(2000):
        if work(registry, store, order, 30.0):
            return registry.orders.get(order.id)
    raise AssertionError("never ended")


def test_a_new_rule_reaches_the_past_and_the_days_are_noted(any_store: Store, registry: Registry) -> None:
    site = registry.sites.add("example.com")
    keep(any_store, site.id, "/staff/jane", "/u/canary@corp.com", "/plain")
    registry.sites.set("example.com", {"redact": "/staff/*"})
    order = registry.orders.file("rescrub", {"site_id": site.id, "since": "2026-03-01"}, "test")
    ended = finish(registry, any_store, order)
    assert (ended.state, ended.result["left"]) == ("done", 0)
    paths = any_store.writer.query("select path from events order by path settings apply_deleted_mask = 0")
    assert paths == [("/plain",), ("/staff/[redacted]",), ("/u/[email]",)]
    assert any_store.query("select entry, exit from visits final") == [("/staff/[redacted]", "/plain")]
    assert (site.id, date(2026, 3, 1)) in any_store.query("select site_id, since from changes")
    registry.close()


def test_an_order_for_a_site_that_is_gone_fails(store: Store, registry: Registry) -> None:
    order = registry.orders.file("rescrub", {"site_id": 99, "since": "2026-03-01"}, "test")
    assert work(registry, store, order, 1.0)
    assert registry.orders.get(order.id).state == "failed"
    registry.close()
