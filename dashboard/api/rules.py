"""What may be asked together: metrics with dimensions, filters, orders and inclusions.

In: a query of the right shape. Out: nothing, or BadQuestion with Plausible's words: the first rule that is broken, in
its order. Metrics of visits cannot be broken down by something of a single event, except by page, where a visit
counts for its entry page. Nothing here looks at data.
"""

from __future__ import annotations

from typing import cast

from dashboard.api.filters import names_in
from dashboard.api.quoted import quoted
from dashboard.api.words import EXIT, GOAL, METRIC_WORDS, PAGE, PROPS, TIME_WORDS
from dashboard.errors import BadQuestion


def check_rules(body: dict[str, object]) -> None:
    """Raise BadQuestion for the first rule that a query breaks."""
    metrics = cast("list[str]", body["metrics"])
    dimensions = cast("list[str]", body.get("dimensions", []))
    filters = cast("list[object]", body.get("filters", []))
    _check_order(body, {*metrics, *dimensions})
    for metric in metrics:
        _check_metric(metric, dimensions, filters)
    _check_visits(metrics, dimensions)
    include = cast("dict[str, bool]", body.get("include", {}))
    if include.get("time_labels") and not any(name in TIME_WORDS for name in dimensions):
        raise BadQuestion("Invalid include.time_labels: requires a time dimension.")


def _check_order(body: dict[str, object], asked: set[str]) -> None:
    for name, direction in cast("list[list[str]]", body.get("order_by", [])):
        if name not in asked:
            shown = f":{name}" if name in METRIC_WORDS else quoted(name)
            raise BadQuestion(
                f"Invalid order_by entry '{{{shown}, :{direction}}}'. Entry is not a queried metric or dimension."
            )


def _check_metric(metric: str, dimensions: list[str], filters: list[object]) -> None:
    top = set(names_in(filters, deep=False))
    word = METRIC_WORDS[metric]
    if word.needs == "goal":
        _check_goal_metric(metric, dimensions, filters, top)
    elif word.needs == "page" and PAGE not in dimensions and PAGE not in top:
        raise BadQuestion(f"Metric `{metric}` can only be queried with event:page filters or dimensions")
    elif word.needs == "exit":
        _check_exit_rate(metric, dimensions, filters)
    elif metric == "views_per_visit" and PAGE in top:
        raise BadQuestion(f"Metric `{metric}` cannot be queried with a filter on `event:page`")
    elif metric == "views_per_visit" and dimensions:
        raise BadQuestion(f"Metric `{metric}` cannot be queried with `dimensions`")


def _check_goal_metric(metric: str, dimensions: list[str], filters: list[object], top: set[str]) -> None:
    if GOAL not in dimensions and GOAL not in top:
        raise BadQuestion(f"Metric `{metric}` can only be queried with event:goal filters or dimensions")
    if any(name.startswith(PROPS) and name not in top for name in names_in(filters)):
        raise BadQuestion(
            "Invalid filters. When `conversion_rate` or `group_conversion_rate` metrics are used, "
            "custom property filters can only be used on top level."
        )


def _check_exit_rate(metric: str, dimensions: list[str], filters: list[object]) -> None:
    if dimensions != [EXIT]:
        raise BadQuestion(f'Metric `{metric}` requires a `"{EXIT}"` dimension. No other dimensions are allowed.')
    if any(name.startswith("event:") for name in names_in(filters)):
        raise BadQuestion(f"Metric `{metric}` cannot be queried when filtering on event dimensions.")


def _check_visits(metrics: list[str], dimensions: list[str]) -> None:
    of_visits = [metric for metric in metrics if METRIC_WORDS[metric].of_visits]
    if of_visits and any(name.startswith("event:") and name != PAGE for name in dimensions):
        raise BadQuestion(f"Session metric(s) `{', '.join(of_visits)}` cannot be queried along with event dimensions")
