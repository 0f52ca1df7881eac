"""Stored sums: which questions the table day_sums can answer, and the statement that asks it.

In: a Question, the kind of rows that would be counted, the sums wanted, the days. Out: whether the table has them, and
a Statement whose rows are labels and sums, as build.py's `build_sums` gives them for other days. The table has one
trait at a time, so it knows questions about one trait, and about one value of it. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from clickhouse.ask.binds import Binds
from clickhouse.ask.build import Statement
from clickhouse.ask.filters import SITE, Rows, compare
from clickhouse.ask.question import Condition, Question
from clickhouse.ask.text import select

TIMES = {"time:day": "day", "time:week": "toMonday(day)", "time:month": "toStartOfMonth(day)"}
TRAITS = (
    "source", "channel", "utm_source", "utm_medium", "utm_campaign", "country", "region", "city", "device", "browser",
    "os", "language", "entry", "exit",
)  # fmt: skip
"""Traits of a visit that are added up. Those left out have as many values as there are visits, or are seldom asked."""

_DONE = ("visitors", "visits", "pageviews", "events", "loose")
_ENTERED = ("entries", "entry_views", "bounces", "engaged", "seconds")
_TOLD = ("attention_ms", "attending")
WHOLE: dict[Rows, tuple[str, ...]] = {Rows.VISITS: (*_DONE, *_ENTERED, *_TOLD)}
PAGED: dict[Rows, tuple[str, ...]] = {
    Rows.EVENTS: _DONE,
    Rows.VISITS: _ENTERED,
    Rows.PAGES: (*_TOLD, "deepest", "depths"),
}
STORED: dict[str, dict[Rows, tuple[str, ...]]] = {
    "": WHOLE,
    **dict.fromkeys(TRAITS, WHOLE),
    "page": PAGED,
    "hostname": PAGED,
    "feature": {Rows.EVENTS: _DONE},
}
"""By trait ("" is none): which sums are kept, by the rows that they are counted on."""
COLUMNS = (*_DONE, *_ENTERED, *_TOLD, "deepest", "depths")


class Run(msgspec.Struct, frozen=True):
    """Days `[first, last)` whose sums are kept by the day, or by the month."""

    first: date
    last: date
    is_months: bool


def trait_of(question: Question) -> str | None:
    """Return the one trait that a question is about, "" for none; None when the table cannot know."""
    traits = [name for name in question.dimensions if name not in TIMES]
    asked = {tree.dimension if isinstance(tree, Condition) else "(tree)" for tree in question.filters}
    if len(traits) > 1 or len(asked | set(traits)) > 1:
        return None
    if asked and not traits and not _is_one_value(question):
        return None  # somebody may have two values of it, and would be counted twice
    trait = next(iter(asked | set(traits)), "")
    return trait if trait in STORED else None


def _is_one_value(question: Question) -> bool:
    """Whether the filters pick the rows of a single label."""
    (tree, *more) = question.filters
    return isinstance(tree, Condition) and not more and tree.operator == "is" and tree.case_sensitive \
        and len(tree.values) == 1  # fmt: skip


def holds(question: Question, rows: Rows, sums: Sequence[str]) -> bool:
    """Whether the table has these sums of a question."""
    trait = trait_of(question)
    return trait is not None and set(sums) <= set(STORED[trait].get(rows, ()))


def ask_stored(question: Question, rows: Rows, sums: Sequence[str], runs: Sequence[Run], *, loose: bool) -> Statement:
    """Return the statement that adds up what is kept of these days and months: runs of the one, or of the other."""
    binds = Binds({"site": question.site_id, "trait": trait_of(question) or ""})
    labels = [TIMES.get(name, "label") for name in question.dimensions]
    named = [f"toString({text}) as l{place}" for place, text in enumerate(labels)]
    numbers = [f"sum(day_sums.{name}) as s{place}" for place, name in enumerate(sums)]
    spans = [
        f"{'days > 1' if run.is_months else 'days = 1'} and day >= {binds.add('Date', run.first)}"
        f" and day < {binds.add('Date', run.last)}"
        for run in runs
    ]
    when = spans[0] if len(spans) == 1 else " or ".join(f"({span})" for span in spans)
    conditions = [compare(tree, "label", binds) for tree in question.filters if isinstance(tree, Condition)]
    sql = select(
        [*named, *numbers],
        "day_sums",
        where=[SITE, "dimension = {trait:String}", f"({when})", *conditions],
        group=[f"l{place}" for place in range(len(labels))],
    )
    if labels:
        sql += f"\nhaving sum(day_sums.{_carrier(rows, loose=loose)}) > 0"
    return Statement(sql, binds.used_in(sql))


def _carrier(rows: Rows, *, loose: bool) -> str:
    """What there must be of a label for such rows to know it."""
    if rows is Rows.PAGES:
        return "attending"
    if loose:
        return "events"
    return "entries" if rows is Rows.VISITS else "visits"
