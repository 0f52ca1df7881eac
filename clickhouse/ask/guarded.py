"""Guarded: answers a question for somebody who may not see small numbers. The one way for such an answer to leave.

In: a question, a Guard, and two ways to have it counted: with the period compared with, and alone. Out: an Answer.
Before anything is said, its neighbours (neighbours.py) are counted: a question is answered when neither its people nor
those who make the difference to a neighbour are 1 to k-1, and a row is shown when that holds for the row. A compared
period is told as it would be if it were asked for by itself. What this costs is statements, one or two for each filter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from clickhouse.ask.answer import Answer, AnswerRow
from clickhouse.ask.beside import Label, has_time, mover, nothing_of, set_beside
from clickhouse.ask.dimensions import Of, dimension_of
from clickhouse.ask.filters import MOST_VALUES, leaves
from clickhouse.ask.folding import hide, is_small, next_to_hide
from clickhouse.ask.guard import MOST_ROWS, PLACES, Guard, folds, is_narrow, nothing_said, release, widen
from clickhouse.ask.metrics import PEOPLE
from clickhouse.ask.neighbours import neighbours_of
from clickhouse.ask.period import zone_of
from clickhouse.ask.question import Condition, Did, Filter, Not, Period, Question

Count: TypeAlias = Callable[[Question], Answer]


class Head(msgspec.Struct, frozen=True):
    """Whom a question is about, whatever it asks of them: questions of one page mostly share it."""

    question: Question

    @classmethod
    def of(cls, question: Question) -> Head:
        return cls(replace(people_of(question), dimensions=()))

    def may_be_told(self, guard: Guard, alone: Count) -> bool:
        """Whether anything may be said at all of these people, in the one period."""
        question = self.question
        if not (guard.population and is_narrow(question)):
            return True
        people = _people(question, alone)
        if people < guard.k:
            return False
        beside = [
            (people - _people(replace(question, filters=one.filters), alone))
            if one.is_whole
            else _people(replace(question, filters=one.filters), alone)
            for one in neighbours_of(question.filters)
        ]
        beside += [_people(replace(question, period=rest), alone) for rest in _rests(question)]
        if any(is_small(count, guard.k) for count in beside):
            return False
        return not guard.place or all(
            _takes_whole_places(question, name, guard, alone) for name in _places_in(question)
        )


def answer_guarded(
    question: Question, guard: Guard, alone: Count, beside: Count, may_be_told: Callable[[Question], bool]
) -> Answer:
    """Answer. `alone` counts one period, `beside` both; `may_be_told` says it of those a question is about."""
    if not may_be_told(replace(question, compare=None)):
        return nothing_said(guard)
    if question.compare and not may_be_told(replace(question, period=question.compare, compare=None)):
        question = replace(question, compare=None)
    if not folds(question, guard):
        return beside(question)
    wide = widen(replace(question, compare=None))
    answer = alone(wide)
    hidden = _hidden(answer, wide, guard, alone)
    if hidden is None:
        return nothing_said(guard)
    if question.compare is None:
        return release(answer, hidden, question)
    earlier_question = replace(wide, period=question.compare)
    earlier = alone(earlier_question)
    hidden_before = _hidden(earlier, earlier_question, guard, alone)
    if hidden_before is None:
        return release(answer, hidden, question)
    both = set_beside(answer, earlier, replace(wide, compare=question.compare))
    hidden |= {label for label in map(mover(question), hidden_before) if label is not None}
    return release(_with_gone(both, earlier, hidden, wide), hidden, question)


def people_of(question: Question) -> Question:
    """Return the question how many people stand behind each row of another."""
    return replace(
        question,
        metrics=(PEOPLE.name,),
        compare=None,
        order_by=((PEOPLE.name, "desc"),),
        limit=MOST_ROWS,
        offset=0,
        count_rows=False,
    )


def _people(question: Question, alone: Count) -> int:
    (row,) = alone(replace(people_of(question), dimensions=())).rows
    return int(row.metrics[0] or 0)


def _cells(question: Question, alone: Count) -> dict[Label, int]:
    return {row.dimensions: int(row.metrics[0] or 0) for row in alone(people_of(question)).rows}


def _hidden(answer: Answer, question: Question, guard: Guard, alone: Count) -> set[Label] | None:
    """Return the rows of a widened answer that may not be shown."""
    own = {row.dimensions: int(row.metrics[-1] or 0) for row in answer.rows}
    columns = [own]
    for one in neighbours_of(question.filters) if guard.population else ():
        theirs = _cells(replace(question, filters=one.filters), alone)
        columns.append({label: theirs.get(label, 0) - (own[label] if one.is_whole else 0) for label in own})
    cells = {label: tuple(column[label] for column in columns) for label in own}
    hidden = hide(cells, guard.k)
    while hidden and _stand_for_few(hidden, own.keys() - hidden, question, guard, alone):
        another = next_to_hide(hidden, cells)
        if another is None:
            return None
        hidden = hide(cells, guard.k, more={*hidden, another})
    return hidden


def _stand_for_few(
    hidden: Collection[Label], shown: Collection[Label], question: Question, guard: Guard, alone: Count
) -> bool:
    """Whether the same few people stand behind all rows to be folded: one visitor may have seen many rare pages."""
    if len(question.dimensions) != 1 or len(hidden) < 2 or not 0 < len(shown) <= MOST_VALUES:
        return False
    (name,) = question.dimensions
    if dimension_of(name).of not in (Of.PAGE, Of.DEED) or name == "hostname":
        return False
    others = Condition("is_not", name, tuple(label for (label,) in shown))
    return is_small(_people(replace(question, filters=(*question.filters, others)), alone), guard.k)


def _with_gone(both: Answer, earlier: Answer, hidden: Collection[Label], question: Question) -> Answer:
    """Add the groups that only the other period has, where they are hidden: they are a part of its "(other)"."""
    if has_time(question):
        return both
    known = {row.dimensions for row in both.rows}
    gone = [
        AnswerRow(row.dimensions, nothing_of(question), row.metrics)
        for row in earlier.rows
        if row.dimensions in hidden and row.dimensions not in known
    ]
    return replace(both, rows=(*both.rows, *gone))


def _rests(question: Question) -> list[Period]:
    """Return what is left of the first and the last day, where the period does not take them whole."""
    zone, period = zone_of(question.timezone), question.period
    first = datetime.combine(period.since.astimezone(zone).date(), datetime.min.time(), zone)
    last = datetime.combine(period.until.astimezone(zone).date(), datetime.min.time(), zone)
    ends = last if last == period.until else datetime.combine(last.date() + timedelta(days=1), last.timetz())
    rests = (Period(first, period.since), Period(period.until, ends))
    return [rest for rest in rests if rest.since < rest.until]


def _places_in(question: Question) -> set[str]:
    return {leaf.dimension for one in question.filters for leaf in leaves(_inner(one)) if leaf.dimension in PLACES}


def _inner(one: Filter) -> Filter:
    return _inner(one.filter) if isinstance(one, Did | Not) else one


def _takes_whole_places(question: Question, name: str, guard: Guard, alone: Count) -> bool:
    """Whether a filter on places takes all those that their list folds, or none: they count as one place."""
    rest = tuple(one for one in question.filters if name not in _places_in(replace(question, filters=(one,))))
    cells = _cells(replace(question, filters=rest, dimensions=(name,)), alone)
    hidden = hide({label: (count,) for label, count in cells.items()}, guard.k)
    if hidden is None:
        return False
    taken = hidden.intersection(_cells(replace(question, dimensions=(name,)), alone))
    return not taken or taken == hidden
