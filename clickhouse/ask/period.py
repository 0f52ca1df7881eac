"""Periods and buckets in a site's own zone: whole days, edges as binds, the buckets that a period has.

In: a Period and an IANA zone. Out: binds for statements, labels for charts. Pure calendar arithmetic; a day has 23, 24
or 25 hours. ClickHouse cuts rows into buckets by itself: here only edges and labels are made, in the same words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from clickhouse.ask.question import Period, QuestionError

LONGEST_VISIT = timedelta(hours=25)
"""A visit ends at its site's midnight, and the longest day has 25 hours."""
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2106, 1, 1, tzinfo=UTC)
"""What a visit's name and a DateTime can say; a period may reach further and means no more."""


def zone_of(name: str) -> ZoneInfo:
    """Return the zone. Raises QuestionError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise QuestionError(f"there is no time zone {name!r}", name) from None


def is_whole_days(period: Period, timezone: str) -> bool:
    """Whether both edges are midnights of the zone, so that no visit crosses them."""
    zone = zone_of(timezone)
    return all(
        edge == datetime.combine(edge.astimezone(zone).date(), datetime.min.time(), zone)
        for edge in (period.since, period.until)
    )


def period_binds(period: Period) -> dict[str, object]:
    """Return the edges of a period as text and as bounds of visit ids.

    A visit is named for the second of one of its events, never earlier than its start: so `first_visit` is exact and
    `last_visit` has a visit's length to spare. The `_wide` ones also hold visits that cross the edges.
    """
    return {
        "since": _text(period.since),
        "until": _text(period.until),
        "since_wide": _text(period.since - LONGEST_VISIT),
        "until_wide": _text(period.until + LONGEST_VISIT),
        "first_visit": _visit_id(period.since),
        "first_visit_wide": _visit_id(period.since - LONGEST_VISIT),
        "last_visit": _visit_id(period.until + LONGEST_VISIT),
    }


def buckets(period: Period, timezone: str, dimension: str) -> list[str]:
    """Return the labels of a period's buckets, in order, as ClickHouse writes them."""
    zone = zone_of(timezone)
    since, until = period.since.astimezone(zone), period.until.astimezone(zone)
    if dimension in ("time:minute", "time:hour"):
        return list(dict.fromkeys(_fine(period, zone, minute=dimension == "time:minute")))
    last = (until - timedelta(microseconds=1)).date()
    days = (since.date() + timedelta(days=n) for n in range((last - since.date()).days + 1))
    start = {"time:day": _day, "time:week": _monday, "time:month": _first, "time:year": _new_year}[dimension]
    return list(dict.fromkeys(start(day).isoformat() for day in days))


def _fine(period: Period, zone: ZoneInfo, *, minute: bool) -> Iterator[str]:
    """Yield a label per real minute or quarter of an hour; zones are off by quarters, wall clocks repeat."""
    at, step = period.since.astimezone(UTC), timedelta(minutes=1 if minute else 15)
    while at < period.until:
        yield at.astimezone(zone).strftime("%Y-%m-%d %H:%M:00" if minute else "%Y-%m-%d %H:00:00")
        at += step


def _day(day: date) -> date:
    return day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _first(day: date) -> date:
    return day.replace(day=1)


def _new_year(day: date) -> date:
    return day.replace(month=1, day=1)


def _text(moment: datetime) -> str:
    moment = min(max(moment, FIRST), LAST)
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _visit_id(moment: datetime) -> int:
    return int(min(max(moment, FIRST), LAST).timestamp()) << 32
