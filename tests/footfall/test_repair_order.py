"""`footfall repair`: an order that ends when the visits of closed days are what their events say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cli_world import Home, running
from facade import Facade

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import Event, PlacedEvent, Position
from clickhouse.visits import derive_visits, visit_id_of
from collector.drain.looking import Rewound
from collector.spool import Spool
from collector.spool.record import encode_event
from footfall.orders import run_orders
from footfall.repair import first_open_day, work
from registry.orders import Order
from registry.registry import Registry
from registry.salts import open_salts

NOON = 1_772_625_600_000
MINUTE = 60_000


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(f"sqlite:///{tmp_path / 'r.sqlite'}") as registry:
        yield registry


def cut_in_two(store: Store, site_id: int) -> None:
    """One visit of two pages, as two machines would have stored it."""
    told = [Event(site_id=site_id, ts=NOON + at * MINUTE, visitor_id=5, name="pageview", hostname="e", path=f"/{at}")
            for at in (0, 5)]  # fmt: skip
    rows = [PlacedEvent(event, visit_id_of(site_id, 5, event.ts), Position(at, 0)) for at, event in enumerate(told)]
    insert_events(store, rows, token="1")
    derive_visits(store, {(site_id, row.visit_id) for row in rows})


def finish(registry: Registry, store: Store, order: Order) -> Order:
    for _ in range(5000):
        if work(registry, store, order):
            return registry.orders.get(order.id)
    raise AssertionError("never ended")


def test_a_visit_that_two_machines_saw_is_one_again_and_the_days_are_noted(
    any_store: Store, registry: Registry
) -> None:
    site = registry.sites.add("example.com")
    cut_in_two(any_store, site.id)
    assert any_store.query("select count() from visits final") == [(2,)]
    days = {"site_id": site.id, "since": "2026-03-04", "until": "2026-03-05"}
    ended = finish(registry, any_store, registry.orders.file("repair", days, "test"))
    assert (ended.state, ended.result) == ("done", {"since": "2026-03-04", "until": "2026-03-05"})
    assert any_store.query("select pageviews, seconds, entry, exit from visits final") == [(2, 300, "/0", "/5")]
    noted = any_store.query("select site_id, since, until from changes order by at desc limit 1")
    assert noted == [(site.id, date(2026, 3, 4), date(2026, 3, 5))]


@pytest.mark.parametrize(("site", "day"), [(99, "2026-03-04"), (1, "2999-01-01")])
def test_an_order_that_cannot_be_fulfilled_fails(store: Store, registry: Registry, site: int, day: str) -> None:
    registry.sites.add("example.com")
    order = registry.orders.file("repair", {"site_id": site, "since": day, "until": "2999-01-02"}, "test")
    assert finish(registry, store, order).state == "failed"


def test_a_day_is_closed_an_hour_after_its_end_where_the_site_is(registry: Registry) -> None:
    site = registry.sites.add("example.com", timezone="Pacific/Auckland")
    midnight = datetime(2026, 3, 3, 11, tzinfo=UTC)  # of the 4th, there
    assert first_open_day(site, midnight + timedelta(minutes=59)) == date(2026, 3, 3)
    assert first_open_day(site, midnight + timedelta(minutes=60)) == date(2026, 3, 4)


def test_the_command_repairs_what_is_over_and_refuses_the_rest(home: Home) -> None:
    pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")
    home.run("site", "add", "example.com")
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    done = home.run("repair", "--site", "example.com", "--since", day)
    assert done.returncode == 0, done.stderr
    assert "is what its events say" in done.stdout
    for words in ((), ("--day", day, "--since", day), ("--day", datetime.now(UTC).date().isoformat())):
        assert home.run("repair", "--site", "example.com", *words).returncode == 2
    assert home.run("repair", "--site", "nobody.example", "--day", day).returncode != 0


def test_the_command_stores_again_what_was_lost_and_says_how_much(
    home: Home, server_store: Store, facade: Facade
) -> None:
    home.environment["FOOTFALL_STORE"] = facade.dsn(server_store.database)
    home.run("site", "add", "example.com")
    with closing(Spool.open(home.data / "spool" / "0")) as spool:
        ts = int(datetime.now(UTC).timestamp() * 1000)
        told = [Event(site_id=1, ts=ts, visitor_id=at + 1, name="pageview", hostname="e", path="/") for at in range(3)]
        spool.append([encode_event(event) for event in told])
    done = home.run("repair", "--lost")
    assert done.returncode == 0, done.stderr
    assert "3 rows of the spool were looked for in the store; stored again: 0" in done.stdout
    server_store.writer.command("truncate table events")
    done = home.run("repair", "--lost")
    assert "3 rows of the spool were looked for in the store; stored again: 3" in done.stdout
    server_store.writer.command("truncate table events")
    with running(home):
        done = home.run("repair", "--lost")
    assert "3 rows of the spool were looked for in the store; stored again: 3" in done.stdout, done.stderr
    for words in (("--site", "example.com"), ("--day", "2026-03-04")):
        assert home.run("repair", "--lost", *words).returncode == 2


def test_an_order_to_rewind_waits_for_whoever_drains(registry: Registry, store: Store, tmp_path: Path) -> None:
    order = registry.orders.file("rewind", {}, "test")
    answers = [None, Rewound(order.id, 7, 2)]
    salts = open_salts("memory:", tmp_path)
    assert run_orders(registry, store, salts, lambda _: True) == 0
    for ended in (0, 1):
        assert run_orders(registry, store, salts, lambda _: True, rewind=lambda _: answers.pop(0)) == ended
    assert registry.orders.get(order.id).result == {"looked": 7, "stored": 2}
