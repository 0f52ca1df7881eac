"""The nightly chore: when it works, for whom, what it remembers, and what it says when it cannot."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from clickhouse.client import Store
from clickhouse.faults import StoreAway
from clickhouse.insert import insert_events
from clickhouse.retain import Rule
from clickhouse.rows import Event, PlacedEvent, Position
from clickhouse.visits import derive_visits, visit_id_of
from collector.drain import DrainStatus
from footfall.desk import condition_of
from footfall.night import LONGEST_DAYS, turn_of
from footfall.retention import FILE, NOBODY, Retention, night_of, nights_of, read_nights, rule_of
from registry.registry import Registry
from registry.site import Site
from registry.site_settings import SETTINGS
from registry.snapshot import Snapshot

BUSY = "select 1 from system.mutations where database = {name:String} and not is_done"
EVENING = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


@dataclass
class Place:
    """A registry and a store, and a clock that a test moves."""

    registry: Registry
    store: Store
    data: Path
    now: datetime = EVENING
    retention: Retention = field(init=False)

    def __post_init__(self) -> None:
        self.snapshot = Snapshot(self.registry)
        self.restart()

    def restart(self, store: object = None) -> None:
        """Begin a new process on the same data."""
        ground = SimpleNamespace(
            registry=self.registry,
            snapshot=self.snapshot,
            store=store or self.store,
            settings=SimpleNamespace(data=self.data, backup_days=30),
        )
        self.retention = Retention(ground, clock=lambda: self.now)  # type: ignore[arg-type]

    def site(self, host: str, **settings: str) -> Site:
        site = self.registry.sites.add(host, **settings)
        self.snapshot.refresh()
        return site

    def set(self, host: str, **settings: str) -> None:
        self.registry.sites.set(host, settings)
        self.snapshot.refresh()

    def visited(self, site: Site, *days_ago: int) -> None:
        """Keep a visit so many days before the evening each, at that hour."""
        moments = [int((EVENING - timedelta(days=days)).timestamp() * 1000) for days in days_ago]
        rows = [
            PlacedEvent(
                Event(site_id=site.id, ts=ts, visitor_id=n, name="pageview", hostname=site.host, path="/"),
                visit_id_of(site.id, n, ts),
                Position(site.id, n),
            )
            for n, ts in enumerate(moments, 1)
        ]
        insert_events(self.store, rows, token=f"{site.id}")
        derive_visits(self.store, {(site.id, row.visit_id) for row in rows})

    def days_of(self, site: Site) -> list[int]:
        """How many days ago what is really there was, the same in both tables."""
        asked = "select toUnixTimestamp({}) from {} where site_id = {{n:UInt32}} settings apply_deleted_mask = 0"
        found = [
            sorted(
                round((EVENING.timestamp() - s) / 86400)
                for (s,) in self.store.query(asked.format(c, t), {"n": site.id})
            )
            for c, t in (("ts", "events"), ("start", "visits"))
        ]
        assert found[0] == found[1]
        return found[0]

    def is_done(self) -> bool:
        return read_nights(self.data / FILE) == nights_of(self.snapshot.sites, self.now)

    def work(self) -> None:
        """Take steps, some seconds apart and when the store has done what it was told, until the work is noted."""
        began = self.now
        until = time.monotonic() + 60
        while not self.is_done():
            assert time.monotonic() < until
            self.retention.work()
            if not self.store.query(BUSY, {"name": self.store.database}):
                self.now += timedelta(seconds=20)
        self.now = began


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[Place]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}") as registry:
        yield Place(registry, store, tmp_path)


def test_a_night_begins_at_ten_past_three_where_the_site_is() -> None:
    def night(text: str, zone: str) -> date:
        return night_of(datetime.fromisoformat(text).replace(tzinfo=UTC), zone)

    assert night("2026-11-22 03:09", "UTC") == date(2026, 11, 21)
    assert night("2026-11-22 03:10", "UTC") == date(2026, 11, 22)
    assert night("2026-11-21 14:10", "Pacific/Auckland") == date(2026, 11, 22)
    assert night("2026-11-22 11:09", "America/Los_Angeles") == date(2026, 11, 21)
    assert night("2026-11-22 11:10", "America/Los_Angeles") == date(2026, 11, 22)


def test_what_a_site_no_longer_keeps_is_deleted_at_start_up(place: Place) -> None:
    short, long = place.site("short.example", retention_days="30"), place.site("long.example")
    for site in (short, long):
        place.visited(site, 0, 30, 31, 100, 760, 761)
    place.work()
    assert place.days_of(short) == [0, 30]
    assert place.days_of(long) == [0, 30, 31, 100, 760]


def test_each_site_has_its_own_night(place: Place) -> None:
    here = place.site("here.example", retention_days="30")
    there = place.site("there.example", retention_days="30", timezone="Pacific/Auckland")
    for site in (here, there):
        place.visited(site, 0, 29, 30)
    place.work()
    assert place.days_of(here) == [0, 29, 30]  # for Auckland it is the 23rd, at eleven
    assert place.days_of(there) == [0, 29, 30]
    place.now += timedelta(hours=5, minutes=10)
    place.work()
    assert place.days_of(here) == [0, 29]
    assert place.days_of(there) == [0, 29, 30]
    place.now += timedelta(hours=11)  # 14:10 UTC, 03:10 in Auckland
    place.work()
    assert place.days_of(there) == [0, 29]


def test_a_shorter_limit_holds_from_the_next_night_on_and_a_longer_one_brings_nothing_back(place: Place) -> None:
    site = place.site("a.example")
    place.visited(site, 0, 5, 50)
    place.work()
    place.set("a.example", retention_days="7")
    place.work()
    assert place.days_of(site) == [0, 5, 50]
    place.now += timedelta(days=1)
    place.work()
    assert place.days_of(site) == [0, 5]
    place.set("a.example", retention_days="760")
    place.now += timedelta(days=1)
    place.work()
    assert place.days_of(site) == [0, 5]


class Watched:
    """The store, and how often it was spoken to; away when told so."""

    def __init__(self, store: Store) -> None:
        self._store, self.asked, self.is_away = store, 0, False

    def __getattr__(self, name: str) -> object:
        self.asked += 1
        if self.is_away:
            raise StoreAway("ClickHouse does not answer")
        return getattr(self._store, name)


def test_a_restart_does_not_repeat_a_night_that_is_done(place: Place) -> None:
    place.visited(place.site("a.example", retention_days="30"), 0, 100)
    place.work()
    store = Watched(place.store)
    place.restart(store)
    place.retention.work()
    assert store.asked == 0
    (place.data / FILE).write_bytes(b"{broken")
    place.restart(store)
    place.retention.work()
    assert store.asked > 0


def test_a_store_that_is_away_is_tried_again_and_told_after_an_hour(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    site = place.site("a.example", retention_days="30")
    place.visited(site, 0, 100)
    store = Watched(place.store)
    store.is_away = True
    place.restart(store)
    for _ in range(61 * 60):
        place.retention.work()
        place.now += timedelta(seconds=1)
    assert 5 < store.asked < 20
    assert place.retention.is_overdue()
    place.now += timedelta(minutes=10)
    place.retention.work()
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert told == ["retention is overdue, what sites no longer keep is not deleted yet: ClickHouse does not answer"]
    store.is_away = False
    place.now += timedelta(minutes=10)
    place.work()
    assert not place.retention.is_overdue()
    assert place.days_of(site) == [0]


def test_nothing_of_a_removed_site_comes_back_from_anywhere(place: Place) -> None:
    site = place.site("gone.example")
    order = place.registry.orders.file("remove_site", {"site_id": site.id}, "x")
    place.visited(site, 0, 100)
    place.registry.sites.purge(site.host, order_id=order.id)
    place.snapshot.refresh()
    place.work()
    assert place.days_of(site) == []


def test_rows_of_a_site_that_the_registry_does_not_know_are_kept_as_long_as_any(place: Place) -> None:
    stranger = Site(id=77, host="elsewhere.example")
    place.visited(stranger, 0, 100, 900)
    place.work()
    assert place.days_of(stranger) == [0, 100]


def test_nobodys_limit_is_the_longest_a_site_may_have() -> None:
    assert SETTINGS["retention_days"].most == LONGEST_DAYS


def test_only_sites_whose_night_it_is_are_in_the_rule_and_all_hold_back_the_months() -> None:
    sites = [Site(id=1, host="a.example", retention_days=30), Site(id=2, host="b.example", retention_days=60)]
    nights = nights_of(sites, EVENING)
    rule: Rule = rule_of([turn_of(site, nights[site.id], {}) for site in sites], nights, {NOBODY, 1}, {2, 3})
    assert [limit.site_id for limit in rule.limits] == [1]
    assert (rule.known, rule.removed) == ({1, 2}, {3})
    assert rule.all_from == EVENING.date() - timedelta(days=60)


def test_overdue_retention_is_in_the_condition() -> None:
    assert condition_of(DrainStatus(), is_overdue=True).retention_overdue
    assert not condition_of(DrainStatus()).retention_overdue
