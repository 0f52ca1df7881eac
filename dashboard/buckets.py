"""Buckets of time: which intervals suit a period, and the labels of all its buckets, empty ones included.

In: a Period, an interval, the site's zone. Out: labels in the form the store answers with (`2026-01-31`,
`2026-01-31 14:00:00`), in order, each once. A week begins on Monday, or where the period does if that is later: the
store says Monday for it, `clip_week` says when it began here.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from clickhouse.ask.period import buckets
from clickhouse.ask.question import Period
from dashboard.period import Interval

# A chart of more points than pixels says nothing, one of a single point is no chart.
LEAST_DAYS: dict[Interval, int] = {"minute": 0, "hour": 0, "day": 2, "week": 14, "month": 59}
MOST_DAYS: dict[Interval, int] = {"minute": 1, "hour": 31, "day": 1100, "week": 3700, "month": 3700}


def length_days(period: Period) -> float:
    return (period.until - period.since).total_seconds() / 86_400


def intervals_for(period: Period) -> list[Interval]:
    """List the intervals that suit a period, fine to coarse."""
    days = length_days(period)
    if days < 0.5:
        return ["minute"]
    return [name for name in LEAST_DAYS if LEAST_DAYS[name] <= days + 0.1 and days - 0.1 <= MOST_DAYS[name]]


def usual_interval(period: Period) -> Interval:
    """Say the interval shown when nobody chose one: between 24 and 120 points."""
    days = length_days(period)
    if days < 0.5:
        return "minute"
    if days < 2.5:
        return "hour"
    if days < 124:
        return "day"
    return "week" if days < 200 else "month"


def interval_for(period: Period, wanted: str) -> Interval:
    """Take the interval wanted where it suits the period, else the usual one."""
    for name in intervals_for(period):
        if name == wanted:
            return name
    return usual_interval(period)


def bucket_labels(period: Period, interval: Interval, zone: ZoneInfo) -> list[str]:
    """List the labels of all buckets of a period, in order."""
    labels = buckets(period, zone.key, f"time:{interval}")
    if interval == "week":
        labels[0] = clip_week(labels[0], period, zone)
    return labels


def clip_week(label: str, period: Period, zone: ZoneInfo) -> str:
    """Name the week that the period cuts by the period's first day, not by a Monday before it."""
    return max(label, period.since.astimezone(zone).date().isoformat())
