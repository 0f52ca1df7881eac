"""A question is data: what is asked of one site, for one period, as plain values.

A URL, a JSON body, a panel, a CSV file and a statement's name all derive from one Question.
Names of metrics and dimensions are the keys of `metrics.METRICS` and `dimensions.DIMENSIONS`; `prop:<key>` is
a property of a feature event. A Question holds no SQL and no text that is ever pasted into SQL.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

Operator = Literal["is", "is_not", "contains", "contains_not", "matches", "matches_not"]
Direction = Literal["asc", "desc"]


class QuestionError(Exception):
    """A question that cannot be asked; `offender` is the name or value at fault."""

    def __init__(self, message: str, offender: str = "") -> None:
        super().__init__(message)
        self.offender = offender


class Condition(msgspec.Struct, frozen=True, tag="condition"):
    """A dimension compared with values: any of them (`is`), none of them (`is_not`)."""

    operator: Operator
    dimension: str
    values: tuple[str, ...]
    case_sensitive: bool = True


class AllOf(msgspec.Struct, frozen=True, tag="all"):
    """Every one of these holds."""

    filters: tuple[Filter, ...]


class AnyOf(msgspec.Struct, frozen=True, tag="any"):
    """At least one of these holds."""

    filters: tuple[Filter, ...]


class Not(msgspec.Struct, frozen=True, tag="not"):
    """This does not hold."""

    filter: Filter


class Did(msgspec.Struct, frozen=True, tag="did"):
    """Some event of the same visit fits the filter (`did=False`: none does)."""

    filter: Filter
    did: bool = True


Filter: TypeAlias = Condition | AllOf | AnyOf | Not | Did


class Period(msgspec.Struct, frozen=True):
    """`[since, until)`, both aware; `until` may lie in the future (a partial period)."""

    since: datetime
    until: datetime


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. The site is part of every question, so no statement can be built without one."""

    site_id: int
    timezone: str
    """IANA zone in which days, weeks and hours are cut."""
    metrics: tuple[str, ...]
    period: Period
    dimensions: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    """All of them hold."""
    compare: Period | None = None
    """When given, each row also carries the metrics of this period (`AnswerRow.before`)."""
    order_by: tuple[tuple[str, Direction], ...] = ()
    """Metric or dimension names; empty: time ascending, else first metric descending."""
    limit: int = 10_000
    offset: int = 0
    count_rows: bool = False
    """Also say how many rows there are without limit and offset (`Answer.total_rows`)."""


def order_of(question: Question) -> tuple[tuple[str, Direction], ...]:
    """Return the order asked for; else time forward, then the first metric, largest first."""
    if question.order_by:
        return question.order_by
    times: list[tuple[str, Direction]] = [(name, "asc") for name in question.dimensions if name.startswith("time:")]
    return (*times, (question.metrics[0], "desc"))
