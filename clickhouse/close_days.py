"""Closing days: adds up what the closed days of a site hold, for reports to read instead of their events.

In: a store, a site, its zone, the clock. Out: rows in `day_sums`, one set for each whole month and each day of the last
quarter, and in `day_book` what they are of. One call is one step: first it deletes sums of what changed or is too old,
then it adds up something that is missing, newest first. Invariants: the statements are those that answer questions
(ask/build.py), so sums and answers cannot differ; a day is booked after its sums are in, so a crash leaves nothing that
is read; nothing is added up within minutes of a change. There is no number of a visitor in it. Retention and erasing
find it by `site_id` and `day`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clickhouse.ask.build import Statement, build_sums, kind_of
from clickhouse.ask.filters import Rows
from clickhouse.ask.known import MARGIN, Known, Span, read_known
from clickhouse.ask.question import Period, Question
from clickhouse.ask.stored import COLUMNS, STORED
from clickhouse.client import Store
from clickhouse.days import second_of
from clickhouse.staging import on_cluster_of, shard_of

QUIET = 2 * MARGIN
DAY = timedelta(days=1)
DAYS_KEPT = 93
"""Single days are asked for lately: the longest period of days on a report is 91. Older ones are months."""
DAYS_TOO_OLD = 124
"""They go by the month: to delete is to rewrite."""
EVENTS_AT_ONCE = 500_000
"""A second of one core; new events do not wait for it, and it waits for questions (limits.py)."""
EXTENT = """
select
    count(),
    toDate(min(ts), {tz:String})
from events
where site_id = {site:UInt32}
  and ts < fromUnixTimestamp64Milli({until:Int64})
"""
CLOCK = "select toUnixTimestamp64Milli(now64(3))"
FORGET = """
alter table {table} {on_cluster}
    delete where site_id = {{site:UInt32}} and (day, day + days) in {{spans:Array(Tuple(Date, Date))}}
settings mutations_sync = 2
"""
LEFT = """
select count()
from day_sums
where site_id = {site:UInt32}
  and (day, day + days) in {spans:Array(Tuple(Date, Date))}
"""
BOOKED = """
insert into day_book (site_id, day, days, timezone, at)
select
    {site:UInt32},
    (arrayJoin({spans:Array(Tuple(Date, Date))}) as span).1,
    span.2 - span.1,
    {tz:String},
    fromUnixTimestamp64Milli({at:Int64})
"""
ADDED = """
insert into day_sums (site_id, dimension, days, day, label, at, {columns})
select
    {{site:UInt32}},
    trait,
    {days},
    day,
    label,
    fromUnixTimestamp64Milli({{at:Int64}}),
    {sums}
