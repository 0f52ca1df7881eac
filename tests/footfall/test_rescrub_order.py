"""`footfall rescrub`: an order that ends when every stored text is as it would be kept today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cli_world import Home

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import Event, PlacedEvent, Position
from clickhouse.visits import derive_visits, visit_id_of
from collector.spool import Spool
from collector.spool.record import encode_event
from footfall.orders import run_orders
from footfall.rescrub import work
from footfall.restriction import isolate_held
from registry.orders import Order
from registry.registry import Registry
from registry.salts import open_salts

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


def test_days_on_hold_stay_as_they_are_and_are_scrubbed_when_the_hold_ends(
    store: Store, registry: Registry, tmp_path: Path
) -> None:
    site = registry.sites.add("example.com")
    keep(store, site.id, "/staff/jane", "/plain")
    review = registry.now().date() + timedelta(days=30)
    hold = registry.holds.add(site.id, date(2026, 3, 1), date(2026, 4, 1), "a court asked", review, by="ada")
    until(lambda: isolate_held(registry, store))
    registry.sites.set("example.com", {"redact": "/staff/*"})
    ended = finish(
        registry, store, registry.orders.file("rescrub", {"site_id": site.id, "since": "2026-01-01"}, "test")
    )
    assert ended.result["held"] == [hold.id]
    assert paths(store, "events_isolated") == ["/plain", "/staff/jane"]
    registry.orders.file("release_hold", {"hold_id": hold.id}, "ada")
    salts = open_salts("memory:", tmp_path)

    def work_on() -> bool:
        run_orders(registry, store, salts, lambda _: True, old_parts_seconds=0)
        return not registry.orders.waiting()

    until(work_on)
    assert (paths(store, "events"), paths(store, "events_isolated")) == (["/plain", "/staff/[redacted]"], [])
    assert registry.orders.ended("rescrub")[-1].args == {"site_id": site.id, "since": "2026-03-01"}
    registry.close()


def until(step: Callable[[], bool]) -> None:
    for _ in range(20_000):
        if step():
            return
    raise AssertionError("never ended")


def paths(store: Store, table: str) -> list[str]:
    rows = store.writer.query(f"select path from {table} order by path settings apply_deleted_mask = 0")
    return [path for (path,) in rows]


def test_an_order_for_a_site_that_is_gone_fails(store: Store, registry: Registry) -> None:
    order = registry.orders.file("rescrub", {"site_id": 99, "since": "2026-03-01"}, "test")
    assert work(registry, store, order, 1.0)
    assert registry.orders.get(order.id).state == "failed"
    registry.close()


def test_without_a_server_the_command_scrubs_by_itself(home: Home) -> None:
    home.run("site", "add", "example.com")
    with Registry.open(home.registry_url) as registry:
        site = registry.sites.get("example.com")
    now = int(datetime.now(UTC).timestamp() * 1000) - 60_000
    (home.data / "spool").mkdir(mode=0o700, exist_ok=True)
    spool = Spool.open(home.data / "spool" / "0")
    spool.append([encode_event(Event(site.id, now, 5, "pageview", "example.com", "/staff/jane"))])
    spool.close()
    home.run("site", "set", "example.com", "redact=/staff/*")
    told = home.run("rescrub", "--site", "example.com", "--since", "2026-01-01")
    assert told.returncode == 0, told.stderr
    assert "every stored text since 2026-01-01 is as it would be kept today" in told.stdout
