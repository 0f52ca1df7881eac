"""Together: what several questions of a page count on the same rows is counted in one scan, long periods in slices.

In: Counts: a Question about whole days whose metrics are sums (sums.py), and the rows to read. Out: for each, labels
and sums. Counts of one site, period and filter become one statement that groups by the labels of each (`grouping
sets`): to plan a statement costs more than to read two days, and a filter on visits is worked out once. Invariants: the
rows are those of one statement each; no statement reads much more than ROWS_AT_ONCE, so none comes near the limit of
its time, whatever else the machine does. It decides nothing about days that are added up already (adding.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from clickhouse.ask.binds import Binds
from clickhouse.ask.build import EVENTS_WINDOW, Statement, build_sums, kind_of
from clickhouse.ask.dimensions import dimension_of
from clickhouse.ask.filters import SITE, Rows, leaves
from clickhouse.ask.period import period_binds, zone_of
from clickhouse.ask.question import Period, Question
from clickhouse.ask.text import select
from clickhouse.client import Row

ROWS_AT_ONCE = 3_000_000
"""Events of a statement: about a second of one core, a thirtieth of what a question may take."""
LONG = timedelta(days=62)
"""Shorter periods are not worth asking how much there is."""
CARRIERS = {Rows.VISITS: "entries", Rows.EVENTS: "visits"}
"""What a label has where more than events without identity stand behind it."""

Ask: TypeAlias = Callable[[Statement], Sequence[Row]]
Table: TypeAlias = dict[tuple[str, ...], list[int]]


class Count(msgspec.Struct, frozen=True):
    """Sums of whole days, split by the question's dimensions."""

    question: Question
    rows: Rows
    loose: bool
    """Whether events without identity are among the rows."""


class Batch(msgspec.Struct, frozen=True):
    """Counts that one scan can do."""

    counts: tuple[Count, ...]

    @property
    def loose(self) -> bool:
        return any(one.loose for one in self.counts)

    @property
    def sets(self) -> tuple[tuple[str, ...], ...]:
        return tuple(dict.fromkeys(one.question.dimensions for one in self.counts))

    @property
    def whole(self) -> Question:
        """The question that asks for everything at once."""
        names = [name for one in self.counts for name in one.question.dimensions]
        sums = [name for one in self.counts for name in one.question.metrics]
        if self.loose and not all(one.loose for one in self.counts):
            sums.append(CARRIERS[self.counts[0].rows])
        return replace(
            self.counts[0].question, dimensions=tuple(dict.fromkeys(names)), metrics=tuple(dict.fromkeys(sums))
        )

    def statement(self, period: Period) -> Statement:
        whole, sets = replace(self.whole, period=period), self.sets
        return build_sums(whole, self.counts[0].rows, loose=self.loose, sets=sets if len(sets) > 1 else ())

    def divide(self, rows: Sequence[Row]) -> dict[Count, Sequence[Row]]:
        """Give every count its own rows of the answer."""
        if len(self.counts) == 1:
            return {self.counts[0]: rows}
        whole, sets = self.whole, self.sets
        by_kind: dict[int, list[Row]] = {}
        for row in rows:
            by_kind.setdefault(row[0] if len(sets) > 1 else 0, []).append(row[1:] if len(sets) > 1 else row)
        return {
            one: list(self._own(one, whole, by_kind.get(_kind(one, whole) if len(sets) > 1 else 0, ())))
            for one in self.counts
        }

    def _own(self, one: Count, whole: Question, rows: Iterable[Row]) -> Iterator[Row]:
        columns = [*whole.dimensions, *whole.metrics]
        places = [columns.index(name) for name in (*one.question.dimensions, *one.question.metrics)]
        must = columns.index(CARRIERS[one.rows]) if self.loose and not one.loose and one.question.dimensions else None
        for row in rows:
            if must is None or row[must]:
                yield tuple(row[place] for place in places)


def _kind(one: Count, whole: Question) -> int:
    return kind_of(whole.dimensions, one.question.dimensions)


def put_together(counts: Iterable[Count]) -> list[Batch]:
    """Divide counts into batches; the order of both is the same."""
    found: dict[object, dict[Count, None]] = {}
    for one in counts:
        found.setdefault(_scan_of(one), {})[one] = None
    return [Batch(tuple(batch)) for batch in found.values()]


def _scan_of(one: Count) -> object:
    """Return what counts must have in common to be done in one scan."""
    question = one.question
    traits = [dimension_of(name) for name in question.dimensions]
    asked = [dimension_of(leaf.dimension) for tree in question.filters for leaf in leaves(tree)]
    # Of a trait that tells how a visit came, a filter on hosts means more (build.py).
    is_credited = any(one.name == "hostname" for one in asked) and any(one.credits for one in (*traits, *asked))
    plain = replace(question, metrics=(), dimensions=())
    return one.rows, plain, is_credited, next((trait.name for trait in traits if trait.only), "")


def count(batch: Batch, run: Ask) -> dict[Count, Sequence[Row]]:
    """Count, slice by slice where there is much."""
    periods = list(_slices(batch.counts[0].question, run))
    answers = [batch.divide(run(batch.statement(period))) for period in periods]
    if len(answers) == 1:
        return answers[0]
    return {
        one: rows_of(merged((answer[one] for answer in answers), len(one.question.metrics))) for one in batch.counts
    }


def _slices(question: Question, run: Ask) -> Iterator[Period]:
    """Cut a long period at the beginning of months, so that each slice has ROWS_AT_ONCE events or is a single month."""
    since, until = question.period.since, question.period.until
    if until - since <= LONG:
        yield question.period
        return
    months = list(_months(since, until, question.timezone))
    pieces = min(len(months), 1 + _rows_in(question, run) // ROWS_AT_ONCE)
    edges = [months[len(months) * nth // pieces] for nth in range(pieces)]
    yield from (Period(*edge) for edge in zip(edges, [*edges[1:], until], strict=True))


def _months(since: datetime, until: datetime, timezone: str) -> Iterator[datetime]:
    """Yield the beginning of a period, and of every month in it."""
    zone = zone_of(timezone)
    yield since
    day = _next_month(since.astimezone(zone).date())
    while (start := datetime.combine(day, time.min, zone).astimezone(UTC)) < until:
        yield start
        day = _next_month(day)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _rows_in(question: Question, run: Ask) -> int:
    """Return about how many events the period has; the store knows by its index. A cluster does not tell."""
    binds = Binds({"site": question.site_id} | period_binds(question.period))
    sql = f"explain estimate {select(['count()'], 'events', where=[SITE, *EVENTS_WINDOW])}"
    return sum(row[3] for row in run(Statement(sql, binds.used_in(sql))))


def merged(pieces: Iterable[Iterable[Row]], width: int) -> Table:
    """Add rows up by their labels; the last `width` cells are numbers."""
    table: Table = {}
    for piece in pieces:
        for row in piece:
            labels = tuple(row[: len(row) - width])
            numbers = row[len(row) - width :]
            known = table.get(labels)
            if known is None:
                table[labels] = list(numbers)
            else:
                for place, number in enumerate(numbers):
                    known[place] += number
    return table


def rows_of(table: Mapping[tuple[str, ...], Sequence[int]]) -> list[Row]:
    return [(*labels, *numbers) for labels, numbers in table.items()]
