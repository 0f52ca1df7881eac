"""What visitors demand of days on hold waits, and is heeded when the hold ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from faults.demanding import demand, events_with_masked, fulfil_all
from faults.drains import drain_all
from faults.traffic import NOON, event, fill

from clickhouse.client import Store
from footfall.restriction import isolate_held, release_hold
from registry.holds import Hold
from registry.registry import Registry

DAY = datetime.fromtimestamp(NOON / 1000, UTC).date()
NOW = datetime.fromtimestamp(NOON / 1000, UTC) + timedelta(days=1)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}", clock=lambda: NOW) as registry:
        registry.sites.add("example.com", timezone="UTC")
        yield registry


def carry_out(step: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if step():
            return
    pytest.fail("never done")


def held(registry: Registry, store: Store) -> Hold:
    hold = registry.holds.add(1, DAY, DAY + timedelta(days=1), "a court", NOW.date() + timedelta(days=9), by="ada")
    carry_out(lambda: isolate_held(registry, store))
    return hold


def released(registry: Registry, store: Store, hold: Hold) -> None:
    carry_out(lambda: release_hold(registry, store, hold.id, "ada"))


def stored(store: Store, spool: Path) -> None:
    """Three visitors, one of them twice, all before the hold."""
    fill(spool, [event(at, visitor=at % 3 + 1, path=f"/{at}") for at in range(4)])
    drain_all(store, spool)


@pytest.mark.parametrize("act", ["erase", "erase_later"])
def test_who_asked_for_erasure_under_a_hold_is_gone_when_it_ends(
    any_store: Store, registry: Registry, tmp_path: Path, act: str
) -> None:
    stored(any_store, tmp_path / "spool")
    hold = held(registry, any_store)
    fill(tmp_path / "spool", [demand(30, number=1, act=act)])
    fulfil_all(any_store, tmp_path / "spool")
    assert events_with_masked(any_store, "events_isolated") == ["/0", "/1", "/2", "/3"]
    released(registry, any_store, hold)
    assert events_with_masked(any_store) == ["/1", "/2"]
    assert events_with_masked(any_store, "events_isolated") == []
    assert any_store.query("select visitor_id from visits final order by 1") == [(2,), (3,)]


def test_what_was_only_marked_as_deleted_goes_when_the_hold_ends(
    store: Store, registry: Registry, tmp_path: Path
) -> None:
    stored(store, tmp_path / "spool")
    hold = held(registry, store)
    fill(tmp_path / "spool", [demand(30, number=1)])
    fulfil_all(store, tmp_path / "spool")
    store.writer.command("delete from events_isolated where path = '/0'")
    released(registry, store, hold)
    assert events_with_masked(store, "events_isolated") == []


def test_who_asked_not_to_be_counted_under_a_hold_is_not_counted_when_it_ends(
    store: Store, registry: Registry, tmp_path: Path
) -> None:
    stored(store, tmp_path / "spool")
    hold = held(registry, store)
    fill(tmp_path / "spool", [demand(30, number=1, act="restrict")])
    fulfil_all(store, tmp_path / "spool")
    released(registry, store, hold)
    assert events_with_masked(store) == ["/1", "/2"]
    assert store.query("select path, hold_id from events_isolated order by path") == [("/0", 0), ("/3", 0)]


def test_what_was_set_aside_instead_of_erased_stays_until_the_last_hold_ends(
    store: Store, registry: Registry, tmp_path: Path
) -> None:
    first, second = held(registry, store), held(registry, store)
    stored(store, tmp_path / "spool")
    fill(tmp_path / "spool", [demand(30, number=1, act="erase_later")])
    fulfil_all(store, tmp_path / "spool")
    released(registry, store, first)
    assert set(events_with_masked(store, "events_isolated")) >= {"/0", "/3"}
    released(registry, store, second)
    assert events_with_masked(store, "events_isolated") == []
    assert events_with_masked(store) == ["/1", "/2"]


def test_a_wish_that_came_when_the_hold_had_ended_is_heeded_in_the_next_night(
    store: Store, registry: Registry, tmp_path: Path
) -> None:
    stored(store, tmp_path / "spool")
    fill(tmp_path / "spool", [demand(30, number=1, act="erase_later")])
    fulfil_all(store, tmp_path / "spool")
    assert events_with_masked(store, "events_isolated") == ["/0", "/3"]
    carry_out(lambda: isolate_held(registry, store))
    assert events_with_masked(store, "events_isolated") == []
