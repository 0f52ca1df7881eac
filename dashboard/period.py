"""Periods as people name them (`7d`, `month`, two dates), turned into instants in the site's time zone.

In: a Span, the site's zone, the clock, the site's first day. Out: `Period` values for Questions, and the period to
compare with. A day begins when the site's zone says so, whatever the clocks did that night. Days are whole: a period
that holds today ends tomorrow at midnight and is *partial*; what it is compared with is cut at the same point, so
that like is set against like.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from clickhouse.ask.question import Period

SpanName = Literal["day", "yesterday", "realtime", "7d", "28d", "30d", "91d", "month", "year", "12mo", "all", "custom"]
Interval = Literal["minute", "hour", "day", "week", "month"]
CompareName = Literal["off", "previous", "year", "custom"]

LONGEST_DAYS = 3660
"""Ten years: no site keeps more (retention ends at 760 days), and bucket lists stay finite."""
REALTIME_MINUTES = 30
FIRST_YEAR, LAST_YEAR = 1970, 2199


class SpanRow(msgspec.Struct, frozen=True):
    """One row of the period menu."""

    name: SpanName
    key: str
    """The key that chooses it; empty: no key."""
    label: str
    days: int = 0
    """Length of a span that is a number of days ending today."""


SPANS: tuple[SpanRow, ...] = (
    SpanRow("day", "D", "Today"),
    SpanRow("yesterday", "E", "Yesterday"),
    SpanRow("realtime", "R", "Realtime"),
    SpanRow("7d", "W", "Last 7 days", 7),
    SpanRow("28d", "", "Last 28 days", 28),
    SpanRow("30d", "T", "Last 30 days", 30),
    SpanRow("91d", "N", "Last 91 days", 91),
    SpanRow("month", "M", "Month to date"),
    SpanRow("year", "Y", "Year to date"),
    SpanRow("12mo", "L", "Last 12 months"),
    SpanRow("all", "A", "All time"),
    SpanRow("custom", "C", "Custom range"),
)
SPAN_ROWS: dict[str, SpanRow] = {row.name: row for row in SPANS}


class Span(msgspec.Struct, frozen=True):
    """A period by name. `first` is the day, month or year meant (None: the current one), or where `custom` begins."""

    name: SpanName = "30d"
    first: date | None = None
    last: date | None = None
    """Last day of `custom`, inclusive."""


class Comparison(msgspec.Struct, frozen=True):
    """What a period is compared with. `weekdays`: shift by whole weeks, so that Mondays meet Mondays."""

    name: CompareName = "off"
    weekdays: bool = True
    first: date | None = None
    last: date | None = None


class Resolved(msgspec.Struct, frozen=True):
    """A span as instants."""

    period: Period
    compare: Period | None = None
    """The period compared with, cut where `period` is cut by the clock."""
    compare_whole: Period | None = None
    """The same, not cut: for a line behind the line."""
    is_partial: bool = False
    """The period holds the present moment: its last bucket is still filling."""


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Say when a local day begins, in UTC. Where midnight is skipped (Santiago, September) it is the first instant."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def days_between(first: date, last: date, zone: ZoneInfo) -> Period:
    """Make the period of whole local days, both ends inclusive."""
    return Period(start_of(first, zone), start_of(last + timedelta(days=1), zone))


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def months_before(day: date, months: int) -> date:
    """Go back to the first day of the month `months` before that of `day`."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def bounds(span: Span, today: date, oldest: date) -> tuple[date, date]:
    """Say the first and last day of a span, both inclusive. `oldest`: first day there is anything of."""
    row = SPAN_ROWS[span.name]
    anchor = span.first or today
    if row.days:
        return today - timedelta(days=row.days - 1), today
    match span.name:
        case "yesterday":
            return today - timedelta(days=1), today - timedelta(days=1)
        case "month":
            return anchor.replace(day=1), next_month(anchor) - timedelta(days=1)
        case "year":
            return date(anchor.year, 1, 1), date(anchor.year, 12, 31)
        case "12mo":
            return months_before(today, 11), next_month(today) - timedelta(days=1)
        case "all":
            return min(oldest, today), today
        case "custom":
            return anchor, span.last or anchor
    return anchor, anchor


def shift_of(span: Span, compare: Comparison, first: date, last: date) -> tuple[date, date]:
    """Say the days that `first`..`last` of a span are compared with."""
    days = (last - first).days + 1
    if compare.name == "custom" and compare.first and compare.last:
        return compare.first, compare.last
    if compare.name == "previous" and span.name == "month":
        return months_before(first, 1), first - timedelta(days=1)
    if compare.name == "previous" and span.name in ("year", "12mo"):
        return months_before(first, 12), first - timedelta(days=1)
    if compare.name == "year" and not (compare.weekdays and days <= 92):
        return years_before(first), years_before(last)
    # Whole weeks, and no day on both sides: 30 days move by 35.
    back = 364 if compare.name == "year" else -(-days // 7) * 7 if compare.weekdays else days
    return first - timedelta(days=back), last - timedelta(days=back)


def years_before(day: date) -> date:
    """Go back one year; 29 February becomes 28 February."""
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def today_in(zone: ZoneInfo, now: datetime) -> date:
    return now.astimezone(zone).date()


def realtime(now: datetime) -> Resolved:
    """The last half hour, in whole minutes; the minute that runs is the last one."""
    until = now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return Resolved(Period(until - timedelta(minutes=REALTIME_MINUTES), until), is_partial=True)


def resolve(span: Span, zone: ZoneInfo, now: datetime, *, oldest: date, compare: Comparison | None = None) -> Resolved:
    """Turn a span into instants, and find what it is compared with (nothing for `realtime` and `all`)."""
    if span.name == "realtime":
        return realtime(now)
    first, last = bounds(span, today_in(zone, now), oldest)
    period = days_between(first, last, zone)
    is_partial = period.since <= now < period.until
    if compare is None or compare.name == "off" or span.name == "all":
        return Resolved(period, is_partial=is_partial)
    whole = days_between(*shift_of(span, compare, first, last), zone)
    cut = min(whole.until, whole.since + (now - period.since)) if is_partial else whole.until
    return Resolved(period, Period(whole.since, cut), whole, is_partial)


def neighbour(span: Span, zone: ZoneInfo, now: datetime, step: Literal[-1, 1]) -> Span | None:
    """The span of the same length before or after; None when it lies in the future or has no neighbours."""
    today = today_in(zone, now)
    if span.name in ("realtime", "all"):
        return None
    first, last = bounds(span, today, today)
    if span.name in ("month", "year"):
        return _unit_beside(span.name, first, last, today, step)
    move = timedelta(days=(last - first).days + 1) * step
    if first + move > today:
        return None
    if span.name in ("day", "yesterday"):
        return Span("day", None if first + move == today else first + move)
    return Span("custom", first + move, last + move)


def _unit_beside(name: SpanName, first: date, last: date, today: date, step: Literal[-1, 1]) -> Span | None:
    """The calendar month or year beside one; the current one goes without a date, so its URL stays true tomorrow."""
    months = 1 if name == "month" else 12
    to = months_before(first, months) if step < 0 else last + timedelta(days=1)
    if to > today:
        return None
    is_current = bounds(Span(name, to), today, today) == bounds(Span(name), today, today)
    return Span(name, None if is_current else to)
