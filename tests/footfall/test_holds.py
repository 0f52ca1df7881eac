"""What is on hold is neither shown nor deleted nor erased, and comes back as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from wayout_world import NOW, Yard

from clickhouse.client import Store
from clickhouse.retain import retain, rows_over, tables_with_time
from footfall.night import turn_of
from footfall.orders import run_orders
from footfall.restriction import isolate_held, never_by_age, refuse_if_held, release_hold
from footfall.retention import NOBODY, nights_of, rule_of
from registry.errors import WrongState
from registry.holds import Hold
from registry.registry import Registry
from registry.salts import open_salts
from registry.site import Site

TODAY = NOW.date()
REVIEW = TODAY + timedelta(days=90)


@pytest.fixture
def yard(any_store: Store, tmp_path: Path) -> Iterator[Yard]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}", clock=lambda: NOW) as registry:
        yield Yard(registry, any_store, tmp_path)


def hold(yard: Yard, site: Site, days_ago: int, until_days_ago: int) -> Hold:
    placed = yard.registry.holds.add(
        site.id,
        TODAY - timedelta(days=days_ago),
        TODAY - timedelta(days=until_days_ago),
        "a court asked for it",
        REVIEW,
        by="ada@example.com",
    )
    carry_out(lambda: isolate_held(yard.registry, yard.store))
    return placed


def carry_out(step: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if step():
            return
    pytest.fail("never done")


def released(yard: Yard, placed: Hold) -> None:
    carry_out(lambda: release_hold(yard.registry, yard.store, placed.id, "bob@example.com"))


def days_in(yard: Yard, table: str) -> set[int]:
    found = yard.store.query(f"select distinct toDate(ts) from {table} settings apply_deleted_mask = 0")
    return {(TODAY - day).days for (day,) in found}


def night(yard: Yard, site: Site, later: int = 0) -> None:
    """Do the work of a night, some days later."""
    now: datetime = NOW + timedelta(days=later)
    nights = nights_of([site], now)
    rule = rule_of([turn_of(site, nights[site.id], {})], nights, {site.id, NOBODY}, set(), never_by_age(yard.registry))
    carry_out(lambda: isolate_held(yard.registry, yard.store))
    carry_out(lambda: retain(yard.store, rule))
    assert not any(rows_over(yard.store, table, rule) for table in tables_with_time(yard.store))


def test_days_on_hold_are_in_no_answer_and_come_back_as_they_were(yard: Yard) -> None:
    site = yard.site("a.example")
    yard.fill(site)
    before, counts = yard.answers(site), yard.counts(site)
    placed = hold(yard, site, 20, 10)
    assert not days_in(yard, "events") & set(range(12, 20))
    assert days_in(yard, "events_isolated")
    assert yard.answers(site) != before
    assert isolate_held(yard.registry, yard.store)  # doing it twice does nothing
    for _ in range(2):
        released(yard, placed)
    assert (yard.answers(site), yard.counts(site)) == (before, counts)
    assert not days_in(yard, "events_isolated")


def test_a_night_deletes_nothing_that_is_on_hold_and_all_of_it_when_it_is_released(yard: Yard) -> None:
    site = yard.site("a.example", retention_days="5")
    yard.fill(site)
    placed = hold(yard, site, 20, 10)
    held = days_in(yard, "events_isolated")
    night(yard, site)
    assert days_in(yard, "events_isolated") == held
    assert max(days_in(yard, "events")) <= 5
    released(yard, placed)
    night(yard, site)
    assert not days_in(yard, "events_isolated")
    assert max(days_in(yard, "events")) <= 5


def test_a_row_that_comes_late_into_days_on_hold_is_held_too(yard: Yard) -> None:
    site = yard.site("a.example", retention_days="5")
    hold(yard, site, 60, 1)
    yard.fill(site, 1)
    night(yard, site)
    assert not days_in(yard, "events") - {0, 1}
    assert days_in(yard, "events_isolated") - {0, 1}


def test_what_two_holds_cover_stays_until_both_are_released(yard: Yard) -> None:
    site = yard.site("a.example")
    yard.fill(site)
    counts = yard.counts(site)
    first, second = hold(yard, site, 30, 10), hold(yard, site, 20, 5)
    released(yard, first)
    assert days_in(yard, "events_isolated") <= set(range(4, 22))
    assert not days_in(yard, "events") & set(range(7, 20))
    released(yard, second)
    assert yard.counts(site) == counts


def test_a_site_with_a_hold_is_not_removed_and_the_reason_is_told(yard: Yard) -> None:
    site = yard.site("a.example")
    yard.fill(site)
    placed = hold(yard, site, 20, 10)
    with pytest.raises(WrongState, match="restricted, not erased, because a court asked for it"):
        refuse_if_held(yard.registry, site.id)
    order = yard.registry.orders.file("remove_site", {"site_id": site.id, "confirmed": "x"}, "x")
    salts = open_salts("memory:", yard.data)
    run_orders(yard.registry, yard.store, salts, lambda _: True, old_parts_seconds=0)
    ended = yard.registry.orders.get(order.id)
    assert ended.state == "failed"
    assert "restricted, not erased, because" in ended.result["error"]
    assert yard.registry.sites.get("a.example").state == "active"
    assert days_in(yard, "events_isolated")
    assert placed.review_at == date(2027, 2, 20)
