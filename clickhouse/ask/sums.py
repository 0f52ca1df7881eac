"""Sums: the whole numbers that metrics are made of, each of which may be added over days, and how to make them.

In: nothing. Out: SUMS, hidden metrics that build.py can count, and MADE_OF: for each metric its sums and what to do
with them. A rate of two months cannot be had from two rates; from four sums it can. Invariant: no visit and no visitor
is in the sums of two days (metrics.py counts both by day), so what is added up here is what one statement would say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from clickhouse.ask.answer import Number
from clickhouse.ask.metrics import METRICS, PEOPLE, Metric

Make: TypeAlias = Callable[..., Number]


class Made(msgspec.Struct, frozen=True):
    """How a metric is made of sums."""

    sums: tuple[str, ...]
    make: Make


def _sum(name: str, *, visits: str = "", events: str = "", pages: str = "", loose: bool = False) -> Metric:
    return Metric(
        name=name, label=name, unit="count", adds_up=True, definition="",
        visits=visits, events=events, pages=pages, counts_loose=loose,
    )  # fmt: skip


_OWN = (
    _sum("entries", visits="countIf(visitor_id != 0)"),
    _sum("entry_views", visits="sumIf(pageviews, visitor_id != 0)"),
    _sum("bounces", visits="countIf(is_bounce)"),
    _sum("engaged", visits="countIf(is_engaged)"),
    _sum("seconds", visits="sumIf(seconds, visitor_id != 0)"),
    _sum("attention_ms", visits="sum(engaged_ms)", pages="sum(engaged_ms)"),
    _sum("attending", visits="countIf(visitor_id != 0)", pages="uniqExact(visit_day)"),
    _sum("deepest", pages="sum(deepest)"),
    _sum("depths", pages="count(deepest)"),
    _sum("loose", visits="countIf(visitor_id = 0)", events="countIf(visitor_id = 0)", loose=True),
    _sum("milliunits", events="sum(revenue)", loose=True),
    _sum("paid", events="countIf(revenue != 0)", loose=True),
)

SUMS = {metric.name: metric for metric in _OWN} | {
    name: METRICS[name] for name in ("visitors", "visits", "pageviews", "events")
}


def _same(number: int) -> Number:
    return number


def _share(part: int, whole: int) -> Number:
    return 100 * part / whole if whole else None


def _each(part: int, whole: int) -> Number:
    return part / whole if whole else None


MADE_OF: dict[str, Made] = {
    **{name: Made((name,), _same) for name in ("visitors", "visits", "pageviews", "events")},
    PEOPLE.name: Made(("visitors", "loose"), lambda visitors, loose: visitors + loose),
    "views_per_visit": Made(("entry_views", "entries"), _each),
    "bounce_rate": Made(("bounces", "entries"), _share),
    "visit_duration": Made(("seconds", "entries"), _each),
    "engaged_rate": Made(("engaged", "entries"), _share),
    "engaged_seconds": Made(("attention_ms", "attending"), lambda ms, visits: ms / 1000 / visits if visits else None),
    "scroll_depth": Made(("deepest", "depths"), _each),
    "average_revenue": Made(("milliunits", "paid"), lambda sum_, paid: sum_ / 1000 / paid if paid else None),
    "revenue": Made(("milliunits",), lambda milliunits: milliunits / 1000),
}
"""A metric that is not here is always counted in one statement."""
