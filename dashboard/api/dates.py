"""Date ranges of the Stats API, resolved to instants in the site's time zone.

In: a `date_range` of the right shape, the zone, the clock. Out: a Range with the period and the two ends as the
answer echoes them. `7d` is seven whole days before today and `6mo` six whole months before this one, as Plausible
means them (the dashboard's own `7d` ends today). Ends are inclusive in their notation, and one second apart from
ours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from clickhouse.ask.question import Period
from dashboard.api.quoted import quoted
from dashboard.errors import BadQuestion
from dashboard.period import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_DAYS,
    days_between,
    months_before,
    next_month,
    today_in,
)

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


class Range(msgspec.Struct, frozen=True):
    """A resolved date range."""

    period: Period
    echo: tuple[str, str]
    """First and last second, in the site's zone, as ISO 8601 with offset."""


def resolve(value: object, zone: ZoneInfo, now: datetime, oldest: date) -> Range:
    """Turn a date range into instants. `oldest`: first day of the site. Raises BadQuestion."""
    period = _pair(value, zone) if isinstance(value, list) else _named(str(value), zone, now, oldest)
    last = (period.until - SECOND).astimezone(zone)
    return Range(period, (period.since.astimezone(zone).isoformat(), last.isoformat()))


def _named(name: str, zone: ZoneInfo, now: datetime, oldest: date) -> Period:
    today = today_in(zone, now)
    if name == "24h":
        until = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return Period(until - DAY, until)
    first, last = _days(name, today, oldest)
    return days_between(first, last, zone)


def _days(name: str, today: date, oldest: date) -> tuple[date, date]:
    match name:
        case "day":
            return today, today
        case "month":
            return today.replace(day=1), next_month(today) - DAY
        case "year":
            return date(today.year, 1, 1), date(today.year, 12, 31)
        case "all":
            return min(oldest, today), today
    return _counted(name, today)


def _counted(name: str, today: date) -> tuple[date, date]:
    """`30d`, `6mo`: so many whole days or months, up to the last whole one."""
    in_months = name.endswith("mo")
    count = int(name.removesuffix("mo").removesuffix("d"))
    if count > (LONGEST_DAYS // 30 if in_months else LONGEST_DAYS):
        raise BadQuestion(f"Invalid date_range {quoted(name)}")
    if in_months:
        return months_before(today, count), today.replace(day=1) - DAY
    return today - timedelta(days=count), today - DAY


def _pair(value: list[object], zone: ZoneInfo) -> Period:
    first, last = str(value[0]), str(value[1])
    wrong = BadQuestion(f"Invalid date_range '{quoted(value)}'.")
    if not all(FIRST_YEAR < int(text[:4]) <= LAST_YEAR for text in (first, last)):
        raise wrong
    if len(first) == len("2026-01-31"):
        period = days_between(date.fromisoformat(first), date.fromisoformat(last), zone)
    else:
        since, until = datetime.fromisoformat(first), datetime.fromisoformat(last)
        if since.tzinfo is None or until.tzinfo is None:
            raise wrong
        period = Period(since.astimezone(UTC), until.astimezone(UTC) + SECOND)
    if not timedelta(0) < period.until - period.since <= timedelta(days=LONGEST_DAYS + 1):
        raise wrong
    return period
