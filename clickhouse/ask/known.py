"""Known: which days of a site are added up already, and since when nothing about them changed.

In: the store's day_book and changes, read in one statement, and remembered: for a second, or for a minute where no
other process can change them, and whoever does in this one has it forgotten. Out: a Known. A day is closed 26 hours
after its end: whatever comes later than that says so (changes.py). Sums made of it are good while no change is noted
after MARGIN before they were read: a change that is noted may take minutes to happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from clickhouse.changes import LATE
from clickhouse.client import Row, Store

CLOSED_AFTER = LATE + timedelta(hours=1)
MARGIN = timedelta(minutes=5)
SECONDS, SECONDS_ALONE = 1.0, 60.0
BOOK = """
select
    0 as is_change,
    day as since,
    day + days as until,
    max(at)
from day_book
where site_id = {site:UInt32}
  and timezone = {tz:String}
group by day, days
union all
select
    1 as is_change,
    since,
    until,
    max(at)
from changes
where site_id = {site:UInt32}
group by since, until
"""


Span: TypeAlias = tuple[date, date]
"""`[first, last)`."""


class Change(msgspec.Struct, frozen=True):
    """Rows of the days `[since, until)` changed."""

    since: date
    until: date
    at: datetime


class Known(msgspec.Struct, frozen=True):
    """What is known of a site's days, in one zone, at one moment."""

    now: datetime
    closed_until: date
    """The first day that is not closed."""
    kept: frozenset[Span]
    """The days and months whose sums are good."""
    stale: frozenset[Span]
    """Those whose sums are not good any more."""
    changes: tuple[Change, ...]

    def is_unchanged(self, since: date, until: date, at: datetime) -> bool:
        """Whether what was read of these days at that moment is still true."""
        return not any(one.since < until and since < one.until and one.at > at - MARGIN for one in self.changes)


def read_known(store: Store, site_id: int, timezone: str, now: datetime) -> Known:
    """Ask the store; `now` says which days are closed."""
    key = (site_id, "known", timezone)
    found = store.keep.get(key, seconds=SECONDS_ALONE if store.is_embedded else SECONDS)
    if isinstance(found, Known) and found.closed_until == closed_until(now, timezone):
        return found
    times = store.keep.times_forgotten(site_id)
    rows = store.query(BOOK, {"site": site_id, "tz": timezone}, name="day_book")
    known = known_of(rows, now, timezone)
    store.keep.put(key, known, times_forgotten=times)
    return known


def closed_until(now: datetime, timezone: str) -> date:
    return (now - CLOSED_AFTER).astimezone(ZoneInfo(timezone)).date()


def known_of(rows: Sequence[Row], now: datetime, timezone: str) -> Known:
    """Tell good days from stale ones."""
    changes = tuple(Change(since, until, at.replace(tzinfo=UTC)) for is_change, since, until, at in rows if is_change)
    booked = {(since, until): at.replace(tzinfo=UTC) for is_change, since, until, at in rows if not is_change}
    stale: set[Span] = set()
    for change in changes:
        stale |= {
            span
            for span, at in booked.items()
            if change.since < span[1] and span[0] < change.until and change.at > at - MARGIN
        }
    return Known(now, closed_until(now, timezone), frozenset(booked.keys() - stale), frozenset(stale), changes)
