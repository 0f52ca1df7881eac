"""Time: buckets of every zone and size, clocks put forward and back, edges that visits cross."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from store_world import NOON, at, days, event, keep, one, only, question, table

from clickhouse.ask import (
    Question,
    buckets,
    people_now,
)
from clickhouse.client import Store

SUMMER = [
    ("2026-03-29 00:30:00", "2026-03-29 01:00:00"),
    ("2026-03-29 01:30:00", "2026-03-29 03:00:00"),
    ("2026-03-29 21:59:59", "2026-03-29 23:00:00"),
    ("2026-10-25 00:30:00", "2026-10-25 02:00:00"),
    ("2026-10-25 01:30:00", "2026-10-25 02:00:00"),
    ("2026-10-25 02:30:00", "2026-10-25 03:00:00"),
]


def test_hours_are_those_of_the_wall_clock_when_it_is_put_forward_and_back(any_store: Store) -> None:
    keep(any_store, [event(visitor=n, ts=at(utc)) for n, (utc, _) in enumerate(SUMMER, 1)], timezone="Europe/Berlin")
    for since, until, hours in (("2026-03-29", "2026-03-30", 23), ("2026-10-25", "2026-10-26", 24)):
        period = days(since, until, "Europe/Berlin")
        asked = question("visitors", dimensions=("time:hour",), period=period, timezone="Europe/Berlin")
        expected: dict[str, int] = {}
        for _, wall in SUMMER:
            if wall.startswith(since):
                expected[wall] = expected.get(wall, 0) + 1
        assert table(any_store, asked) == sorted(expected.items())
        assert one(any_store, question("visitors", "visits", period=period, timezone="Europe/Berlin")) == (3, 3)
        labels = buckets(period, "Europe/Berlin", "time:hour")
        assert len(labels) == hours
        assert set(expected) <= set(labels)


def test_a_zone_off_by_a_quarter_of_an_hour_cuts_its_own_hours(any_store: Store) -> None:
    keep(any_store, [event(visitor=1, ts=at("2026-03-04 18:14:59")), event(visitor=2, ts=at("2026-03-04 18:15:00"))])
    asked = question("visitors", timezone="Asia/Kathmandu", period=days("2026-03-04", "2026-03-06", "Asia/Kathmandu"))
    rows = {}
    for name in ("time:hour", "time:day"):
        rows[name] = table(any_store, Question(**{**as_dict(asked), "dimensions": (name,)}))
    assert rows["time:hour"] == [("2026-03-04 23:00:00", 1), ("2026-03-05 00:00:00", 1)]
    assert rows["time:day"] == [("2026-03-04", 1), ("2026-03-05", 1)]


def as_dict(asked: Question) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in asked.__struct_fields__}


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("time:minute", ["2026-03-02 00:00:00", "2026-03-04 12:00:00"]),
        ("time:hour", ["2026-03-02 00:00:00", "2026-03-04 12:00:00"]),
        ("time:day", ["2026-03-02", "2026-03-04"]),
        ("time:week", ["2026-03-02"]),
        ("time:month", ["2026-03-01"]),
    ],
)
def test_buckets_are_labelled_as_charts_expect_them(any_store: Store, name: str, labels: list[str]) -> None:
    keep(any_store, [event(visitor=1, ts=at("2026-03-02 00:00:00")), event(visitor=2, ts=NOON)])
    asked = question("visitors", dimensions=(name,))
    assert [row[0] for row in table(any_store, asked)] == labels
    assert set(labels) <= set(buckets(asked.period, "UTC", name))


def test_a_visit_across_the_edge_of_an_hour_is_there_in_both_hours(any_store: Store) -> None:
    keep(any_store, [event(t=-60), event(t=60)])
    asked = question("visitors", "visits", "pageviews", "bounce_rate", dimensions=("time:hour",))
    assert table(any_store, asked) == [("2026-03-04 11:00:00", 1, 1, 1, 0), ("2026-03-04 12:00:00", 1, 1, 1, None)]


def test_a_period_of_hours_counts_the_events_in_it_and_not_the_visits_that_began_in_it(any_store: Store) -> None:
    keep(any_store, [event(t=-600, source="Google"), event(t=60, path="/x")])
    period = days("2026-03-04 12:00:00", "2026-03-04 13:00:00")
    assert one(any_store, question("visitors", "pageviews", period=period)) == (1, 1)
    assert table(any_store, question("visitors", dimensions=("source",), period=period)) == [("Google", 1)]
    google = question("visitors", filters=(only("source", "Google"),), period=period)
    assert one(any_store, google) == (1,)


def test_people_now_are_those_of_the_last_five_minutes(any_store: Store) -> None:
    keep(any_store, [event(visitor=n, t=-60 * n) for n in (0, 1, 2, 4, 6)] + [event(visitor=9, t=-10, site_id=2)])
    assert one(any_store, people_now(1, "Europe/Berlin", datetime.fromtimestamp(NOON / 1000, UTC))) == (3,)