from (
{parts}
)
group by trait, day, label
"""


def close_days(store: Store, site_id: int, timezone: str, now: datetime) -> bool:
    """Take one step; True when everything is added up, or must wait for quiet."""
    store.keep.forget(site_id)
    known = read_known(store, site_id, timezone, now)
    if gone := known.stale | _too_old(known):
        _forget(store, site_id, gone)
        return False
    until_ms = second_of(known.closed_until, timezone) * 1000
    ((count, first),) = store.background.query(EXTENT, {"site": site_id, "tz": timezone, "until": until_ms})
    if not count:
        return True
    length = max(1, (known.closed_until - first).days)
    most_days = max(1, length * EVENTS_AT_ONCE // count)
    missing = next(_missing(first, known, most_days), None)
    if missing is None:
        return True
    _add_up(store, site_id, timezone, missing, most_days)
    return False


def _too_old(known: Known) -> set[Span]:
    days = {span for span in known.kept if span[1] - span[0] == DAY}
    if any(known.closed_until - first > timedelta(days=DAYS_TOO_OLD) for first, _ in days):
        return {span for span in days if known.closed_until - span[0] > timedelta(days=DAYS_KEPT)}
    return set()


def _missing(first: date, known: Known, most_days: int) -> Iterator[list[Span]]:
    """Yield what can be added up in one statement: days of a month that follow each other, or months."""
    noisy = [change for change in known.changes if change.at > known.now - QUIET]
    ready = [
        span
        for span in _wanted(first, known.closed_until)
        if span not in known.kept and not any(one.since < span[1] and span[0] < one.until for one in noisy)
    ]
    batch: list[Span] = []
    for span in ready:
        is_next = bool(batch) and span[1] == batch[-1][0] and (span[1] - span[0] == DAY) == _are_days(batch)
        if batch and (not is_next or (batch[0][1] - span[0]).days > most_days):
            yield batch
            batch = []
        batch.append(span)
    if batch:
        yield batch


def _wanted(first: date, until: date) -> Iterator[Span]:
    """Yield the days and then the months that ought to be kept, newest first."""
    day = until
    while day > first and until - day < timedelta(days=DAYS_KEPT):
        day -= DAY
        yield day, day + DAY
    last = until.replace(day=1)
    while last > first:
        month = (last - DAY).replace(day=1)
        yield month, last
        last = month


def _are_days(spans: list[Span]) -> bool:
    return spans[0][1] - spans[0][0] == DAY


def _forget(store: Store, site_id: int, spans: Iterable[Span]) -> None:
    binds = {"site": site_id, "spans": sorted(spans)}
    for table in ("day_book", "day_sums"):  # in this order: what is not booked is not read
        forget = FORGET.format(table=table + shard_of(store), on_cluster=on_cluster_of(store))
        store.background.command(forget, binds)
    store.keep.forget(site_id)


def _add_up(store: Store, site_id: int, timezone: str, spans: list[Span], most_days: int) -> None:
    """Add up days that follow each other, or months: a month with much in it in slices, whose rows add up to it."""
    ((at,),) = store.background.query(CLOCK)
    if store.background.query(LEFT, {"site": site_id, "spans": spans}) != [(0,)]:
        _forget(store, site_id, spans)  # we were killed before these were booked
    first, last = spans[-1][0], spans[0][1]
    while first < last:
        after = first + min(most_days, (last - first).days) * DAY
        statement = sums_of(site_id, timezone, (first, after), by_day=_are_days(spans))
        store.background.command(statement.sql, statement.binds | {"at": at})
        first = after
    store.background.command(BOOKED, {"site": site_id, "spans": spans, "tz": timezone, "at": at})
    store.keep.forget(site_id)


def sums_of(site_id: int, timezone: str, days: Span, *, by_day: bool) -> Statement:
    """Return the statement that adds up all traits of some days, by the day or by the month; it lacks the bind `at`."""
    zone = ZoneInfo(timezone)
    since, until = (datetime.combine(day, time.min, zone).astimezone(UTC) for day in days)
    bucket = "time:day" if by_day else "time:month"
    binds: dict[str, object] = {}
    parts: list[str] = []
    for (rows, sums), traits in _scans().items():
        sets = [(bucket, trait) if trait else (bucket,) for trait in traits]
        question = Question(
            site_id=site_id,
            timezone=timezone,
            metrics=sums,
            period=Period(since, until),
            dimensions=(bucket, *filter(None, traits)),
        )
        part = build_sums(question, rows, loose=rows is not Rows.PAGES and "events" in sums, sets=sets)
        kinds = [kind_of(question.dimensions, group) for group in sets]
        binds |= part.binds | {f"kinds{len(parts)}": kinds, f"traits{len(parts)}": traits}
        parts.append(_as_rows(part.sql, sums, traits, len(parts)))
    sql = ADDED.format(
        columns=", ".join(COLUMNS),
        days="1" if by_day else "toDaysInMonth(day)",
        sums=",\n    ".join(f"sum({name})" for name in COLUMNS),
        parts="\nunion all\n".join(parts),
    )
    return Statement(sql, binds)


def _scans() -> dict[tuple[Rows, tuple[str, ...]], list[str]]:
    """Return which traits have the same sums on the same rows: those are added up in one scan."""
    scans: dict[tuple[Rows, tuple[str, ...]], list[str]] = {}
    for trait, kinds in STORED.items():
        for scan in kinds.items():
            scans.setdefault(scan, []).append(trait)
    return scans


def _as_rows(sql: str, sums: tuple[str, ...], traits: list[str], number: int) -> str:
    """Write the rows of some traits as rows of the table, with nothing where another kind of rows has the sum."""
    numbers = [f"{f's{sums.index(name)}' if name in sums else 'toInt64(0)'} as {name}" for name in COLUMNS]
    named_traits = [trait for trait in traits if trait]
    labels = [f"l{1 + named_traits.index(trait)}" if trait else "''" for trait in traits]
    whole = re.sub(r"\nlimit .*\nsettings .*$", "", sql)
    which = f"indexOf({{kinds{number}:Array(UInt64)}}, kind)"
    named = ",\n    ".join(
        [
            f"{{traits{number}:Array(String)}}[{which}] as trait",
            "toDate(l0) as day",
            f"[{', '.join(labels)}][{which}] as label",
            *numbers,
        ]
    )
    return f"select\n    {named}\nfrom (\n{whole}\n)"  # nosec B608
