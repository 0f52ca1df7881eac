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

from clickhouse.ask.question import AllOf, AnyOf, Condition, Did, Filter, Period
from dashboard import words
from dashboard.buckets import interval_for, intervals_for
from dashboard.cards import Link
from dashboard.period import SPANS, Comparison, Interval, Resolved, Span, neighbour, today_in
from dashboard.url import State, with_changes, write

FILTER_DIMENSIONS = (
    "page", "entry", "exit", "source", "channel", "referrer", "utm_source", "utm_medium", "utm_campaign", "country",
    "device", "browser", "os", "language", "feature", "hostname",
)  # fmt: skip
"""Offered in the filter form, most used first."""
MOST_POINTS = 400
"""Steps that would draw more are not offered."""
STEP_SECONDS: dict[Interval, int] = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000}
COMPARE_KEY = "X"
"""Switches the comparison on and off."""
OPERATORS = ("is", "is_not", "contains", "contains_not", "matches", "matches_not")


class Choice(msgspec.Struct, frozen=True):
    """One entry of a menu. `key` is what to press for it; `note` is a smaller text beside it."""

    name: str
    href: str
    is_chosen: bool = False
    key: str = ""
    note: str = ""


class Chip(msgspec.Struct, frozen=True):
    """A filter in force. `href` is the page without it."""

    what: str
    how: str
    values: str
    href: str


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
    hidden: tuple[tuple[str, str], ...]
    """The rest of the state, for the form that asks for two dates."""
    hidden_compare: tuple[tuple[str, str], ...]
    """The same for the form that asks for two dates to compare with."""
    hidden_all: tuple[tuple[str, str], ...]
    """The whole state, for the form that adds a filter."""
    dimensions: tuple[tuple[str, str], ...]
    operators: tuple[tuple[str, str], ...]


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


def said_dimension(name: str) -> str:
    if name.startswith("prop:"):
        return words.say("filter.property", key=name[5:])
    return words.say(f"dimension.{name}")


def said_filter(filter_: Filter) -> tuple[str, str, str]:
    """A filter in words: what, how, which values."""
    if isinstance(filter_, Condition):
        values = words.say("filter.or").join(words.value_of(filter_.dimension, value) for value in filter_.values)
        return said_dimension(filter_.dimension), words.say(f"operator.{filter_.operator}"), values
    if isinstance(filter_, Did):
        what, how, values = said_filter(filter_.filter)
        return words.say("filter.did" if filter_.did else "filter.did_not", filter=what), how, values
    if isinstance(filter_, AllOf | AnyOf):
        return words.say("filter.title"), "", ", ".join(" ".join(said_filter(one)) for one in filter_.filters)
    return words.say("operator.is_not"), "", " ".join(said_filter(filter_.filter))


def chips_of(state: State, link: Link) -> tuple[Chip, ...]:
    return tuple(Chip(*said_filter(one), link(state.without(one))) for one in state.filters)


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


def pairs_without(state: State, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in write(state) if pair[0] not in names)


def controls(state: State, resolved: Resolved, zone: ZoneInfo, now: datetime, path: str) -> Controls:
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
        chips=chips_of(state, link),
        clear=link(with_changes(state, filters=())) if state.filters else "",
        first=first_day(resolved.period, zone).isoformat(),
        last=min(last_day(resolved.period, zone), today_in(zone, now)).isoformat(),
        compare_first=first_day(compared_with, zone).isoformat(),
        compare_last=last_day(compared_with, zone).isoformat(),
        hidden_compare=pairs_without(state, ("compare", "match", "compare_from", "compare_to", "page")),
        hidden=pairs_without(state, ("period", "date", "from", "to", "interval", "page")),
        hidden_all=pairs_without(state, ("page",)),
        dimensions=tuple((name, words.say(f"dimension.{name}")) for name in FILTER_DIMENSIONS),
        operators=tuple((name, words.say(f"operator.{name}")) for name in OPERATORS),
    )
