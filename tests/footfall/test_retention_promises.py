"""Promises about keeping: none is broken backwards, all are proved and told, and a clock that leaps deletes nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from test_retention import EVENING, Place

from clickhouse.client import Store
from clickhouse.insert import insert_refusals
from clickhouse.rows import Position, Reason, RefusalCount
from footfall.retention import NOBODY
from registry.keeping import Limit, first_day_of
from registry.registry import Registry
from registry.site import Site

TODAY = date(2026, 11, 22)


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[Place]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}", clock=lambda: clock[0]) as registry:
        clock = [EVENING - timedelta(days=400)]
        made = Place(registry, store, tmp_path)
        made.clock = clock  # type: ignore[attr-defined]
        yield made


def at(place: Place, days_ago: int) -> None:
    """Let the registry's changes happen so many days before the evening."""
    place.clock[0] = EVENING - timedelta(days=days_ago)  # type: ignore[attr-defined]


def history(*changes: tuple[int, int]) -> Sequence[Limit]:
    """(days ago, limit): the first has no beginning."""
    (_, first), *later = changes
    return [
        Limit(None, first),
        *(Limit(datetime(2026, 11, 22, 12, tzinfo=UTC) - timedelta(days=ago), days) for ago, days in later),
    ]


@pytest.mark.parametrize(
    ("changes", "kept_days"),
    [
        ([(0, 760)], 760),
        ([(0, 760), (10, 30)], 30),  # shortened: at once, for all there is
        ([(0, 30), (100, 760)], 99),  # lengthened 100 days ago: what came the day after is the oldest that stays
        ([(0, 30), (10, 760)], 30),  # lengthened 10 days ago: older days keep their promise
        ([(0, 30), (400, 760), (5, 90)], 90),
        ([(0, 30), (400, 760), (300, 7), (200, 760)], 199),
        ([(0, 0), (50, 20)], 20),
    ],
)
def test_no_day_is_kept_longer_than_it_was_ever_promised(changes: list[tuple[int, int]], kept_days: int) -> None:
    site = Site(id=1, host="a.example")
    assert TODAY - first_day_of(site, changes[-1][1], history(*changes), TODAY) == timedelta(days=kept_days)


def test_a_longer_limit_holds_for_later_days_only(place: Place) -> None:
    at(place, 400)
    site = place.site("a.example", retention_days="30")
    at(place, 20)
    place.set("a.example", retention_days="760")
    place.visited(site, 0, 10, 19, 29, 31, 60)
    place.work()
    assert place.days_of(site) == [0, 10, 19, 29]
    place.now += timedelta(days=15)
    place.work()
    assert place.days_of(site) == [0, 10, 19]


def test_what_was_proved_when_is_on_record(place: Place) -> None:
    site = place.site("a.example", retention_days="30", age_city_days="7")
    place.visited(site, 0, 100)
    assert place.registry.keeping.last_proof(site.id) is None
    place.work()
    proof = place.registry.keeping.last_proof(site.id)
    assert proof
    assert (proof.night, proof.first_day) == (TODAY, TODAY - timedelta(days=30))
    assert EVENING <= proof.proved_at < EVENING + timedelta(hours=1)
    assert proof.tables >= 3
    assert proof.told == f"no city before {TODAY - timedelta(days=7)}"
    assert place.registry.keeping.last_proof(NOBODY)


def test_a_clock_that_leaps_years_deletes_nothing_until_a_person_confirms_it(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    site = place.site("a.example")
    place.visited(site, 0, 5, 700)
    place.work()
    place.now += timedelta(days=5 * 365)
    place.restart()
    for _ in range(3):
        place.retention.work()
        place.now += timedelta(minutes=20)
    assert place.days_of(site) == [0, 5, 700]
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert "footfall data confirm-date" in told[0]
    place.registry.keeping.confirm_date(place.now.date(), by="ada@example.com")
    place.work()
    assert place.days_of(site) == []


def test_a_clock_is_doubted_also_when_the_file_of_nights_is_lost(place: Place) -> None:
    site = place.site("a.example", retention_days="30")
    place.visited(site, 0, 5)
    place.work()
    (place.data / "retention.json").unlink()
    place.now += timedelta(days=300)
    place.restart()
    place.retention.work()
    place.now += timedelta(minutes=20)
    place.retention.work()
    assert place.days_of(site) == [0, 5]


def test_a_server_that_was_off_for_a_week_needs_nobody(place: Place) -> None:
    site = place.site("a.example", retention_days="30")
    place.visited(site, 0, 5, 10, 15, 29)
    place.work()
    place.now += timedelta(days=7)
    place.restart()
    place.work()
    assert place.days_of(site) == [0, 5, 10, 15]


def test_counts_of_refusals_are_kept_for_90_days(place: Place) -> None:
    site = place.site("a.example")
    days = [(TODAY - timedelta(days=ago) - date(1970, 1, 1)).days for ago in (0, 90, 91, 400)]
    rows = [(Position(site.id, n), RefusalCount(site.id, day, Reason.GPC, 1)) for n, day in enumerate(days)]
    insert_refusals(place.store, rows, token="r")
    place.work()
    assert place.store.query("select count() from refusals settings apply_deleted_mask = 0") == [(2,)]


def test_what_outlives_its_limit_is_added_up_before_it_is_deleted(place: Place) -> None:
    asks = place.site("asks.example", retention_days="30", after_retention="anonymise")
    plain = place.site("plain.example", retention_days="30")
    for site in (asks, plain):
        place.visited(site, 0, 40, 41, 41, 100)
    place.work()
    assert place.days_of(asks) == place.days_of(plain) == [0]
    asked = "select site_id, sum(pageviews), sum(visits) from rollups_daily final where dimension = '' group by site_id"
    assert place.store.query(asked) == [(asks.id, 4, 4)]


def test_sums_go_to_months_when_their_own_limit_is_over(place: Place) -> None:
    site = place.site("a.example", retention_days="30", after_retention="anonymise")
    place.visited(site, 0, *(850 for _ in range(9)))
    place.work()
    days = "select sum(visits) from rollups_daily final where dimension = ''"
    months = "select sum(visits), min(visitors) from rollups_monthly final where dimension = ''"
    assert place.store.query(days) == [(0,)]
    assert place.store.query(months) == [(9, 9)]


def test_a_city_is_forgotten_on_the_sites_own_day(place: Place) -> None:
    site = place.site("a.example", age_city_days="7", age_region_days="30")
    place.visited(site, 0, 8, 40)
    place.store.writer.command(
        "alter table events update city = 'Berlin', region = 'DE-BE' where 1 settings mutations_sync = 2"
    )
    place.work()
    assert place.store.query("select region, city from events order by ts") == [
        ("", ""),
        ("DE-BE", ""),
        ("DE-BE", "Berlin"),
    ]
