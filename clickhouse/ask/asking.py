"""Ask: Question -> statement -> rows -> Answer, always through the guard.

In: a Store, one Question or several, and the Guard of whoever looks. Out: Answers, or QuestionError (it cannot be
asked so), QuestionTooHeavy, StoreAway. Invariant: under any guard no Answer leaves this module but by
`answer_guarded` (guarded.py). What several questions count on the same rows is counted in one statement (together.py);
that is work done before, never a number that leaves. Everything blocks; call it from a thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec.structs import replace

from clickhouse.ask import guard as guarding
from clickhouse.ask.adding import Found, add_up, counts_of
from clickhouse.ask.answer import Answer, AnswerRow, Number
from clickhouse.ask.beside import has_time, set_beside
from clickhouse.ask.build import ASKABLE, Statement, build
from clickhouse.ask.filters import MOST_VALUES
from clickhouse.ask.guard import MOST_ROWS, Guard
from clickhouse.ask.guarded import Head, answer_guarded
from clickhouse.ask.metrics import METRICS
from clickhouse.ask.question import Condition, Period, Question, QuestionError
from clickhouse.ask.together import Count, count, put_together
from clickhouse.client import Row, Store, StoreError

BAD_PATTERN = 427
NOW = timedelta(minutes=5)
CLOCKS_DIFFER = timedelta(minutes=1)


def ask(store: Store, question: Question, guard: Guard = Guard.EXACT) -> Answer:
    """Answer one question."""
    (answer,) = ask_many(store, [question], guard)
    return answer


def ask_many(store: Store, questions: Sequence[Question], guard: Guard = Guard.EXACT) -> list[Answer]:
    """Answer several questions at once, as many as the store has readers for; in the order asked."""
    if not questions:
        return []
    for question in questions:
        _check(question, guard)
    now = datetime.now(UTC)
    with ThreadPoolExecutor(max_workers=min(store.reader_count, len(questions))) as pool:
        found = _begin(store, [one for question in questions for one in _parts(question, guard)], now, pool)
        beside = partial(_count, store, now=now, found=found)
        if guard == Guard.EXACT:
            return list(pool.map(beside, questions))
        alone = partial(_answer, store, now=now, found=found)
        heads = list(dict.fromkeys(head for question in questions for head in _heads(question)))
        told = dict(zip(heads, pool.map(lambda head: head.may_be_told(guard, alone), heads), strict=True))
        return list(
            pool.map(
                lambda question: answer_guarded(question, guard, alone, beside, lambda one: told[Head.of(one)]),
                questions,
            )
        )


def _begin(store: Store, questions: Sequence[Question], now: datetime, pool: Executor) -> Found:
    """Let the pool count what these questions are going to need, together where one scan can say it."""
    counts = [one for question in questions for one in counts_of(store, question, now)]
    found: dict[Count, Callable[[], Sequence[Row]]] = {}
    for batch in put_together(counts):
        run = partial(_run, store, name="_".join(batch.whole.metrics))
        counted = pool.submit(count, batch, run)
        found |= {one: partial(_of, counted, one) for one in batch.counts}
    return found


def _of(counted: Future[dict[Count, Sequence[Row]]], one: Count) -> Sequence[Row]:
    return counted.result()[one]


def _parts(question: Question, guard: Guard) -> Iterator[Question]:
    """Yield the questions about one period each that an answer is made of, as far as one can tell."""
    plain = guarding.widen(question) if guarding.folds(question, guard) else question
    yield replace(plain, compare=None)
    if guard.population and guarding.is_narrow(question):
        yield Head.of(replace(question, compare=None)).question
    if question.compare:
        yield _earlier(plain)


def _check(question: Question, guard: Guard) -> None:
    """Refuse what cannot or may not be asked. Raises QuestionError."""
    for name in question.metrics:
        if name not in METRICS:
            raise QuestionError(f"there is no metric {name!r}", name)
    guarding.check(question, guard)
    build(question)  # a guarded question is asked with another order and limit: faults must be found in this one


def _heads(question: Question) -> list[Head]:
    """Return whom a question is about, in its period and in the one compared with."""
    heads = [Head.of(question)]
    return [*heads, Head.of(replace(question, period=question.compare))] if question.compare else heads


def people_now(site_id: int, timezone: str, now: datetime) -> Question:
    """Return the question who is here: visitors with an event in the last five minutes."""
    return Question(
        site_id=site_id,
        timezone=timezone,
        metrics=("visitors",),
        period=Period(now - NOW, now + CLOCKS_DIFFER),
    )


def _count(store: Store, question: Question, now: datetime, found: Found) -> Answer:
    answer = _answer(store, question, now, found)
    if question.compare is None:
        return answer
    earlier = _earlier(question)
    if has_time(question):
        return set_beside(answer, _answer(store, earlier, now, found), question)
    if not answer.rows:
        return answer
    every = replace(earlier, limit=MOST_ROWS, offset=0)
    rows = add_up(store, every, now, _runner(store, every), found)
    if rows is not None:
        return set_beside(answer, Answer(tuple(_row(row, every) for row in rows)), question)
    return set_beside(answer, _answer(store, _same_groups(earlier, answer), now, found), question)


def _answer(store: Store, question: Question, now: datetime, found: Found) -> Answer:
    run = _runner(store, question)
    rows = add_up(store, question, now, run, found)
    if rows is None:
        rows = run(build(question))
    total = None
    if question.count_rows:
        total = int(rows[0][-1]) if rows else _count_rows(store, question, now, found)
    return Answer(tuple(_row(row, question) for row in rows), total)


def _runner(store: Store, question: Question) -> Callable[[Statement], list[Row]]:
    return partial(_run, store, name="_".join(question.metrics))


def _run(store: Store, statement: Statement, *, name: str) -> list[Row]:
    try:
        return store.query(statement.sql, statement.binds, name=name)
    except StoreError as refusal:
        if refusal.code == BAD_PATTERN:
            raise QuestionError("a filter's pattern is not a regular expression (RE2)") from None
        raise


def _count_rows(store: Store, question: Question, now: datetime, found: Found) -> int:
    """Return the number of rows when none is on the page asked for: the number travels with the rows."""
    if question.offset == 0:
        return 0
    return _answer(store, replace(question, offset=0, limit=1), now, found).total_rows or 0


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
    return replace(question, filters=(*question.filters, *only), limit=MOST_ROWS, offset=0)
