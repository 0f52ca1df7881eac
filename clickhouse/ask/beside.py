"""Beside: the numbers of one period set beside those of the other it is compared with.

In: the answers of both. Out: one answer whose rows carry both. Groups meet by their labels; buckets of time meet by
their number, the first with the first, also where only the other period has anything. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec.structs import replace

from clickhouse.ask.answer import Answer, AnswerRow, Number
from clickhouse.ask.build import ASKABLE
from clickhouse.ask.period import buckets
from clickhouse.ask.question import Question

Label: TypeAlias = tuple[str, ...]


def has_time(question: Question) -> bool:
    return any(name.startswith("time:") for name in question.dimensions)


def set_beside(answer: Answer, earlier: Answer, question: Question) -> Answer:
    """Give each row its numbers of the other period."""
    if has_time(question):
        return _in_time(answer, earlier, question)
    before = {row.dimensions: row.metrics for row in earlier.rows}
    rows = tuple(replace(row, before=before.get(row.dimensions)) for row in answer.rows)
    return replace(answer, rows=rows)


def mover(question: Question) -> Callable[[Label], Label | None]:
    """Return what translates a row's labels of the period compared with into ours; None: ours has no such bucket."""
    moved: dict[int, dict[str, str]] = {}
    for place, name in enumerate(question.dimensions):
        if name.startswith("time:") and question.compare is not None:
            ours = buckets(question.period, question.timezone, name)
            theirs = buckets(question.compare, question.timezone, name)
            moved[place] = dict(zip(theirs, ours, strict=False))

    def move(label: Label) -> Label | None:
        if any(label[place] not in labels for place, labels in moved.items()):
            return None
        return tuple(moved[place][word] if place in moved else word for place, word in enumerate(label))

    return move


def nothing_of(question: Question) -> tuple[Number, ...]:
    """Return the metrics of a group that is not there."""
    return tuple(0 if ASKABLE[name].adds_up else None for name in question.metrics)


def _in_time(answer: Answer, earlier: Answer, question: Question) -> Answer:
    if question.compare is None:
        return answer
    move = mover(question)
    before: dict[Label, tuple[Number, ...]] = {}
    for row in earlier.rows:
        label = move(row.dimensions)
        if label is not None:
            before[label] = row.metrics
    rows = [replace(row, before=before.pop(row.dimensions, None)) for row in answer.rows]
    rows += [AnswerRow(label, nothing_of(question), metrics) for label, metrics in before.items()]
    if not question.order_by:
        times = [place for place, name in enumerate(question.dimensions) if name.startswith("time:")]
        rows.sort(key=lambda row: tuple(row.dimensions[place] for place in times))
    return replace(answer, rows=tuple(rows))
