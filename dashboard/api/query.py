"""A query of the Stats API as a value, and the Questions it stands for.

In: the decoded body, the site's goals, the clock. Out: a Query, and from it the Questions: one, or one a goal where a
query is broken down by goal, and the totals that percentages and conversion rates are of. Shape is checked before,
meaning here: the first step that finds fault speaks (BadQuestion). The query's own words are kept for the echo.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

import msgspec

from clickhouse.ask.question import Condition, Direction, Filter, Period, Question
from dashboard.api.dates import Range, resolve
from dashboard.api.filters import read_filters, without_goals
from dashboard.api.goals import goal_filter, selected
from dashboard.api.rules import check_rules
from dashboard.api.shape import MOST_LIMIT, faults_of
from dashboard.api.words import GOAL, METRIC_WORDS, MONEY, TIME_WORDS, our_dimension
from dashboard.buckets import length_days
from dashboard.errors import BadQuestion
from registry.goals import Goal
from registry.segments import Segment
from registry.site import Site

MOST_FAULTS = 10
Order = tuple[tuple[str, Direction], ...]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked, in its own words, with its dates resolved."""

    metrics: tuple[str, ...]
    dimensions: tuple[str, ...]
    filters: tuple[Filter, ...]
    base_filters: tuple[Filter, ...]
    """The same without goals: what conversion rates are of."""
    goals: tuple[Goal, ...]
    """The goals that a breakdown by goal lists."""
    range: Range
    order_by: Order
    include: dict[str, bool]
    limit: int
    offset: int
    raw_filters: list[object]


class Part(msgspec.Struct, frozen=True):
    """One Question of a query; `goal` is its label where the query is broken down by goal."""

    question: Question
    goal: str = ""


def check_shape(body: dict[str, object]) -> None:
    """Raise BadQuestion with every fault of shape, one a line."""
    faults = faults_of(body)
    if faults:
        raise BadQuestion("\n".join(faults[:MOST_FAULTS]))


def read_query(
    body: dict[str, object],
    zone: ZoneInfo,
    now: datetime,
    oldest: date,
    goals: Sequence[Goal] = (),
    segments: Sequence[Segment] = (),
) -> Query:
    """Read a body that has the right shape. Raises BadQuestion."""
    raw_filters = cast("list[object]", body.get("filters", []))
    filters = read_filters(raw_filters, goals, segments)
    range_ = resolve(body["date_range"], zone, now, oldest)
    check_rules(body)
    metrics = tuple(cast("list[str]", body["metrics"]))
    asked = cast("list[str]", body.get("dimensions", []))
    dimensions = tuple(time_interval(range_.period) if name == "time" else name for name in asked)
    pagination = cast("dict[str, int]", body.get("pagination", {}))
    return Query(
        metrics=metrics,
        dimensions=dimensions,
        filters=filters,
        base_filters=read_filters(without_goals(raw_filters), goals, segments),
        goals=tuple(selected(goals, raw_filters)),
        range=range_,
        order_by=read_order(body, metrics, dimensions, range_.period),
        include=cast("dict[str, bool]", body.get("include", {})),
        limit=pagination.get("limit", MOST_LIMIT),
        offset=pagination.get("offset", 0),
        raw_filters=raw_filters,
    )


def time_interval(period: Period) -> str:
    """Choose the interval of the dimension `time`: up to 48 hours, 40 days, a year of weeks, then months."""
    days = length_days(period)
    if days <= 2.01:
        return "time:hour"
    if days <= 40.01:
        return "time:day"
    return "time:week" if days <= 364.01 else "time:month"


def read_order(body: dict[str, object], metrics: tuple[str, ...], dimensions: tuple[str, ...], period: Period) -> Order:
    """Take the order asked for; else time forwards, then the first metric downwards."""
    given = cast("list[tuple[str, Direction]]", body.get("order_by", []))
    if given:
        return tuple((time_interval(period) if name == "time" else name, direction) for name, direction in given)
    times: list[tuple[str, Direction]] = [(name, "asc") for name in dimensions if name in TIME_WORDS]
    return (*times, (metrics[0], "desc"))


# --- questions -----------------------------------------------------------------------------------------------------


def our_metric(name: str) -> str:
    """Name the metric of ours that a metric of the API is made of; shares and conversions are made of visitors."""
    return METRIC_WORDS[name].ours or ("visits" if name == "exit_rate" else "visitors")


def our_name(name: str) -> str:
    """Translate a metric, a dimension or a time, as an order names them."""
    if name in METRIC_WORDS:
        return our_metric(name)
    return TIME_WORDS[name] if name in TIME_WORDS else our_dimension(name)


def plain_dimensions(query: Query) -> tuple[str, ...]:
    """The dimensions that the store knows."""
    return tuple(name for name in query.dimensions if name != GOAL)


def is_merged(query: Query) -> bool:
    """Whether rows of several questions are put in order here, and not by the store."""
    return GOAL in query.dimensions


def question_for(query: Query, site: Site, filters: tuple[Filter, ...]) -> Question:
    order = {our_name(name): direction for name, direction in query.order_by if name != GOAL}
    return Question(
        site_id=site.id,
        timezone=site.timezone,
        metrics=tuple(dict.fromkeys(map(our_metric, query.metrics))),
        period=query.range.period,
        dimensions=tuple(dict.fromkeys(map(our_name, plain_dimensions(query)))),
        filters=filters,
        order_by=() if is_merged(query) else tuple(order.items()),
        limit=MOST_LIMIT if is_merged(query) else query.limit,
        offset=0 if is_merged(query) else query.offset,
        count_rows=query.include.get("total_rows", False) and not is_merged(query),
    )


def parts_of(query: Query, site: Site) -> list[Part]:
    """The Questions whose rows are the results."""
    if not is_merged(query):
        return [Part(question_for(query, site, query.filters))]
    return [
        Part(question_for(query, site, (*query.base_filters, goal_filter(goal))), goal.name) for goal in query.goals
    ]


def total_question(query: Query, site: Site, metric: str) -> Question:
    """The Question for what a metric is a part of: visitors, of everything, of the same time or of the same group."""
    filters = query.base_filters if metric.endswith("conversion_rate") else query.filters
    plain = question_for(query, site, filters)
    if metric in MONEY:
        return of_currencies(plain)
    if metric == "exit_rate":
        return whole(plain, "pageviews", ("page",))
    times = tuple(name for name in plain.dimensions if name in TIME_WORDS.values())
    kept = {"percentage": (), "conversion_rate": times}.get(metric, plain.dimensions)
    return whole(plain, "visitors", kept)


def whole(plain: Question, metric: str, dimensions: tuple[str, ...]) -> Question:
    return msgspec.structs.replace(
        plain, metrics=(metric,), dimensions=dimensions, order_by=(), limit=MOST_LIMIT, offset=0, count_rows=False
    )


def of_currencies(plain: Question) -> Question:
    """In which currencies amounts are: two are enough to know that they cannot be added."""
    sent = Condition("is_not", "currency", ("",))
    return msgspec.structs.replace(whole(plain, "events", ("currency",)), filters=(*plain.filters, sent), limit=2)
