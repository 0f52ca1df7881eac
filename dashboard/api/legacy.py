"""The Stats API's first version, `GET /api/v1/stats/…`, which older clients still speak.

In: a query string and a key. Out: the old JSON. Every question becomes a query of the second version, so numbers and
rules are the same; here are only the old words: periods that end at a date, filters as `event:page==/blog/*;…`, one
breakdown a request, series without gaps. Reads as the second version does: keys, scopes, limits and notes are its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

from dashboard.api.goals import path_expression
from dashboard.api.quoted import quoted
from dashboard.api.words import DIMENSION_WORDS, GOAL, METRIC_WORDS, OLD_WORDS, PAGE, is_prop
from dashboard.errors import BadQuestion
from dashboard.filters import split, unescape
from dashboard.period import FIRST_YEAR, LAST_YEAR, LONGEST_DAYS, months_before, next_month

DAY = timedelta(days=1)
COUNTED = {"7d": 6, "30d": 30}
"""Days before `date`, which is one more: Plausible's own `7d` is seven days and its `30d` is 31."""
IN_MONTHS = {"month": 1, "6mo": 6, "12mo": 12}
PERIODS = ("day", *COUNTED, *IN_MONTHS, "custom")
DOCS = "https://plausible.io/docs/stats-api"
OPERATORS = {"==": "is", "!=": "is_not", "!~": "contains_not", "~": "contains"}
FILTER = re.compile(r"(?P<name>[a-z]+:[^=!~]+?)(?P<operator>==|!=|!~|~)(?P<values>.*)", re.DOTALL)
PLAIN_RATES = frozenset({"bounce_rate", "visit_duration", "time_on_page", "scroll_depth", "conversion_rate"})
"""What an empty bucket of a series has none of."""
MOST_ROWS, USUAL_ROWS = 1000, 100

Params = Mapping[str, str]
Body = dict[str, object]


class Asked(msgspec.Struct, frozen=True):
    """A request of the old kind as one of the new."""

    body: Body
    earlier: Body | None = None
    """The same about the period before, for `compare`."""


def metrics_in(params: Params) -> list[str]:
    """Read `metrics`, a comma list. Raises BadQuestion."""
    names = [name.strip() for name in params.get("metrics", "visitors").split(",")]
    for name in names:
        if name not in METRIC_WORDS:
            raise BadQuestion(
                f"The metric `{name[:60]}` is not recognized. Find valid metrics from the documentation: {DOCS}#metrics"
            )
    return list(dict.fromkeys(names))


def day_in(text: str, name: str = "date") -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not (FIRST_YEAR < day.year <= LAST_YEAR and len(text) == len("2026-01-31")):
        raise BadQuestion(f"Error parsing `{name}` parameter: invalid date `{text[:40]}`. Use ISO 8601: 2026-01-31.")
    return day


def days_in(params: Params, today: date) -> tuple[date, date]:
    """Read `period` and `date`: the first and the last day. Raises BadQuestion."""
    period, text = params.get("period", "30d"), params.get("date", "")
    if period not in PERIODS:
        raise BadQuestion(
            f"Error parsing `period` parameter: invalid period `{period[:40]}`. "
            f"Please find accepted values in our docs: {DOCS}#time-periods"
        )
    if period == "custom":
        begin, _, end = text.partition(",")
        span = day_in(begin), day_in(end)
        if not timedelta(0) <= span[1] - span[0] <= timedelta(days=LONGEST_DAYS):
            raise BadQuestion(
                "Error parsing `date` parameter: a custom period is `first,last`, and not longer than ten years."
            )
        return span
    last = today if text in ("", "today") else day_in(text)
    if period in COUNTED:
        return last - COUNTED[period] * DAY, last
    if period in IN_MONTHS:
        return months_before(last, IN_MONTHS[period] - 1), next_month(last) - DAY
    return last, last


def filters_in(params: Params) -> list[object]:
    """Read `filters`: conditions joined by `;`, values by `|`. Raises BadQuestion."""
    text = params.get("filters", "")
    return [filter_in(part.strip()) for part in split(text, ";") if part.strip()]


def filter_in(text: str) -> list[object]:
    found = FILTER.fullmatch(text)
    name = found["name"].strip() if found else ""
    if found is None or not (name in DIMENSION_WORDS or name in OLD_WORDS or name == GOAL or is_prop(name)):
        raise BadQuestion(f"Invalid filter {quoted(text)}. The format is property==value, joined by `;`.")
    values = [unescape(value.strip()) for value in split(found["values"], "|")]
    operator = OPERATORS[found["operator"]]
    if name == PAGE and operator in ("is", "is_not") and any("*" in value for value in values):
        return [operator.replace("is", "matches"), name, [path_expression(value) for value in values]]
    return [operator, name, values]


