"""Adding up: an answer about many days out of sums: those kept in the store, those still in memory, and new ones.

In: a store, a Question about whole days, the moment. Out: the rows that build.py's one statement would give, or None
where that statement is the way. Days that are over do not change, so they are not counted twice: `day_sums` knows the
common questions, memory (`store.keep`) what this process was asked lately, and only the last two days are read anew.
What several questions need anew may be counted together beforehand (together.py): `counts_of` says what.
Invariant: the rows equal those of the statement; a change of a closed day (changes.py) is believed before any sum.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from operator import itemgetter
from types import MappingProxyType
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from clickhouse.ask.answer import Number
from clickhouse.ask.build import ASKABLE, Source, sources_of
from clickhouse.ask.dimensions import FINE
from clickhouse.ask.known import Known, Span, read_known
from clickhouse.ask.period import is_whole_days, zone_of
from clickhouse.ask.question import Period, Question, order_of
from clickhouse.ask.stored import Run, ask_stored, holds
from clickhouse.ask.sums import MADE_OF
from clickhouse.ask.together import Ask, Batch, Count, Table, count, merged
from clickhouse.client import Row, Store

WEEKS_AND_DAYS = frozenset({"time:day", "time:week"})
FEWEST_DAYS = 4
"""Shorter periods are counted whole: two of the days would be read anew anyway."""
MOST_GAPS = 3
MOST_GAP_DAYS = 31
MOST_LABELS = 5_000
"""Groups of a kind of rows; beyond, the store had better add up."""

Found: TypeAlias = Mapping[Count, Callable[[], Sequence[Row]]]
"""What was counted beforehand; a call may wait for it."""
NOTHING: Found = MappingProxyType({})
DAY = timedelta(days=1)


class Share(msgspec.Struct, frozen=True):
    """What one kind of rows contributes: which sums, and whether the table of sums has them."""

    source: Source
    sums: tuple[str, ...]
    is_stored: bool


class Cuts(msgspec.Struct, frozen=True):
    """How the days of a question are had."""

    stored: tuple[Run, ...] = ()
    remembered: tuple[Span, ...] = ()
    counted: tuple[Span, ...] = ()


class Way(msgspec.Struct, frozen=True):
    """How a question is answered by adding up."""

    known: Known
    parts: tuple[tuple[Share, Cuts], ...]


class TooMany(Exception):
    """More groups than are added up here."""


def add_up(store: Store, question: Question, now: datetime, run: Ask, found: Found = NOTHING) -> list[Row] | None:
    """Return the rows of an answer; None when this question is not one to add up. `run` asks the store."""
    way = _way(store, question, now)
    if way is None:
        return None
    counted = partial(_counted, run, found)
    try:
        tables = [
            merged(_pieces(store, question, share, cuts, way.known, run, counted), len(share.sums))
            for share, cuts in way.parts
        ]
    except TooMany:
        return None
    return _in_order(_rows(question, [share for share, _ in way.parts], tables), question)


def counts_of(store: Store, question: Question, now: datetime) -> Iterator[Count]:
    """Yield what `add_up` is going to count for a question: the days that nobody has added up yet."""
    way = _way(store, question, now)
    for share, cuts in way.parts if way else ():
        plain = _plain(question, share)
        for days in cuts.remembered:
            if _recall(store, _key(plain, share, days), way.known, days) is None:  # type: ignore[union-attr]
                yield _count_of(plain, share, days)
        for days in cuts.counted:
            yield _count_of(plain, share, days)


def _way(store: Store, question: Question, now: datetime) -> Way | None:
    span = _days_of(question)
    if span is None or not all(name in MADE_OF for name in question.metrics):
        return None
    known = read_known(store, question.site_id, question.timezone, now)
    known = replace(known, now=min(now, known.now))  # what is counted next is as old as that, or younger
    is_short = span[0] + timedelta(days=FEWEST_DAYS) > min(span[1], known.closed_until)
    takes_months = not WEEKS_AND_DAYS & set(question.dimensions)
    shares = [_share(question, source) for source in sources_of(question)]
    cut = partial(_cut, span, known, takes_months=takes_months)
    return Way(
        known,
        tuple((one, Cuts(counted=(span,)) if is_short else cut(is_stored=one.is_stored)) for one in shares),
    )


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


def _cut(span: Span, known: Known, *, is_stored: bool, takes_months: bool) -> Cuts:
    """Divide the days."""
    closed = min(span[1], known.closed_until)
    runs = list(_runs(span, known.kept, takes_months=takes_months)) if is_stored else []
    edges = [span[0], *(edge for run in runs for edge in (run.first, run.last)), span[1]]
    gaps = _nonempty(zip(edges[::2], edges[1::2], strict=True))
    if runs and len(gaps) <= MOST_GAPS and sum((last - first).days for first, last in gaps) <= MOST_GAP_DAYS:
        return Cuts(stored=tuple(runs), counted=gaps)
    if not known.is_unchanged(span[0], closed, known.now):
        return Cuts(counted=(span,))  # nothing read now would be believed later
    return Cuts(remembered=((span[0], closed),), counted=_nonempty([(closed, span[1])]))


def _nonempty(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple((first, last) for first, last in spans if first < last)


def _runs(span: Span, kept: frozenset[Span], *, takes_months: bool) -> Iterator[Run]:
    """Yield the runs of months and days that are kept: months where they are whole and may be taken."""
    if not kept:
        return
    run: Run | None = None
    # A question about all of time asks for millions of days; what is kept is a few.
    day = max(span[0], min(first for first, _ in kept))
    until = min(span[1], max(last for _, last in kept))
    while day < until:
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


def _plain(question: Question, share: Share) -> Question:
    return replace(
        question, metrics=share.sums, order_by=(), limit=MOST_LABELS + 1, offset=0, compare=None, count_rows=False
    )


def _key(plain: Question, share: Share, what: Hashable) -> tuple[Hashable, ...]:
    return plain.site_id, plain.filters, plain.dimensions, plain.timezone, share.sums, share.source, what


def _count_of(plain: Question, share: Share, days: Span) -> Count:
    zone = zone_of(plain.timezone)
    since, until = (datetime.combine(day, time.min, zone).astimezone(UTC) for day in days)
    return Count(replace(plain, period=Period(since, until)), share.source.rows, share.source.loose)


def _counted(run: Ask, found: Found, one: Count) -> Sequence[Row]:
    beforehand = found.get(one)
    return _bounded(beforehand() if beforehand else count(Batch((one,)), run)[one])


def _pieces(
    store: Store,
    question: Question,
    share: Share,
    cuts: Cuts,
    known: Known,
    run: Ask,
    counted: Callable[[Count], Sequence[Row]],
) -> Iterator[Iterable[Row]]:
    plain, source = _plain(question, share), share.source
    if cuts.stored:
        statement = ask_stored(plain, source.rows, share.sums, cuts.stored, loose=source.loose)
        span = cuts.stored[0].first, cuts.stored[-1].last
        yield _remembered(store, _key(plain, share, cuts.stored), known, span, lambda: _bounded(run(statement)))
    for days in cuts.remembered:
        yield _remembered(store, _key(plain, share, days), known, days, partial(counted, _count_of(plain, share, days)))
    for days in cuts.counted:
        yield counted(_count_of(plain, share, days))


def _remembered(
    store: Store, key: tuple[Hashable, ...], known: Known, days: Span, anew: Callable[[], Sequence[Row]]
) -> Sequence[Row]:
    rows = _recall(store, key, known, days)
    if rows is None:
        rows = anew()
        store.keep.put(key, (known.now, rows), len(rows))
    return rows


def _recall(store: Store, key: tuple[Hashable, ...], known: Known, days: Span) -> Sequence[Row] | None:
    found = store.keep.get(key)
    if isinstance(found, tuple) and known.is_unchanged(*days, found[0]):
        return found[1]  # type: ignore[no-any-return]  # what `put` above was given
    return None


def _bounded(rows: Sequence[Row]) -> Sequence[Row]:
    if len(rows) > MOST_LABELS:
        raise TooMany
    return rows


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
