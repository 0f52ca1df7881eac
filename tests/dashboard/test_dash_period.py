"""Periods by name become instants of the site's zone, and find the period that compares with them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickhouse.ask.question import Period
from dashboard.buckets import bucket_labels, interval_for, intervals_for, usual_interval
from dashboard.period import SPANS, Comparison, Span, days_between, neighbour, resolve, start_of

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OLDEST = date(2026, 3, 1)


def days(span: Span, compare: Comparison | None = None, now: datetime = NOW, zone: ZoneInfo = UTC_ZONE):
    """First and last day of a span, and of what it is compared with."""
    resolved = resolve(span, zone, now, oldest=OLDEST, compare=compare)
    periods = [resolved.period, *([resolved.compare_whole] if resolved.compare_whole else [])]
    return [
        str(day)
        for period in periods
        for day in (period.since.astimezone(zone).date(), (period.until - timedelta(1) / 2).astimezone(zone).date())
    ]


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        (Span("day"), "2026-11-22", "2026-11-22"),
        (Span("day", date(2026, 1, 5)), "2026-01-05", "2026-01-05"),
        (Span("yesterday"), "2026-11-21", "2026-11-21"),
        (Span("7d"), "2026-11-16", "2026-11-22"),
        (Span("28d"), "2026-10-26", "2026-11-22"),
        (Span("30d"), "2026-10-24", "2026-11-22"),
        (Span("91d"), "2026-08-24", "2026-11-22"),
        (Span("month"), "2026-11-01", "2026-11-30"),
        (Span("month", date(2026, 2, 15)), "2026-02-01", "2026-02-28"),
        (Span("year"), "2026-01-01", "2026-12-31"),
        (Span("12mo"), "2025-12-01", "2026-11-30"),
        (Span("all"), "2026-03-01", "2026-11-22"),
        (Span("custom", date(2026, 5, 1), date(2026, 5, 9)), "2026-05-01", "2026-05-09"),
    ],
)
def test_spans(span: Span, first: str, last: str):
    assert days(span) == [first, last]


@pytest.mark.parametrize(
    ("span", "compare", "first", "last"),
    [
        (Span("day"), Comparison("previous"), "2026-11-15", "2026-11-15"),
        (Span("day"), Comparison("previous", False), "2026-11-21", "2026-11-21"),
        (Span("7d"), Comparison("previous"), "2026-11-09", "2026-11-15"),
        (Span("30d"), Comparison("previous"), "2026-09-19", "2026-10-18"),
        (Span("30d"), Comparison("previous", False), "2026-09-24", "2026-10-23"),
        (Span("30d"), Comparison("year"), "2025-10-25", "2025-11-23"),
        (Span("30d"), Comparison("year", False), "2025-10-24", "2025-11-22"),
        (Span("month"), Comparison("previous"), "2026-10-01", "2026-10-31"),
        (Span("month", date(2026, 3, 1)), Comparison("previous"), "2026-02-01", "2026-02-28"),
        (Span("year"), Comparison("previous"), "2025-01-01", "2025-12-31"),
        (Span("12mo"), Comparison("previous"), "2024-12-01", "2025-11-30"),
        (Span("12mo"), Comparison("year"), "2024-12-01", "2025-11-30"),
        (Span("7d"), Comparison("custom", True, date(2026, 1, 1), date(2026, 1, 7)), "2026-01-01", "2026-01-07"),
    ],
)
def test_comparisons(span: Span, compare: Comparison, first: str, last: str):
    assert days(span, compare)[2:] == [first, last]


@pytest.mark.parametrize("span", [Span("all"), Span("realtime")])
def test_some_spans_compare_with_nothing(span: Span):
    assert resolve(span, UTC_ZONE, NOW, oldest=OLDEST, compare=Comparison("previous")).compare is None


def test_a_leap_day_a_year_before_is_the_last_of_february():
    leap = Span("custom", date(2028, 2, 29), date(2028, 2, 29))
    assert days(leap, Comparison("year", False))[2:] == ["2027-02-28", "2027-02-28"]


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.sampled_from(["day", "7d", "28d", "30d", "91d"]))
def test_weekdays_meet_weekdays_and_no_day_is_on_both_sides(today: date, name: str):
    now = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    first, last, before, end = map(date.fromisoformat, days(Span(name), Comparison("previous"), now))
    assert first.weekday() == before.weekday()
    assert last - first == end - before
    assert end < first


def test_what_a_partial_period_is_compared_with_is_cut_at_the_same_point():
    resolved = resolve(Span("day"), UTC_ZONE, NOW, oldest=OLDEST, compare=Comparison("previous"))
    assert resolved.is_partial
    assert resolved.compare == Period(datetime(2026, 11, 15, tzinfo=UTC), datetime(2026, 11, 15, 12, tzinfo=UTC))
    assert resolved.compare_whole.until == datetime(2026, 11, 16, tzinfo=UTC)


def test_a_closed_period_is_compared_whole():
    resolved = resolve(Span("yesterday"), UTC_ZONE, NOW, oldest=OLDEST, compare=Comparison("previous"))
    assert not resolved.is_partial
    assert resolved.compare == resolved.compare_whole


def test_realtime_is_the_last_half_hour_in_whole_minutes():
    resolved = resolve(Span("realtime"), UTC_ZONE, NOW + timedelta(seconds=12), oldest=OLDEST)
    until = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
    assert resolved.period == Period(until - timedelta(minutes=30), until)


def test_today_begins_at_the_sites_midnight():
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert days(Span("day"), now=late, zone=BERLIN) == ["2026-11-23", "2026-11-23"]


@pytest.mark.parametrize(
    ("zone", "day", "hours", "since"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23, "2026-03-28T23:00:00+00:00"),
        ("Europe/Berlin", date(2026, 10, 25), 25, "2026-10-24T22:00:00+00:00"),
        ("America/Santiago", date(2022, 9, 11), 23, "2022-09-11T04:00:00+00:00"),
        ("Asia/Katmandu", date(2026, 1, 1), 24, "2025-12-31T18:15:00+00:00"),
    ],
)
def test_days_when_clocks_change(zone: str, day: date, hours: int, since: str):
    period = days_between(day, day, ZoneInfo(zone))
    assert period.since.isoformat() == since
    assert period.until - period.since == timedelta(hours=hours)


@given(st.dates(date(2024, 1, 1), date(2028, 1, 1)), st.sampled_from([-1, 1]))
def test_the_neighbour_of_a_neighbour_is_where_one_began(day: date, step: int):
    for span in (Span("day", day), Span("month", day.replace(day=1)), Span("custom", day, day + timedelta(days=4))):
        beside = neighbour(span, UTC_ZONE, datetime(2030, 1, 1, tzinfo=UTC), step)
        assert neighbour(beside, UTC_ZONE, datetime(2030, 1, 1, tzinfo=UTC), -step) == span


@pytest.mark.parametrize(
    ("span", "step", "beside"),
    [
        (Span("day"), 1, None),
        (Span("day"), -1, Span("day", date(2026, 11, 21))),
        (Span("day", date(2026, 11, 21)), 1, Span("day")),
        (Span("yesterday"), 1, Span("day")),
        (Span("month"), -1, Span("month", date(2026, 10, 1))),
        (Span("month", date(2026, 10, 1)), 1, Span("month")),
        (Span("year"), -1, Span("year", date(2025, 1, 1))),
        (Span("month"), 1, None),
        (Span("7d"), -1, Span("custom", date(2026, 11, 9), date(2026, 11, 15))),
        (Span("all"), -1, None),
        (Span("realtime"), -1, None),
    ],
)
def test_neighbours(span: Span, step: int, beside: Span | None):
    assert neighbour(span, UTC_ZONE, NOW, step) == beside


def test_keys_of_the_menu_are_unique():
    keys = [row.key for row in SPANS if row.key]
    assert sorted(keys) == sorted(set(keys)) == sorted("DERWTNMYLAC")


# --- buckets -------------------------------------------------------------------------------------------------------


def test_weeks_begin_on_monday_or_where_the_period_does():
    period = days_between(date(2020, 12, 20), date(2021, 1, 7), UTC_ZONE)
    assert bucket_labels(period, "week", UTC_ZONE) == ["2020-12-20", "2020-12-21", "2020-12-28", "2021-01-04"]


def test_a_repeated_hour_is_one_bucket_and_a_skipped_one_is_none():
    autumn = bucket_labels(days_between(date(2026, 10, 25), date(2026, 10, 25), BERLIN), "hour", BERLIN)
    spring = bucket_labels(days_between(date(2026, 3, 29), date(2026, 3, 29), BERLIN), "hour", BERLIN)
    assert len(autumn) == 24
    assert len(spring) == 23
    assert "2026-03-29 02:00:00" not in spring


@pytest.mark.parametrize(("length", "interval"), [(1, "hour"), (2, "hour"), (7, "day"), (91, "day"), (365, "month")])
def test_the_usual_interval_gives_a_chart_of_a_few_dozen_points(length: int, interval: str):
    period = Period(NOW, NOW + timedelta(days=length))
    assert usual_interval(period) == interval
    assert interval in intervals_for(period)


def test_an_interval_that_does_not_suit_is_not_taken():
    week = Period(NOW, NOW + timedelta(days=7))
    assert interval_for(week, "hour") == "hour"
    assert interval_for(week, "minute") == "day"
    assert interval_for(week, "month") == "day"


def test_a_day_begins_where_its_zone_says():
    assert start_of(date(2026, 7, 1), BERLIN) == datetime(2026, 6, 30, 22, tzinfo=UTC)
