"""The guard of small numbers: what an answer may say to whom. Every answer passes `release`, and only there.

In: a counted answer whose rows carry how many people stand behind them, and a Guard. Out: the answer that may leave.
Population: a question with a filter, or about less than a day, that fewer than k match is not answered. Place: regions
and cities below k are folded into one "(other)". Rows: every row below k is. Folding is complementary: what is hidden
holds at least two rows and at least k people in each period, so that total minus shown never tells a small row. Time is
not folded but left blank. It asks nothing: asking.py does, after `widen` has said what the guard needs to know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

import msgspec

from clickhouse.ask.answer import Answer, AnswerRow, Number
from clickhouse.ask.dimensions import FINE
from clickhouse.ask.metrics import METRICS, PEOPLE
from clickhouse.ask.question import Question, QuestionError, order_of

OTHER = "(other)"
PLACES = frozenset({"region", "city"})
MOST_PUBLIC_FILTERS = 2
SHORTEST_DAY = timedelta(hours=23)
MOST_ROWS = 50_000
"""Rows looked at before folding, most people first: what lies beyond is hidden too."""


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of an answer. The default asks nothing: owners, admins and the keys they make."""

    EXACT: ClassVar[Guard]

    population: bool = False
    place: bool = False
    rows: bool = False
    k: int = 5

    @classmethod
    def for_people(cls, k: int = 5) -> Guard:
        """Return the guard of signed-in analysts and viewers."""
        return cls(population=True, place=True, k=k)

    @classmethod
    def for_public(cls, k: int = 10) -> Guard:
        """Return the guard of share links, public pages and embeds."""
        return cls(population=True, place=True, rows=True, k=k)


Guard.EXACT = Guard()


def check(question: Question, guard: Guard) -> None:
    """Refuse what may not even be asked under a guard. Raises QuestionError."""
    if not guard.rows:
        return
    if len(question.filters) > MOST_PUBLIC_FILTERS:
        raise QuestionError(f"a public report takes at most {MOST_PUBLIC_FILTERS} filters")
    if fine := sorted(FINE & set(question.dimensions)):
        raise QuestionError(f"a public report is not finer than a day, so not by {fine[0]}", fine[0])


def is_narrow(question: Question) -> bool:
    """Whether a question picks some of a site's people out: by a filter, or by asking about less than a day."""
    return bool(question.filters) or question.period.until - question.period.since < SHORTEST_DAY


def folds(question: Question, guard: Guard) -> bool:
    """Whether rows of this question may have to be hidden."""
    return guard.rows or (guard.place and bool(PLACES & set(question.dimensions)))


def widen(question: Question, guard: Guard) -> Question:
    """Return the question to ask instead: all rows, and the people behind each, where some may be hidden."""
    if not folds(question, guard):
        return question
    return msgspec.structs.replace(
        question,
        metrics=(*question.metrics, PEOPLE.name),
        order_by=((PEOPLE.name, "desc"),),
        limit=MOST_ROWS,
        offset=0,
        count_rows=False,
    )


def release(answer: Answer, question: Question, guard: Guard, people: tuple[int, int] | None) -> Answer:
    """Return what may leave of a widened question's answer.

    `people` is how many match it, in its period and in the one compared with, when `is_narrow` had that asked.
    """
    if people is not None and people[0] < guard.k:
        return Answer(rows=(), total_rows=0, fewer_than=guard.k)
    if people is not None and 0 < people[1] < guard.k:
        answer = msgspec.structs.replace(answer, rows=tuple(_forget_before(row) for row in answer.rows))
    if not folds(question, guard):
        return answer
    cells = {row.dimensions: _counts(row) for row in answer.rows}
    hidden = hide(cells, guard.k)
    if hidden is None:
        return Answer(rows=(), total_rows=0, fewer_than=guard.k)
    shown = [_bare(row) for row in answer.rows if row.dimensions not in hidden]
    folded = [row for row in answer.rows if row.dimensions in hidden]
    if any(name.startswith("time:") for name in question.dimensions):
        shown += [_blank(row) for row in folded]
    elif folded:
        shown.append(_fold(folded, question))
    rows = _in_order(shown, question)
    page = rows[question.offset : question.offset + question.limit]
    return Answer(rows=tuple(page), total_rows=len(rows) if question.count_rows else None)


def hide(cells: Mapping[tuple[str, ...], Sequence[int]], k: int) -> set[tuple[str, ...]] | None:
    """Return the rows to hide so that neither one of them nor a difference tells of fewer than k people.

    A cell holds the people of each period; 0 means that nobody is there, which tells of nobody.
    None when even hiding all of them hides too few: then nothing may be said.
    """
    small = {label for label, counts in cells.items() if any(0 < count < k for count in counts)}
    left = sorted(cells.keys() - small, key=lambda label: (sum(cells[label]), label), reverse=True)
    hidden = set(small)
    while hidden and _too_few(hidden, cells, k):
        if not left:
            return None if _sums_short(hidden, cells, k) else hidden
        hidden.add(left.pop())
    return hidden


def _too_few(hidden: set[tuple[str, ...]], cells: Mapping[tuple[str, ...], Sequence[int]], k: int) -> bool:
    return len(hidden) < 2 or _sums_short(hidden, cells, k)


def _sums_short(hidden: set[tuple[str, ...]], cells: Mapping[tuple[str, ...], Sequence[int]], k: int) -> bool:
    return any(0 < sum(counts) < k for counts in zip(*(cells[label] for label in hidden), strict=True))


def _counts(row: AnswerRow) -> tuple[int, int]:
    before = row.before[-1] if row.before else 0
    return int(row.metrics[-1] or 0), int(before or 0)


def _forget_before(row: AnswerRow) -> AnswerRow:
    return msgspec.structs.replace(row, before=None)


def _bare(row: AnswerRow) -> AnswerRow:
    """Return the row without the people that `widen` had added."""
    return AnswerRow(row.dimensions, row.metrics[:-1], row.before[:-1] if row.before else row.before)


def _blank(row: AnswerRow) -> AnswerRow:
    nothing: tuple[Number, ...] = (None,) * (len(row.metrics) - 1)
    return AnswerRow(row.dimensions, nothing, None if row.before is None else nothing)


def _fold(rows: Sequence[AnswerRow], question: Question) -> AnswerRow:
    """Add up what adds up; a rate of several rows cannot be known from their rates."""
    befores = [row.before for row in rows if row.before]
    return AnswerRow(
        (OTHER,) * len(question.dimensions),
        _sums([row.metrics for row in rows], question),
        _sums(befores, question) if befores else None,
    )


def _sums(numbers: Sequence[tuple[Number, ...]], question: Question) -> tuple[Number, ...]:
    return tuple(
        sum(row[place] or 0 for row in numbers) if METRICS[name].adds_up else None
        for place, name in enumerate(question.metrics)
    )


def _in_order(rows: Sequence[AnswerRow], question: Question) -> list[AnswerRow]:
    """Sort as the question asks (its usual order when it does not); "(other)" stands last."""
    ordered = sorted(rows, key=lambda row: row.dimensions)
    for name, way in reversed(order_of(question)):
        if name in question.dimensions:
            place = question.dimensions.index(name)
            ordered.sort(key=lambda row: row.dimensions[place], reverse=way == "desc")
        else:
            place, sign = question.metrics.index(name), -1 if way == "desc" else 1
            ordered.sort(key=lambda row: (row.metrics[place] is None, sign * (row.metrics[place] or 0)))
    return sorted(ordered, key=lambda row: OTHER in row.dimensions)
