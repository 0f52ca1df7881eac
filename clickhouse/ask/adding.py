"""Adding up: an answer about many days out of sums: those kept in the store, those still in memory, and new ones.

In: a store, a Question about whole days, the moment. Out: the rows that build.py's one statement would give, or None
where that statement is the way. Days that are over do not change, so they are not counted twice: `day_sums` knows the
common questions, memory (`store.keep`) what this process was asked lately, and only the last two days are read anew.
Invariant: the rows equal those of the statement; a change of a closed day (changes.py) is believed before any sum.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from operator import itemgetter
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from clickhouse.ask.answer import Number
from clickhouse.ask.build import ASKABLE, Source, Statement, build_sums, sources_of
from clickhouse.ask.dimensions import FINE
from clickhouse.ask.known import Known, Span, read_known
from clickhouse.ask.period import is_whole_days, zone_of
from clickhouse.ask.question import Period, Question, order_of
from clickhouse.ask.stored import Run, ask_stored, holds
from clickhouse.ask.sums import MADE_OF
from clickhouse.client import Row, Store

WEEKS_AND_DAYS = frozenset({"time:day", "time:week"})
FEWEST_DAYS = 4
"""Shorter periods are counted: two of the days would be read anew anyway."""
MOST_GAPS = 3
MOST_GAP_DAYS = 31
MOST_LABELS = 5_000
"""Groups of a kind of rows; beyond, the store had better add up."""

Table: TypeAlias = dict[tuple[str, ...], list[int]]
Ask: TypeAlias = Callable[[Statement], Sequence[Row]]
DAY = timedelta(days=1)


class Share(msgspec.Struct, frozen=True):
    """What one kind of rows contributes: which sums, and whether the table of sums has them."""

    source: Source
    sums: tuple[str, ...]
    is_stored: bool


class TooMany(Exception):
    """More groups than are added up here."""


def add_up(store: Store, question: Question, now: datetime, run: Ask) -> list[Row] | None:
    """Return the rows of an answer; None when this question is not one to add up. `run` asks the store."""
    span = _days_of(question)
    if span is None or not all(name in MADE_OF for name in question.metrics):
        return None
    known = read_known(store, question.site_id, question.timezone, now)
    if span[0] + timedelta(days=FEWEST_DAYS) > min(span[1], known.closed_until):
        return None
    shares = [_share(question, source) for source in sources_of(question)]
    tables = []
    for share in shares:
        cuts = _cut(span, known, is_stored=share.is_stored, takes_months=not WEEKS_AND_DAYS & set(question.dimensions))
        if cuts is None:
            return None
        try:
            tables.append(_merged(_pieces(store, question, share, cuts, known, run), len(share.sums)))
        except TooMany:
            return None
    return _in_order(_rows(question, shares, tables), question)


def _days_of(question: Question) -> Span | None:
    """Return the first day, and the first after the last, of a question about whole days."""
    if FINE & set(question.dimensions) or not is_whole_days(question.period, question.timezone):
        return None
    zone = zone_of(question.timezone)
    since, until = (edge.astimezone(zone).date() for edge in (question.period.since, question.period.until))
    return since, until


def _share(question: Question, source: Source) -> Share:
    names = [name for place in source.places for name in MADE_OF[question.metrics[place]].sums] or ["visits"]
    sums = tuple(dict.fromkeys(names))
    return Share(source, sums, holds(question, source.rows, sums))


class Cuts(msgspec.Struct, frozen=True):
    """How the days of a question are had."""

    stored: tuple[Run, ...] = ()
    remembered: tuple[Span, ...] = ()
    counted: tuple[Span, ...] = ()


def _cut(span: Span, known: Known, *, is_stored: bool, takes_months: bool) -> Cuts | None:
    """Divide the days; None where so little is kept that one statement is better."""
    closed = min(span[1], known.closed_until)
    runs = list(_runs(span, known.kept, takes_months=takes_months)) if is_stored else []
    edges = [span[0], *(edge for run in runs for edge in (run.first, run.last)), span[1]]
    gaps = _nonempty(zip(edges[::2], edges[1::2], strict=True))
    if runs and len(gaps) <= MOST_GAPS and sum((last - first).days for first, last in gaps) <= MOST_GAP_DAYS:
        return Cuts(stored=tuple(runs), counted=gaps)
    if not known.is_unchanged(span[0], closed, known.now):
        return None
    return Cuts(remembered=((span[0], closed),), counted=_nonempty([(closed, span[1])]))


def _nonempty(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple((first, last) for first, last in spans if first < last)


def _runs(span: Span, kept: frozenset[Span], *, takes_months: bool) -> Iterator[Run]:
    """Yield the runs of months and days that are kept: months where they are whole and may be taken."""
    run: Run | None = None
    day = span[0]
    while day < span[1]:
        month = _next_month(day)
        is_month = takes_months and day.day == 1 and (day, month) in kept and month <= span[1]
        after = month if is_month else day + DAY
        is_kept = is_month or (day, after) in kept
        if run is not None and is_kept and run.is_months == is_month:
            run = replace(run, last=after)
        else:
            if run is not None:
                yield run
            run = Run(day, after, is_month) if is_kept else None
        day = after
    if run is not None:
        yield run


def _next_month(day: date) -> date:
    return (day.replace(day=1) + 31 * DAY).replace(day=1)


def _pieces(
    store: Store, question: Question, share: Share, cuts: Cuts, known: Known, run: Ask
) -> Iterator[Iterable[Row]]:
    rows, sums = share.source.rows, share.sums
    plain = replace(question, metrics=sums, order_by=(), limit=MOST_LABELS + 1, offset=0, compare=None)
    key = (question.site_id, plain.filters, plain.dimensions, question.timezone, sums, share.source)
    count = partial(_count, plain, share.source, run)
    if cuts.stored:
        statement = ask_stored(plain, rows, sums, cuts.stored, loose=share.source.loose)
        span = cuts.stored[0].first, cuts.stored[-1].last
        yield _remembered(store, (*key, cuts.stored), known, span, lambda: _bounded(run(statement)))
    for days in cuts.remembered:
        yield _remembered(store, (*key, days), known, days, partial(count, days))
    for days in cuts.counted:
        yield count(days)


def _count(question: Question, source: Source, run: Ask, days: Span) -> Sequence[Row]:
    zone = zone_of(question.timezone)
    since, until = (datetime.combine(day, time.min, zone).astimezone(UTC) for day in days)
    return _bounded(run(build_sums(replace(question, period=Period(since, until)), source.rows, loose=source.loose)))


def _remembered(
    store: Store, key: tuple[Hashable, ...], known: Known, days: Span, count: Callable[[], Sequence[Row]]
) -> Sequence[Row]:
    found = store.keep.get(key)
    if isinstance(found, tuple):
        at, rows = found
        if known.is_unchanged(*days, at):
            return rows  # type: ignore[no-any-return]  # what `put` below was given
    rows = count()
    store.keep.put(key, (known.now, rows), len(rows))
    return rows


def _bounded(rows: Sequence[Row]) -> Sequence[Row]:
    if len(rows) > MOST_LABELS:
        raise TooMany
    return rows


def _merged(pieces: Iterable[Iterable[Row]], width: int) -> Table:
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


def _rows(question: Question, shares: Sequence[Share], tables: Sequence[Table]) -> list[Row]:
    """Make metrics of sums; the first share knows which groups there are."""
    makers: dict[int, Callable[[tuple[str, ...]], Number]] = {}
    for share, table in zip(shares, tables, strict=True):
        for place in share.source.places:
            makers[place] = partial(_made, question.metrics[place], share.sums, table)
    groups = tables[0] if question.dimensions else [()]
    return [(*labels, *(makers[place](labels) for place in range(len(makers)))) for labels in groups]


def _made(name: str, names: Sequence[str], table: Table, labels: tuple[str, ...]) -> Number:
    """Make one number, rounded as the statement rounds; a group that is not in the table has nothing of anything."""
    made, decimals = MADE_OF[name], ASKABLE[name].decimals
    sums = table.get(labels)
    number: Number = made.make(*(sums[names.index(part)] if sums else 0 for part in made.sums))
    if number is None or isinstance(number, int):
        return number
    return float(round(number * 10**decimals) / 10**decimals)


def _in_order(rows: list[Row], question: Question) -> list[Row]:
    """Sort and cut as the statement does: what cannot be said stands last, labels decide between equals."""
    width = len(question.dimensions)
    rows.sort(key=lambda row: row[:width])
    for name, way in reversed(order_of(question)):
        place = question.dimensions.index(name) if name in question.dimensions else width + question.metrics.index(name)
        said = [row for row in rows if row[place] is not None]
        said.sort(key=itemgetter(place), reverse=way == "desc")
        rows = said + [row for row in rows if row[place] is None]
    page = rows[question.offset : question.offset + question.limit]
    return [(*row, len(rows)) for row in page] if question.count_rows else page