def range_of(first: date, last: date) -> list[str]:
    return [first.isoformat(), last.isoformat()]


def aggregate(params: Params, today: date) -> Asked:
    """Read a request for totals."""
    first, last = days_in(params, today)
    body: Body = {"site_id": params.get("site_id", ""), "metrics": metrics_in(params), "filters": filters_in(params),
                  "date_range": range_of(first, last)}  # fmt: skip
    compare = params.get("compare", "")
    if compare not in ("", "previous_period"):
        raise BadQuestion("Invalid `compare` parameter: only `previous_period` is known.")
    length = last - first + DAY
    earlier = body | {"date_range": range_of(first - length, last - length)} if compare else None
    return Asked(body, earlier)


def timeseries(params: Params, today: date) -> Asked:
    """Read a request for a series."""
    first, last = days_in(params, today)
    period = params.get("period", "30d")
    usual = "hour" if period == "day" else "month" if period in ("6mo", "12mo") else "date"
    interval = params.get("interval", usual)
    if interval not in ("date", "day", "week", "month", "hour"):
        raise BadQuestion("Error parsing `interval` parameter: it is `date` or `month`.")
    dimension = "time:day" if interval == "date" else f"time:{interval}"
    body = aggregate(params, today).body
    return Asked(body | {"date_range": range_of(first, last), "dimensions": [dimension],
                         "include": {"time_labels": True}})  # fmt: skip


def breakdown(params: Params, today: date) -> Asked:
    """Read a request for a breakdown."""
    name = params.get("property", "")
    if not name:
        raise BadQuestion(
            "The `property` parameter is required. Please provide at least one property to show a breakdown by."
        )
    if not (name in DIMENSION_WORDS or name in OLD_WORDS or name == GOAL or is_prop(name)):
        raise BadQuestion(
            f"Invalid property {quoted(name)}. "
            f"Please provide a valid property for the breakdown endpoint: {DOCS}#properties"
        )
    limit = whole_in(params, "limit", USUAL_ROWS, MOST_ROWS)
    page = whole_in(params, "page", 1, 1_000_000)
    body = aggregate(params, today).body
    return Asked(body | {"dimensions": [name], "pagination": {"limit": limit, "offset": (page - 1) * limit}})


def whole_in(params: Params, name: str, usual: int, most: int) -> int:
    text = params.get(name, str(usual))
    number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
    if not 1 <= number <= most:
        raise BadQuestion(f"Please provide `{name}` as a number from 1 to {most}.")
    return number


# Answers


def rows_of(answer: Mapping[str, object]) -> Sequence[Mapping[str, list[object]]]:
    return msgspec.convert(answer["results"], list[dict[str, list[object]]])


def told_aggregate(asked: Asked, answer: Mapping[str, object], earlier: Mapping[str, object] | None) -> Body:
    """Say totals, and how they changed."""
    names = msgspec.convert(asked.body["metrics"], list[str])
    values = rows_of(answer)[0]["metrics"]
    befores = rows_of(earlier)[0]["metrics"] if earlier else [None] * len(names)
    told = {}
    for name, value, before in zip(names, values, befores, strict=True):
        told[name] = {"value": value} | ({"change": change_of(name, value, before)} if earlier else {})
    return {"results": told}


def change_of(name: str, value: object, before: object) -> float | None:
    """Points of a rate, per cent of anything else."""
    if not (isinstance(value, int | float) and isinstance(before, int | float)):
        return None
    if name in ("bounce_rate", "conversion_rate", "engaged_rate"):
        return round(value - before, 1)
    if before == 0:
        return 100 if value else 0
    return round(100 * (value - before) / before)


def told_timeseries(asked: Asked, answer: Mapping[str, object]) -> Body:
    """Say a series without gaps."""
    names = msgspec.convert(asked.body["metrics"], list[str])
    meta = msgspec.convert(answer["meta"], dict[str, list[str]])
    known = {str(row["dimensions"][0]): row["metrics"] for row in rows_of(answer)}
    empty = [None if name in PLAIN_RATES else 0 for name in names]
    return {
        "results": [
            {"date": label} | dict(zip(names, known.get(label, empty), strict=True)) for label in meta["time_labels"]
        ]
    }


def told_breakdown(asked: Asked, answer: Mapping[str, object]) -> Body:
    """Say rows, each under its property's short name."""
    names = msgspec.convert(asked.body["metrics"], list[str])
    (dimension,) = msgspec.convert(asked.body["dimensions"], list[str])
    key = dimension.rpartition(":")[2] if not is_prop(dimension) else dimension.split(":", 2)[2]
    return {
        "results": [
            {key: row["dimensions"][0]} | dict(zip(names, row["metrics"], strict=True)) for row in rows_of(answer)
        ]
    }
