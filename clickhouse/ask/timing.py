"""Timing: how busy each hour of the week is, how long and how far pages are read, how fast they are.

In: a Scope. Out: rows. Under a guard what fewer than k people stand behind is left out, not folded: a rate of
several pages cannot be known from their rates.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from clickhouse.ask.guard import Guard, fold_rows
from clickhouse.ask.odd import Scope, ask_rows, too_few
from clickhouse.client import Store

MOST_PAGES = 1000
VITALS_EVENT = "Web Vitals"


class Hour(msgspec.Struct, frozen=True):
    """An hour of the week, Monday 0:00 first. Numbers are None where too few people stand behind them."""

    weekday: int
    """0 is Monday."""
    hour: int
    visitors: int | None
    visits: int | None
    pageviews: int | None


class Hours(msgspec.Struct, frozen=True):
    rows: tuple[Hour, ...]
    fewer_than: int = 0


class Reading(msgspec.Struct, frozen=True):
    """How a page was read in the visits that told it; an empty page is all of them together."""

    page: str
    visits: int
    people: int
    seconds: float
    median_seconds: float
    depth: float | None
    """Mean of the deepest points, per cent; None when no visit told one."""
    reached: tuple[int, int, int, int]
    """Visits that saw a quarter, half, three quarters, all of the page."""
    told_depth: int


class Readings(msgspec.Struct, frozen=True):
    whole: Reading | None
    rows: tuple[Reading, ...]
    fewer_than: int = 0


class Bounds(msgspec.Struct, frozen=True):
    """A web vital and the upper bounds of its bands good and fair, in the unit it is told in."""

    name: str
    good: float
    fair: float


VITALS = (
    Bounds("lcp", 2500, 4000),
    Bounds("inp", 200, 500),
    Bounds("cls", 100, 250),
    Bounds("fcp", 1800, 3000),
    Bounds("ttfb", 800, 1800),
)
"""web.dev/articles/vitals; milliseconds, of shifts thousandths."""


class Speed(msgspec.Struct, frozen=True):
    """One vital of a page; an empty page is all of them together."""

    page: str
    vital: str
    loads: int
    people: int
    p75: float
    bands: tuple[int, int, int]
    """Loads that were good, fair, poor."""


class Speeds(msgspec.Struct, frozen=True):
    rows: tuple[Speed, ...]
    fewer_than: int = 0


def ask_hours(store: Store, scope: Scope, guard: Guard = Guard.EXACT) -> Hours:
    """Say how busy each hour of the week is; hours of nothing have no row. Blocks."""
    if fewer := too_few(store, scope, guard):
        return Hours((), fewer)
    rows = ask_rows(store, "busy_hours", scope, "events")
    shown = {row[:2] for row in fold_rows(rows, guard, lambda row: int(row[5])) or ()}
    return Hours(tuple(Hour(*row[:5]) if row[:2] in shown else Hour(row[0], row[1], None, None, None) for row in rows))


def ask_readings(store: Store, scope: Scope, guard: Guard = Guard.EXACT) -> Readings:
    """Say how each page is read, most visits first. Blocks."""
    if fewer := too_few(store, scope, guard):
        return Readings(None, (), fewer)
    rows = ask_rows(store, "engagement", scope, "pages", {"limit": MOST_PAGES + 1})
    told = [_reading(*row) for row in rows]
    whole = next((row for row in told if not row.page), None)
    pages = [row for row in told if row.page]
    shown = kept([(row.page, row.people) for row in pages], guard)
    # A site nobody told anything of still has the row of all pages together.
    return Readings(whole if whole and whole.visits else None, tuple(row for row in pages if row.page in shown))


def _reading(page: str, visits: int, people: int, seconds: float, median: float, depth: float | None,
             to_25: int, to_50: int, to_75: int, to_100: int, told: int) -> Reading:  # fmt: skip
    return Reading(page, visits, people, seconds, median, depth, (to_25, to_50, to_75, to_100), told)


def ask_vitals(store: Store, scope: Scope, guard: Guard = Guard.EXACT) -> Speeds:
    """Say how fast pages were, most loads first. Blocks."""
    if fewer := too_few(store, scope, guard):
        return Speeds((), fewer)
    good, fair = (
        [float(bound) for bound in bounds] for bounds in zip(*((row.good, row.fair) for row in VITALS), strict=True)
    )
    values = {"event": VITALS_EVENT, "vitals": [row.name for row in VITALS], "good_to": good, "fair_to": fair}
    rows = ask_rows(store, "vitals", scope, "events", values)
    told = [Speed(page, vital, loads, people, p75, (good, fair, poor))
            for page, vital, loads, people, p75, good, fair, poor in rows]  # fmt: skip
    most: dict[str, int] = {}
    for row in told:
        most[row.page] = max(most.get(row.page, 0), row.people)
    shown = kept([(page, people) for page, people in most.items() if page], guard)
    return Speeds(tuple(row for row in told if not row.page or row.page in shown))


def kept(pages: Sequence[tuple[str, int]], guard: Guard) -> set[str]:
    """Return the pages whose row may be shown."""
    return {page for page, _ in fold_rows(pages, guard, lambda row: row[1]) or ()}
