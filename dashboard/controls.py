"""Controls: what a report can be asked to show next, as links. Period, comparison, step, filters.

In: the state of a page, its clock. Out: menus and chips whose every entry is an address, so that everything works
without a script, can be shared, and goes back with the back button. A key of the keyboard is only another way to
follow one of these links. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from clickhouse.ask.question import Period
from dashboard import words
from dashboard.buckets import interval_for, intervals_for
from dashboard.cards import Link
from dashboard.chips import OPERATORS, WHENS, Chip, FilterForm, Pairs, chips_of, dimension_groups, pairs_without
from dashboard.period import SPANS, Comparison, Interval, Resolved, Span, neighbour, today_in
from dashboard.saved import Saved
from dashboard.url import State, with_changes

MOST_POINTS = 400
"""Steps that would draw more are not offered."""
STEP_SECONDS: dict[Interval, int] = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000}
COMPARE_KEY = "X"
"""Switches the comparison on and off."""


class Choice(msgspec.Struct, frozen=True):
    """One entry of a menu. `key` is what to press for it; `note` is a smaller text beside it."""

    name: str
    href: str
    is_chosen: bool = False
    key: str = ""
    note: str = ""


class Controls(msgspec.Struct, frozen=True, kw_only=True):
    """The bar above a report."""

    here: str
    spans: tuple[Choice, ...]
    span: str
    days: str
    earlier: str
    later: str
    compares: tuple[Choice, ...]
    compare: str
    chips: tuple[Chip, ...]
    clear: str
    first: str
    last: str
    compare_first: str
    compare_last: str
    hidden: Pairs
    """The rest of the state, for the form that asks for two dates."""
    hidden_compare: Pairs
    """The same for the form that asks for two dates to compare with."""
    new: FilterForm
    """For the form that adds a filter."""
    dimensions: tuple[tuple[str, Pairs], ...]
    """In groups; empty: no filter can be added here."""
    operators: Pairs
    whens: Pairs
    segments: tuple[Choice, ...] = ()
    """Saved filters to put on, or to take off again."""
    values: str = ""
    """Where a script asks for values while somebody types one; empty: nowhere."""
    address: str = ""
    """This page in its shortest form; what a form asked for is shown under it."""


def last_day(period: Period, zone: ZoneInfo) -> date:
    return (period.until - timedelta(microseconds=1)).astimezone(zone).date()


def first_day(period: Period, zone: ZoneInfo) -> date:
    return period.since.astimezone(zone).date()


def days_of(period: Period, zone: ZoneInfo) -> str:
    return words.days(first_day(period, zone), last_day(period, zone))


def span_choices(state: State, link: Link) -> tuple[Choice, ...]:
    return tuple(
        Choice(words.say(f"span.{row.name}"), link(with_changes(state, span=Span(row.name), interval="")),
               state.span.name == row.name and state.span.first is None, row.key)
        for row in SPANS if row.name != "custom"
    )  # fmt: skip


def compare_choices(state: State, link: Link) -> tuple[Choice, ...]:
    now = state.compare
    named: tuple[Literal["off", "previous", "year"], ...] = ("off", "previous", "year")
    switched = "previous" if now.name == "off" else "off"
    plain = [
        Choice(words.say(f"compare.{name}"), link(with_changes(state, compare=Comparison(name, now.weekdays))),
               now.name == name, COMPARE_KEY if name == switched else "")
        for name in named
    ]  # fmt: skip
    if now.name not in ("previous", "year"):
        return tuple(plain)
    matched = [
        Choice(words.say(f"compare.{name}"), link(with_changes(state, compare=Comparison(now.name, match))),
               now.weekdays == match)
        for name, match in (("weekdays", True), ("dates", False))
    ]  # fmt: skip
    return (*plain, *matched)


def step(state: State, zone: ZoneInfo, now: datetime, by: Literal[-1, 1], link: Link) -> str:
    span = neighbour(state.span, zone, now, by)
    return "" if span is None else link(with_changes(state, span=span))


def segment_choices(state: State, link: Link, saved: Sequence[Saved]) -> tuple[Choice, ...]:
    """Every segment: a click looks through it, or no more."""
    return tuple(
        Choice(one.name, link(state.without(one.filter) if one.filter in state.filters else state.having(one.filter)),
               one.filter in state.filters, note=one.key)
        for one in saved
    )  # fmt: skip


def points_of(interval: Interval, period: Period) -> float:
    """About how many points a chart of this step has."""
    return (period.until - period.since).total_seconds() / STEP_SECONDS[interval]


def interval_choices(state: State, period: Period, link: Link) -> tuple[Choice, ...]:
    """Steps that suit the period and a chart; none where there is but one."""
    shown = interval_for(period, state.interval)
    fitting = [name for name in intervals_for(period) if name == shown or points_of(name, period) <= MOST_POINTS]
    return tuple(
        Choice(words.say(f"interval.{name}"), link(with_changes(state, interval=name)), name == shown)
        for name in fitting if len(fitting) > 1
    )  # fmt: skip


def span_name(state: State, days: str) -> str:
    """What the button of the period says: its name, or its days where it has none."""
    is_named = state.span.first is None and state.span.name != "custom"
    return words.say(f"span.{state.span.name}") if is_named else days


def just_before(period: Period) -> Period:
    """As long a period, before this one."""
    return Period(period.since - (period.until - period.since), period.since)


def _link(path: str, state: State) -> str:
    return state.url(path)


def controls(state: State, resolved: Resolved, zone: ZoneInfo, now: datetime, path: str,
             saved: Sequence[Saved] = (), values: str = "") -> Controls:  # fmt: skip
    """Make the bar for one state of the page at `path`."""
    link = partial(_link, path)
    days = days_of(resolved.period, zone)
    compared = state.compare.name != "off"
    compared_with = resolved.compare_whole or just_before(resolved.period)
    return Controls(
        here=path,
        spans=span_choices(state, link),
        span=span_name(state, days),
        days=days,
        earlier=step(state, zone, now, -1, link),
        later=step(state, zone, now, 1, link),
        compares=compare_choices(state, link),
        compare=words.say(f"compare.{state.compare.name}") if compared else words.say("compare.title"),
        chips=chips_of(state, link, saved),
        clear=link(with_changes(state, filters=())) if state.filters else "",
        first=first_day(resolved.period, zone).isoformat(),
        last=min(last_day(resolved.period, zone), today_in(zone, now)).isoformat(),
        compare_first=first_day(compared_with, zone).isoformat(),
        compare_last=last_day(compared_with, zone).isoformat(),
        hidden_compare=pairs_without(state, ("compare", "match", "compare_from", "compare_to", "page")),
        hidden=pairs_without(state, ("period", "date", "from", "to", "interval", "page")),
        new=FilterForm(hidden=pairs_without(state, ("page",))),
        dimensions=dimension_groups(),
        operators=tuple((name, words.say(f"operator.{name}")) for name in OPERATORS),
        whens=tuple((key, words.say(text)) for key, text in WHENS),
        segments=segment_choices(state, link, saved),
        values=values,
        address=link(state),
    )
