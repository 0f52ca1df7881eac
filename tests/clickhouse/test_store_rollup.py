"""What outlives its limit is added up without any visitor, the sums are proved, and small groups end in the months."""

from __future__ import annotations

import time
from datetime import date

import pytest
from store_world import at, event, keep, some_events

from clickhouse.ageing import Age, age
from clickhouse.client import Store
from clickhouse.faults import StoreError
from clickhouse.rollup import fold, fold_months, roll_up
from clickhouse.staging import is_rewriting

COLUMNS = "visitors, visits, pageviews, events"
NIGHT = date(2026, 3, 20)


def rolled(store: Store, table: str, dimension: str) -> dict[str, tuple[int, ...]]:
    sums = ", ".join(f"sum({name})" for name in COLUMNS.split(", "))
    asked = f"select value, {sums} from {table} final where site_id = 1 and dimension = {{d:String}} group by value"
    return {value: tuple(numbers) for value, *numbers in store.query(asked, {"d": dimension})}


def total(store: Store, column: str, table: str = "rollups_daily") -> int:
    asked = f"select sum({column}) from {table} final where site_id = 1 and dimension = ''"
    return int(store.query(asked)[0][0])


def aged(store: Store, what: Age) -> bool:
    """Begin, wait until parts are rewritten, and look whether anything was left."""
    age(store, what)
    while is_rewriting(store):
        time.sleep(0.01)
    return age(store, what)


def test_a_day_is_added_up_to_what_its_events_were(any_store: Store) -> None:
    keep(any_store, some_events(3))
    whole = any_store.query("select uniqExact(toDate(ts)), countIf(name = 'pageview') from events where site_id = 1")[0]
    visits = any_store.query("select count() from visits final where site_id = 1")[0][0]
    assert roll_up(any_store, 1, "UTC", NIGHT) == whole[0]
    assert (total(any_store, "pageviews"), total(any_store, "visits")) == (whole[1], visits)
    assert sum(row[1] for row in rolled(any_store, "rollups_daily", "source").values()) == visits
    assert any_store.query("select count() from rollups_daily where site_id = 2") == [(0,)]


def test_adding_up_again_adds_nothing(any_store: Store) -> None:
    keep(any_store, some_events(4))
    roll_up(any_store, 1, "UTC", NIGHT)
    before = rolled(any_store, "rollups_daily", "page")
    assert roll_up(any_store, 1, "UTC", NIGHT) == 0
    any_store.writer.command("alter table rollups_daily delete where dimension = '' settings mutations_sync = 2")
    assert roll_up(any_store, 1, "UTC", NIGHT) > 0  # as after a crash before the total was written
    assert rolled(any_store, "rollups_daily", "page") == before


def test_a_day_is_the_sites_own(any_store: Store) -> None:
    keep(any_store, [event(ts=at("2026-03-02 23:30:00"))])
    roll_up(any_store, 1, "Pacific/Auckland", NIGHT)
    assert any_store.query("select distinct day from rollups_daily") == [(date(2026, 3, 3),)]


def test_days_that_stay_are_not_added_up(any_store: Store) -> None:
    keep(any_store, [event(ts=at("2026-03-02 12:00:00")), event(ts=at("2026-03-03 00:00:00"), visitor=2)])
    assert roll_up(any_store, 1, "UTC", date(2026, 3, 3)) == 1
    assert total(any_store, "pageviews") == 1


def test_sums_that_differ_are_told_and_the_day_is_not_taken_for_done(any_store: Store) -> None:
    keep(any_store, [event(ts=at("2026-03-02 12:00:00"))])
    any_store.writer.command("alter table visits delete where 1 settings mutations_sync = 2")
    with pytest.raises(StoreError, match="2026-03-02"):
        roll_up(any_store, 1, "UTC", NIGHT)
    assert rolled(any_store, "rollups_daily", "") == {}


def test_no_column_of_a_rollup_could_tell_a_visitor_or_a_visit(store: Store) -> None:
    asked = "select name from system.columns where database = {d:String} and table like 'rollups_%'"
    names = {name for (name,) in store.query(asked, {"d": store.database})}
    assert "visitors" in names
    assert not [name for name in names if name.endswith("_id") and name != "site_id"]


def test_no_group_of_a_month_is_smaller_than_the_sites_least(any_store: Store) -> None:
    days = [f"2026-02-{day:02} 12:00:00" for day in range(1, 13)]
    views = [event(ts=at(day), visitor=n, country="DE") for n, day in enumerate(days, 1)]
    views += [event(ts=at(days[0]), visitor=50 + n, country="FR") for n in range(2)]
    views += [event(ts=at(days[0]), visitor=60 + n, country="ES") for n in range(6)]
    keep(any_store, views)
    roll_up(any_store, 1, "UTC", NIGHT)
    assert fold_months(any_store, 1, date(2026, 3, 1), 5) == 1
    assert fold_months(any_store, 1, date(2026, 3, 1), 5) == 0
    assert rolled(any_store, "rollups_monthly", "country") == {"DE": (12,) * 4, "(other)": (8,) * 4}
    smallest = any_store.query("select min(visitors) from rollups_monthly")[0][0]
    assert smallest >= 5
    assert total(any_store, "pageviews", "rollups_monthly") == total(any_store, "pageviews")


def test_a_month_of_too_few_people_says_nothing() -> None:
    row = ("", "", 3, 3, 5, 5, 1, 10, 10)
    assert fold([row], 5) == [("", "(other)", 0, 0, 0, 0, 0, 0, 0)]


def test_a_city_is_forgotten_first_and_a_region_later(any_store: Store) -> None:
    days = ("2026-01-01 12:00:00", "2026-02-01 12:00:00", "2026-03-01 12:00:00")
    where = {"country": "DE", "region": "DE-BE", "city": "Berlin"}
    keep(any_store, [event(ts=at(day), visitor=n, **where) for n, day in enumerate(days, 1)])
    what = Age(1, "UTC", city_from=date(2026, 2, 15), region_from=date(2026, 1, 15))
    assert not age(any_store, what)
    assert aged(any_store, what)
    left = [("DE", "", ""), ("DE", "DE-BE", ""), ("DE", "DE-BE", "Berlin")]
    for table, moment in (("events", "ts"), ("visits", "start")):
        asked = f"select country, region, city from {table} order by {moment} settings apply_deleted_mask = 0"
        assert any_store.query(asked) == left
    assert any_store.query("select distinct site_id from changes") == [(1,)]


def test_a_region_that_is_forgotten_takes_its_cities_along(any_store: Store) -> None:
    keep(any_store, [event(ts=at("2026-01-01 12:00:00"), region="DE-BE", city="Berlin")])
    assert aged(any_store, Age(1, "UTC", city_from=None, region_from=date(2026, 2, 1)))
    assert any_store.query("select region, city from events") == [("", "")]
