"""Odd questions: what the grid of metrics and dimensions cannot say, each a file of questions/ that one can open.

In: a Scope (site, zone, period, filters), the name of a file, further values. Out: rows. A file's `$filters` becomes
the scope's filters in words of the store; every value, there too, is a typed bind. Invariants: the site stands in every
file; the same question is always the same text. What may be shown to whom is decided by those who read the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Literal, TypeAlias

import msgspec

from clickhouse.ask.asking import BAD_PATTERN, ask
from clickhouse.ask.binds import Binds
from clickhouse.ask.build import Statement
from clickhouse.ask.dimensions import Of, dimension_of
from clickhouse.ask.filters import Rows, credited, leaves, write_all
from clickhouse.ask.guard import Guard
from clickhouse.ask.period import period_binds, zone_of
from clickhouse.ask.question import Did, Filter, Period, Question, QuestionError
from clickhouse.ask.text import joined
from clickhouse.client import Row, Store
from clickhouse.faults import StoreError

Reads: TypeAlias = Literal["events", "visits", "pages", "whole visits"]
"""What a filter picks: single events, rows of visits, what was told of pages, or every event of visits that fit."""
ROWS = {"events": Rows.EVENTS, "visits": Rows.VISITS, "pages": Rows.PAGES, "whole visits": Rows.VISITED}


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What an odd question is about."""

    site_id: int
    timezone: str
    period: Period
    filters: tuple[Filter, ...] = ()

    def question(self, *metrics: str) -> Question:
        """The plain question about the same."""
        return Question(site_id=self.site_id, timezone=self.timezone, metrics=metrics, period=self.period,
                        filters=self.filters)  # fmt: skip


def write(name: str, scope: Scope, reads: Reads, values: Mapping[str, object] = {},
          marks: Mapping[str, Sequence[Filter]] = {}) -> Statement:  # fmt: skip
    """Write the statement of a file. `marks`: filters that tell events apart, as `$name` a list of conditions."""
    zone_of(scope.timezone)
    known = {"site": scope.site_id, "tz": scope.timezone, **period_binds(scope.period), **values}
    binds = Binds(known)
    conditions = write_all(picked(scope.filters, reads), ROWS[reads], binds)
    parts = {"filters": "".join(f"\n  and {condition}" for condition in conditions)}
    for mark, filters in marks.items():
        parts[mark] = MARKS[mark]([joined(" and ", write_all([one], Rows.EVENTS, binds)) for one in filters])
    sql = Template(text_of(name)).substitute(parts)
    return Statement(sql, binds.used_in(sql))


def _bits(conditions: Sequence[str]) -> str:
    """One bit a condition."""
    return " + ".join(f"if({condition}, {1 << nth}, 0)" for nth, condition in enumerate(conditions))


def _numbers(conditions: Sequence[str]) -> str:
    """The number of each condition that holds, from 1, and 0 for those that do not."""
    return ", ".join(f"if({condition}, {nth}, 0)" for nth, condition in enumerate(conditions, 1))


MARKS = {"fits": _bits, "reached": _numbers}


def picked(filters: Sequence[Filter], reads: Reads) -> list[Filter]:
    """Return the filters as this question means them: of whole visits, a page or a deed is something they did."""
    traits = {dimension_of(leaf.dimension) for tree in filters for leaf in leaves(tree)}
    if any(dimension.credits for dimension in traits):
        filters = [credited(tree) for tree in filters]
    if reads not in ("whole visits", "visits"):
        return list(filters)
    return [Did(tree) if {dimension_of(leaf.dimension).of for leaf in leaves(tree)} & {Of.PAGE, Of.DEED} else tree
            for tree in filters]  # fmt: skip


@cache
def text_of(name: str) -> str:
    """Return the file's text."""
    return (files("clickhouse") / "questions" / f"{name}.sql").read_text(encoding="utf-8")


def ask_rows(store: Store, name: str, scope: Scope, reads: Reads, values: Mapping[str, object] = {},
             marks: Mapping[str, Sequence[Filter]] = {}) -> list[Row]:  # fmt: skip
    """Answer a file's question. Blocks. Raises QuestionError, StoreError."""
    statement = write(name, scope, reads, values, marks)
    try:
        return store.query(statement.sql, statement.binds, name=name)
    except StoreError as refusal:
        if refusal.code == BAD_PATTERN:
            raise QuestionError("a filter's pattern is not a regular expression (RE2)") from None
        raise


def too_few(store: Store, scope: Scope, guard: Guard) -> int:
    """Return k when fewer people than that match the scope and the reader may not be told more, else 0."""
    return ask(store, scope.question("visitors"), guard).fewer_than or 0 if guard.population else 0
