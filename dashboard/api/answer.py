"""Answers of the Stats API: our rows as `results`, `meta` and the query's echo.

In: a Query and the Answers to its Questions. Out: the JSON object. Whole-number metrics are whole numbers, views per
visit have two decimals, percentages one; what cannot be said is null. Labels of time are in the site's zone, and what
is empty has the API's word. Rows of several Questions (goals) are put in order and cut here, others by the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from clickhouse.ask.answer import Answer, AnswerRow, Number
from clickhouse.ask.period import buckets
from clickhouse.ask.question import Period, Question
from dashboard.api.money import money
from dashboard.api.query import Part, Query, is_merged, our_metric, our_name, plain_dimensions
from dashboard.api.words import GOAL, METRIC_WORDS, MONEY, TIME_WORDS, their_label
from dashboard.buckets import bucket_labels, clip_week
from dashboard.period import Interval
from registry.site import Site

DECIMALS = {"views_per_visit": 2, "percentage": 1, "conversion_rate": 1, "group_conversion_rate": 1, "engaged_rate": 1,
            "exit_rate": 1, "total_revenue": 2, "average_revenue": 2}  # fmt: skip
"""Every other metric is a whole number."""
INTERVAL_WORDS: dict[str, Interval] = {
    "time:hour": "hour",
    "time:day": "day",
    "time:week": "week",
    "time:month": "month",
}


class Result(msgspec.Struct, frozen=True):
    """One row in the API's own words."""

    labels: dict[str, str]
    numbers: dict[str, Number]


Totals = Mapping[str, tuple[Question, Answer]]
"""By metric: what it is a part of, or in which currencies it is."""
Wholes = Mapping[str, tuple[tuple[str, ...], Mapping[tuple[str, ...], Number]]]
"""The same, to look up: dimensions, then a number by labels."""
EXIT_OF = {"page": "exit"}


def rounded(metric: str, value: Number) -> Number:
    if value is None:
        return None
    decimals = DECIMALS.get(metric, 0)
    return round(value, decimals) if decimals else int(value + 0.5)


def whole_of(metric: str, row: AnswerRow, part: Part, wholes: Wholes) -> Number:
    """What a share is of: all visitors, those of the same time or of the same group, or the views of the same page."""
    names, numbers = wholes[metric]
    theirs = [EXIT_OF.get(name, name) if metric == "exit_rate" else name for name in names]
    return numbers.get(tuple(row.dimensions[part.question.dimensions.index(name)] for name in theirs))


def number_of(metric: str, row: AnswerRow, part: Part, wholes: Wholes) -> Number:
    value = row.metrics[part.question.metrics.index(our_metric(metric))]
    if METRIC_WORDS[metric].ours:
        return rounded(metric, value)
    whole = whole_of(metric, row, part, wholes)
    return rounded(metric, 100 * value / whole) if value is not None and whole else None


def label_of(dimension: str, row: AnswerRow, part: Part, query: Query, zone: ZoneInfo) -> str:
    if dimension == GOAL:
        return part.goal
    label = row.dimensions[part.question.dimensions.index(our_name(dimension))]
    if dimension == "time:week":
        return clip_week(label, query.range.period, zone)
    return label if dimension in TIME_WORDS else their_label(dimension, label)


def rows_of(query: Query, site: Site, part: Part, answer: Answer, wholes: Wholes) -> list[Result]:
    zone = ZoneInfo(site.timezone)
    return [
        Result(
            {name: label_of(name, row, part, query, zone) for name in query.dimensions},
            {metric: number_of(metric, row, part, wholes) for metric in query.metrics},
        )
        for row in answer.rows
    ]


def reaches_nothing(result: Result) -> bool:
    """A goal that nobody reached is no row, as a page that nobody saw is none."""
    return not any(result.numbers.values())


def in_order(results: list[Result], query: Query) -> list[Result]:
    """Sort rows of several questions: by the order asked for, last by their labels."""
    results.sort(key=lambda result: list(result.labels.values()))
    for name, direction in reversed(query.order_by):

        def key(result: Result, name: str = name) -> tuple[float, str]:
            number = result.numbers.get(name)
            return (float(number or 0), result.labels.get(name, ""))

        results.sort(key=key, reverse=direction == "desc")
    return results


def results_of(
    query: Query, site: Site, parts: Sequence[Part], answers: Sequence[Answer], totals: Totals
) -> list[Result]:
    """All rows of a query; those of goals not yet cut."""
    wholes = {
        metric: (question.dimensions, {row.dimensions: row.metrics[0] for row in answer.rows})
        for metric, (question, answer) in totals.items()
    }
    results = [
        result
        for part, answer in zip(parts, answers, strict=True)
        for result in rows_of(query, site, part, answer, wholes)
    ]
    if not is_merged(query):
        return results
    return in_order([result for result in results if not reaches_nothing(result)], query)


def json_of(
    query: Query, site: Site, results: Sequence[Result], total_rows: int | None, currency: str = ""
) -> dict[str, object]:
    """The whole answer."""
    shown = results[query.offset : query.offset + query.limit] if is_merged(query) else results
    return {
        "results": [
            {
                "metrics": [told(name, number, currency) for name, number in result.numbers.items()],
                "dimensions": list(result.labels.values()),
            }
            for result in shown
        ],
        "meta": meta_of(query, site, len(results) if is_merged(query) else total_rows),
        "query": echo_of(query, site),
    }


def told(metric: str, number: Number, currency: str) -> object:
    return money(number, currency) if metric in MONEY else number


def meta_of(query: Query, site: Site, total_rows: int | None) -> dict[str, object]:
    """Say what `include` asked for beside the results."""
    meta: dict[str, object] = {}
    if query.include.get("imports"):
        meta |= {"imports_included": False, "imports_skip_reason": "no_imported_data"}
    if query.include.get("time_labels"):
        name = next(name for name in plain_dimensions(query) if name in TIME_WORDS)
        meta["time_labels"] = labels_in(name, query.range.period, site)
    if query.include.get("total_rows"):
        meta["total_rows"] = total_rows
    return meta


def labels_in(name: str, period: Period, site: Site) -> list[str]:
    """All labels that a time dimension may have in a period."""
    if name == "time:hour_of_week":
        return [f"{day} {hour:02}:00" for day in range(1, 8) for hour in range(24)]
    if name in INTERVAL_WORDS:
        return bucket_labels(period, INTERVAL_WORDS[name], ZoneInfo(site.timezone))
    return buckets(period, site.timezone, name)


def echo_of(query: Query, site: Site) -> dict[str, object]:
    """The query as it was understood: dates resolved, defaults filled in."""
    return {
        "site_id": site.host,
        "metrics": list(query.metrics),
        "date_range": list(query.range.echo),
        "filters": query.raw_filters,
        "dimensions": list(query.dimensions),
        "order_by": [list(entry) for entry in query.order_by],
        "include": query.include,
        "pagination": {"limit": query.limit, "offset": query.offset},
    }
