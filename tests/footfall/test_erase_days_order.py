"""Days that an owner erases are gone from store and spool; those that a hold keeps stay, whenever their rows came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from wayout_world import NOW, Yard

from clickhouse.client import Store
from clickhouse.rows import Event
from collector.spool import Spool
from collector.spool.reader import Reader
from collector.spool.record import KeptEvent, decode, encode_event
from footfall.orders import run_orders
from footfall.restriction import free_of_holds, isolate_held
from registry.registry import Registry
from registry.salts import open_salts
from registry.site import Site

TODAY = NOW.date()


@pytest.fixture
def yard(store: Store, tmp_path: Path) -> Iterator[Yard]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}", clock=lambda: NOW) as registry:
        yield Yard(registry, store, tmp_path)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def hold(yard: Yard, site: Site, since: int, until: int) -> None:
    yard.registry.holds.add(site.id, ago(since), ago(until), "a court asked", TODAY + timedelta(days=9), by="ada")


def erased(yard: Yard, site: Site, since: date, until: date) -> list[list[str]]:
    args = {"site_id": site.id, "since": since.isoformat(), "until": until.isoformat()}
    order = yard.registry.orders.file("erase_days", args, "ada")
    salts = open_salts("memory:", yard.data)
    for _ in range(10_000):
        run_orders(yard.registry, yard.store, salts, lambda _: True, old_parts_seconds=0, data=yard.data)
        ended = yard.registry.orders.get(order.id)
        if ended.state != "waiting":
            assert ended.state == "done", ended.result
            return list(ended.result["erased"])
    pytest.fail("never done")


def days_in(yard: Yard, *tables: str, column: str = "toDate(ts)") -> set[int]:
    asked = "select distinct {} from {} settings apply_deleted_mask = 0"
    return {(TODAY - day).days for table in tables for (day,) in yard.store.query(asked.format(column, table))}


def test_rows_that_came_after_the_hold_was_placed_stay_when_its_days_are_erased(yard: Yard) -> None:
    site = yard.site("a.example", timezone="UTC")
    hold(yard, site, 20, 10)
    while not isolate_held(yard.registry, yard.store):
        pass
    yard.fill(site)
    everything = yard.counts(site)["events"]
    kept = yard.store.query(
        "select count() from events where toDate(ts) >= {a:Date} and toDate(ts) < {b:Date}",
        {"a": ago(20), "b": ago(10)},
    )
    assert 0 < kept[0][0] < everything
    told = erased(yard, site, ago(60), TODAY + timedelta(days=1))
    assert told == [[ago(60).isoformat(), ago(20).isoformat()], [ago(10).isoformat(), "2026-11-23"]]
    assert not days_in(yard, "events", "events_isolated") - set(range(11, 21))
    assert yard.store.query("select count() from events_isolated") == kept
    assert yard.store.query("select count() from events") == [(0,)]


def test_refusals_of_a_day_on_hold_stay(yard: Yard) -> None:
    site = yard.site("a.example", timezone="UTC")
    yard.fill(site)
    hold(yard, site, 5, -1)
    assert erased(yard, site, TODAY, TODAY + timedelta(days=1)) == []
    assert yard.store.query("select count() from refusals") == [(1,)]


@pytest.mark.parametrize(
    ("holds", "free"),
    [
        ((), [(10, 5)]),
        (((20, 10),), [(10, 5)]),
        (((5, 1),), [(10, 5)]),
        (((8, 7),), [(10, 8), (7, 5)]),
        (((12, 9), (6, 2)), [(9, 6)]),
        (((9, 7), (8, 6)), [(10, 9), (6, 5)]),
        (((20, 1),), []),
    ],
)
def test_only_days_that_no_hold_keeps_are_free(
    yard: Yard, holds: tuple[tuple[int, int], ...], free: list[tuple[int, int]]
) -> None:
    site = yard.site("a.example")
    for since, until in holds:
        hold(yard, site, since, until)
    assert free_of_holds(yard.registry, site.id, ago(10), ago(5)) == [(ago(a), ago(b)) for a, b in free]


def test_the_spool_keeps_nothing_of_a_day_that_was_erased(yard: Yard) -> None:
    site, other = yard.site("a.example", timezone="UTC"), yard.site("b.example", timezone="UTC")
    noon = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp() * 1000)
    spool = Spool.open(yard.data / "spool" / "0")
    for number, path in ((site.id, "/canary"), (other.id, "/b")):
        views = [(noon, path), (noon + 86_400_000, "/later")]
        spool.append([
            encode_event(Event(site_id=number, ts=ts, visitor_id=1, name="pageview", hostname="x", path=where))
            for ts, where in views
        ])  # fmt: skip
    erased(yard, site, ago(1), TODAY)
    spool.close()
    reader = Reader(yard.data / "spool" / "0")
    kept = []
    while reader.peek() is not None:
        kept += [decode(record) for record in reader.take().records()]
    assert [one.event.path for one in kept if isinstance(one, KeptEvent)] == ["/later", "/b", "/later"]
    assert (len(kept), reader.lost) == (4, 0)
