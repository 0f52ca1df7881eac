"""Ask: Question -> statement -> rows -> Answer, always through the guard.

In: a Store, one Question or several, and the Guard of whoever looks. Out: Answers, or QuestionError (it cannot be
asked so), QuestionTooHeavy, StoreAway. Invariant: no Answer leaves this module without having passed
`guard.release`. A question with `compare` costs two statements, a guarded one up to two more.
Everything blocks; call it from a thread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from msgspec.structs import replace

from clickhouse.ask import guard as guarding
from clickhouse.ask.answer import Answer, AnswerRow, Number
from clickhouse.ask.build import ASKABLE, build
from clickhouse.ask.filters import MOST_VALUES
from clickhouse.ask.guard import Guard
from clickhouse.ask.metrics import METRICS, PEOPLE
from clickhouse.ask.period import buckets
from clickhouse.ask.question import Condition, Period, Question, QuestionError
from clickhouse.client import Row, Store, StoreError

BAD_PATTERN = 427
NOW = timedelta(minutes=5)
CLOCKS_DIFFER = timedelta(minutes=1)


def ask(store: Store, question: Question, guard: Guard = Guard.EXACT) -> Answer:
    """Answer one question."""
    for name in question.metrics:
        if name not in METRICS:
            raise QuestionError(f"there is no metric {name!r}", name)
    guarding.check(question, guard)
    build(question)  # a widened question has another order and limit: faults must be found in this one
    people = _people(store, question) if guard.population and guarding.is_narrow(question) else None
    wide = guarding.widen(question, guard)
    return guarding.release(_count(store, wide), question, guard, people)


def ask_many(store: Store, questions: Sequence[Question], guard: Guard = Guard.EXACT) -> list[Answer]:
    """Answer several questions at once, as many as the store has readers for; in the order asked."""
    if not questions:
        return []
    with ThreadPoolExecutor(max_workers=min(store.reader_count, len(questions))) as pool:
        return list(pool.map(lambda question: ask(store, question, guard), questions))


def people_now(site_id: int, timezone: str, now: datetime) -> Question:
    """Return the question who is here: visitors with an event in the last five minutes."""
    return Question(
        site_id=site_id,
        timezone=timezone,
        metrics=("visitors",),
        period=Period(now - NOW, now + CLOCKS_DIFFER),
    )


def _count(store: Store, question: Question) -> Answer:
    answer = _answer(store, question)
    if question.compare is None:
        return answer
    if any(name.startswith("time:") for name in question.dimensions):
        return _beside_in_time(answer, _answer(store, _earlier(question)), question)
    if not answer.rows:
        return answer
    return _beside(answer, _answer(store, _same_groups(_earlier(question), answer)))


def _answer(store: Store, question: Question) -> Answer:
    statement = build(question)
    try:
        rows = store.query(statement.sql, statement.binds, name="_".join(question.metrics))
    except StoreError as refusal:
        if refusal.code == BAD_PATTERN:
            raise QuestionError("a filter's pattern is not a regular expression (RE2)") from None
        raise
    total = None
    if question.count_rows:
        total = int(rows[0][-1]) if rows else _count_rows(store, question)
    return Answer(tuple(_row(row, question) for row in rows), total)


def _count_rows(store: Store, question: Question) -> int:
    """Return the number of rows when none is on the page asked for: the number travels with the rows."""
    if question.offset == 0:
        return 0
    return _answer(store, replace(question, offset=0, limit=1)).total_rows or 0


def _row(row: Row, question: Question) -> AnswerRow:
    width = len(question.dimensions)
    numbers = row[width : width + len(question.metrics)]
    return AnswerRow(
        tuple(row[:width]),
        tuple(_number(number, ASKABLE[name].decimals) for name, number in zip(question.metrics, numbers, strict=True)),
    )


def _number(value: float | None, decimals: int) -> Number:
    """Return what can be said: nothing over nothing is None, never 0."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), decimals) if decimals else int(value)


def _people(store: Store, question: Question) -> tuple[int, int]:
    """Return how many match the question, and how many matched it in the period compared with."""
    total = replace(question, metrics=(PEOPLE.name,), dimensions=(), order_by=(), offset=0, limit=1)
    (row,) = _count(store, total).rows
    return int(row.metrics[0] or 0), int((row.before or (0,))[0] or 0)


def _earlier(question: Question) -> Question:
    return replace(question, period=question.compare or question.period, compare=None, count_rows=False)


def _same_groups(question: Question, answer: Answer) -> Question:
    """Ask the other period about the groups that are shown, not for its own best ones.

    Labels become filters where they are few. Hosts never do: a filter on a host means more than its label (filters.py).
    """
    shown = [sorted({row.dimensions[place] for row in answer.rows}) for place in range(len(question.dimensions))]
    only = [
        Condition("is", name, tuple(labels))
        for name, labels in zip(question.dimensions, shown, strict=True)
        if len(labels) <= MOST_VALUES and name != "hostname"
    ]
    return replace(question, filters=(*question.filters, *only), limit=guarding.MOST_ROWS, offset=0)


def _beside(answer: Answer, earlier: Answer) -> Answer:
    before = {row.dimensions: row.metrics for row in earlier.rows}
    rows = tuple(replace(row, before=before.get(row.dimensions)) for row in answer.rows)
    return replace(answer, rows=rows)


def _beside_in_time(answer: Answer, earlier: Answer, question: Question) -> Answer:
    """Set the n-th bucket of one period beside the n-th of the other, also where only the other has anything."""
    if question.compare is None:
        return answer
    moved = {}
    for place, name in enumerate(question.dimensions):
        if name.startswith("time:"):
            ours = buckets(question.period, question.timezone, name)
            theirs = buckets(question.compare, question.timezone, name)
            moved[place] = dict(zip(theirs, ours, strict=False))
    before: dict[tuple[str, ...], tuple[Number, ...]] = {}
    for row in earlier.rows:
        if all(row.dimensions[place] in labels for place, labels in moved.items()):
            key = tuple(moved[place][label] if place in moved else label for place, label in enumerate(row.dimensions))
            before[key] = row.metrics
    rows = [replace(row, before=before.pop(row.dimensions, None)) for row in answer.rows]
    nothing: tuple[Number, ...] = tuple(0 if ASKABLE[name].adds_up else None for name in question.metrics)
    rows += [AnswerRow(key, nothing, metrics) for key, metrics in before.items()]
    if not question.order_by:
        rows.sort(key=lambda row: tuple(row.dimensions[place] for place in moved))
    return replace(answer, rows=tuple(rows))
