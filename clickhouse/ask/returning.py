"""Returning: who comes back. By name of nobody: consented visitors by week, everyone else within their one day.

In: a Scope. Out: cohorts of visitors who agreed to be known again, and how many visits visitors make on a day and pages
a visit has, which need no identity beyond the day. Under a guard a number of fewer than k people is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from clickhouse.ask.guard import Guard, fold_parts, fold_rows
from clickhouse.ask.odd import Scope, ask_rows, too_few
from clickhouse.client import Row, Store

MOST_VISITS = 5
MOST_PAGES = 10
"""The last bucket is "so many or more"."""


class Cohort(msgspec.Struct, frozen=True):
    """Consented visitors first seen in the week of a Monday: how many of them were seen so many weeks later."""

    week: date
    visitors: tuple[int | None, ...]


class Bucket(msgspec.Struct, frozen=True):
    """So many (visitors of a day, or visits) had `many` (visits, or pages)."""

    many: int
    count: int


class Returning(msgspec.Struct, frozen=True):
    cohorts: tuple[Cohort, ...]
    visits_of_day: tuple[Bucket, ...]
    pages_of_visit: tuple[Bucket, ...]
    fewer_than: int = 0


def ask_returning(store: Store, scope: Scope, guard: Guard = Guard.EXACT) -> Returning:
    """Answer all three. Blocks."""
    if fewer := too_few(store, scope, guard):
        return Returning((), (), (), fewer)
    cohorts = ask_rows(store, "cohorts", scope, "visits")
    days = ask_rows(store, "visits_of_day", scope, "visits", {"most": MOST_VISITS})
    pages = ask_rows(store, "pages_of_visit", scope, "visits", {"most": MOST_PAGES})
    return Returning(
        tuple(triangle(cohorts, guard)),
        tuple(Bucket(many, visitors) for many, visitors, _ in fold_rows(days, guard, lambda row: int(row[1])) or ()),
        tuple(Bucket(many, visits) for many, visits, _ in fold_rows(pages, guard, lambda row: int(row[2])) or ()),
    )


def triangle(rows: Sequence[Row], guard: Guard) -> list[Cohort]:
    """Lay the rows out: one cohort a week that has any, every week after it up to the last one seen."""
    found: dict[date, dict[int, int]] = {}
    for week, later, visitors in rows:
        found.setdefault(week, {})[later] = visitors
    last = max((week.toordinal() + 7 * later for week, later, _ in rows), default=0)
    return [
        Cohort(week, tuple(fold_parts([seen.get(0, 0), seen.get(later, 0)] if later else [seen.get(0, 0)], guard)[-1]
                           for later in range((last - week.toordinal()) // 7 + 1)))
        for week, seen in sorted(found.items())
    ]  # fmt: skip
