"""The guard of small numbers: what an answer may say to whom.

In: a question or a list, and a Guard. Out: whether it may be asked, what has to be known besides, and what may leave.
Population: a question that picks people out, and those fewer than k, is not answered. Place: regions and cities below k
are folded into one "(other)". Rows: every row below k is. Folding is complementary (folding.py): what is hidden holds
at least two rows and k people, so that total minus shown never tells a small row. Time is not folded but left blank.
It asks nothing: guarded.py does, for every question. What is no Question passes `fold_rows` and `fold_parts`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import ClassVar, TypeVar

import msgspec

from clickhouse.ask.answer import Answer, AnswerRow, Number
from clickhouse.ask.beside import has_time
from clickhouse.ask.dimensions import FINE
from clickhouse.ask.folding import hide
from clickhouse.ask.metrics import METRICS, PEOPLE
from clickhouse.ask.neighbours import neighbours_of
from clickhouse.ask.period import is_whole_days
from clickhouse.ask.question import Question, QuestionError, order_of

OTHER = "(other)"
PLACES = frozenset({"region", "city"})
MOST_PUBLIC_FILTERS = 2
MOST_ROWS = 50_000
"""Rows looked at before folding, most people first: what lies beyond is hidden too."""

Kept = TypeVar("Kept")


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
    if guard.population:
        neighbours_of(question.filters)
    if not guard.rows:
        return
    if len(question.filters) > MOST_PUBLIC_FILTERS:
        raise QuestionError(f"a public report takes at most {MOST_PUBLIC_FILTERS} filters")
    if fine := sorted(FINE & set(question.dimensions)):
        raise QuestionError(f"a public report is not finer than a day, so not by {fine[0]}", fine[0])


def is_narrow(question: Question) -> bool:
    """Whether a question picks some of a site's people out: by a filter, or by a period that is not of whole days."""
    return bool(question.filters) or not is_whole_days(question.period, question.timezone)


def folds(question: Question, guard: Guard) -> bool:
    """Whether rows of this question may have to be hidden.

    A row by two dimensions says of the people behind it what a filter and a list say, and an hour of a day what a short
    period says: so where those are guarded, these are.
    """
    if guard.rows or (guard.place and PLACES & set(question.dimensions)):
        return True
    if not guard.population:
        return False
    times = [name for name in question.dimensions if name.startswith("time:")]
    is_fine = bool(FINE & set(times)) or (bool(times) and is_narrow(question))
    return is_fine or len(question.dimensions) - len(times) > 1


def widen(question: Question) -> Question:
    """Return the question to ask instead where rows may have to be hidden: all rows, and the people behind each."""
    return msgspec.structs.replace(
        question,
        metrics=(*question.metrics, PEOPLE.name),
        order_by=((PEOPLE.name, "desc"),),
        limit=MOST_ROWS,
        offset=0,
        count_rows=False,
    )


def release(answer: Answer, hidden: Collection[tuple[str, ...]], question: Question) -> Answer:
    """Return what may leave of a widened question's answer: the rows to hide folded, the page cut, people taken off."""
    shown = [_bare(row) for row in answer.rows if row.dimensions not in hidden]
    folded = [row for row in answer.rows if row.dimensions in hidden]
    if has_time(question):
        shown += list(dict.fromkeys(_blank(row, question) for row in folded))
    elif folded:
        shown.append(_fold(folded, question))
    rows = _in_order(shown, question)
    page = rows[question.offset : question.offset + question.limit]
    return Answer(rows=tuple(page), total_rows=len(rows) if question.count_rows else None)


def nothing_said(guard: Guard) -> Answer:
    """Return the answer that says: fewer than k."""
    return Answer(rows=(), total_rows=0, fewer_than=guard.k)


def fold_rows(
    rows: Sequence[Kept],
    guard: Guard,
    people: Callable[[Kept], int],
    fold: Callable[[Sequence[Kept]], Kept] | None = None,
) -> list[Kept] | None:
    """Return what may leave of rows that did not come from `ask`: steps of journeys, entries of any other list.

    For every answer of a statement in questions/*.sql that says something of fewer people than the whole site. `people`
    tells how many stand behind a row (visitors, each event without identity as one more). Under no guard nothing
    changes. Under any guard a row of fewer than k is hidden, and with it as many of the next smallest as it takes that
    total minus shown tells of at least two rows and k people. `fold` makes one row of the hidden ones, put last;
    without it they are left out. None: so few people stand behind all of it that nothing may be said.
    Rows must be the whole list, not a page of it: cut afterwards. For parts of a whole, use `fold_parts` as well.
    """
    if guard == Guard.EXACT:
        return list(rows)
    cells: dict[tuple[str, ...], tuple[int]] = {(str(place),): (people(row),) for place, row in enumerate(rows)}
    hidden = hide(cells, guard.k)
    if hidden is None:
        return None
    shown = [row for place, row in enumerate(rows) if (str(place),) not in hidden]
    folded = [row for place, row in enumerate(rows) if (str(place),) in hidden]
    return [*shown, fold(folded)] if fold and folded else shown


def fold_parts(counts: Sequence[int], guard: Guard) -> list[int | None]:
    """Return counts each of which is a part of the one before it (steps of a funnel), None where one may not be said.

    A step is told when it is nobody, or at least k people, and those who did not come along from the last step told are
    nobody, or at least k people: a funnel's losses are as telling as its steps. For a retention table, call it once for
    each cell with (cohort, cell): every cell is a part of its cohort, but not of the cell beside it.
    """
    told: list[int | None] = []
    last = 0
    for place, count in enumerate(counts):
        lost = last - count if place else 0
        is_told = guard == Guard.EXACT or not (0 < count < guard.k or 0 < abs(lost) < guard.k)
        told.append(count if is_told else None)
        last = count if is_told else last
    return told


def _bare(row: AnswerRow) -> AnswerRow:
    """Return the row without the people that `widen` had added."""
    return AnswerRow(row.dimensions, row.metrics[:-1], row.before[:-1] if row.before else row.before)


def _blank(row: AnswerRow, question: Question) -> AnswerRow:
    """Leave the bucket its place, and no more: the name of a page that few have seen is told to nobody."""
    nothing: tuple[Number, ...] = (None,) * len(question.metrics)
    labels = zip(row.dimensions, question.dimensions, strict=True)
    label = tuple(word if name.startswith("time:") else OTHER for word, name in labels)
    return AnswerRow(label, nothing, None if row.before is None else nothing)


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
