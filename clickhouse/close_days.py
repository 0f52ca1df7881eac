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

from clickhouse.ask.build import Statement, build_sums
from clickhouse.ask.filters import Rows
from clickhouse.ask.known import MARGIN, Known, Span, read_known
from clickhouse.ask.question import Period, Question
from clickhouse.ask.stored import COLUMNS, STORED
from clickhouse.client import Store

QUIET = 2 * MARGIN
DAY = timedelta(days=1)
DAYS_KEPT = 93
"""Single days are asked for lately: the longest period of days on a report is 91. Older ones are months."""
DAYS_TOO_OLD = 124
"""They go by the month: to delete is to rewrite."""
EVENTS_AT_ONCE = 500_000
"""One or two seconds of one core; new events do not wait for it."""
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
    midnight = datetime.combine(known.closed_until, time.min, ZoneInfo(timezone))
    ((count, first),) = store.query(
        EXTENT, {"site": site_id, "tz": timezone, "until": int(midnight.timestamp() * 1000)}, name="close_days"
    )
    if not count:
        return True
    length = max(1, (known.closed_until - first).days)
    missing = next(_missing(first, known, max(1, length * EVENTS_AT_ONCE // count)), None)
    if missing is None:
        return True
    _add_up(store, site_id, timezone, missing)
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
        shard, on_cluster = ("_shard", f"on cluster {store.cluster}") if store.cluster else ("", "")
        store.background.command(FORGET.format(table=table + shard, on_cluster=on_cluster), binds)
    store.keep.forget(site_id)


def _add_up(store: Store, site_id: int, timezone: str, spans: list[Span]) -> None:
    ((at,),) = store.background.query(CLOCK)
    statement = sums_of(site_id, timezone, spans)
    if store.background.query(LEFT, {"site": site_id, "spans": spans}) != [(0,)]:
        _forget(store, site_id, spans)  # we were killed before these were booked
    store.background.command(statement.sql, statement.binds | {"at": at})
    store.background.command(BOOKED, {"site": site_id, "spans": spans, "tz": timezone, "at": at})
    store.keep.forget(site_id)


def sums_of(site_id: int, timezone: str, spans: list[Span]) -> Statement:
    """Return the statement that adds up all traits of days, or of months, newest first; it lacks the bind `at`."""
    zone = ZoneInfo(timezone)
    since, until = (datetime.combine(day, time.min, zone).astimezone(UTC) for day in (spans[-1][0], spans[0][1]))
    bucket = "time:day" if _are_days(spans) else "time:month"
    binds: dict[str, object] = {}
    parts: list[str] = []
    for trait, kinds in STORED.items():
        for rows, sums in kinds.items():
            question = Question(
                site_id=site_id,
                timezone=timezone,
                metrics=sums,
                period=Period(since, until),
                dimensions=(bucket, trait) if trait else (bucket,),
            )
            part = build_sums(question, rows, loose=rows is not Rows.PAGES and "events" in sums)
            binds |= part.binds | {f"trait{len(parts)}": trait}
            parts.append(_as_rows(part.sql, sums, f"{{trait{len(parts)}:String}}", "l1" if trait else "''"))
    sql = ADDED.format(
        columns=", ".join(COLUMNS),
        days="1" if _are_days(spans) else "toDaysInMonth(day)",
        sums=",\n    ".join(f"sum({name})" for name in COLUMNS),
        parts="\nunion all\n".join(parts),
    )
    return Statement(sql, binds)


def _as_rows(sql: str, sums: tuple[str, ...], trait: str, label: str) -> str:
    """Write the rows of one trait as rows of the table, with nothing where another kind of rows has the sum."""
    numbers = [f"{f's{sums.index(name)}' if name in sums else 'toUInt64(0)'} as {name}" for name in COLUMNS]
    whole = re.sub(r"\nlimit .*\nsettings .*$", "", sql)
    named = ",\n    ".join([f"{trait} as trait", "toDate(l0) as day", f"{label} as label", *numbers])
    return f"select\n    {named}\nfrom (\n{whole}\n)"  # nosec B608
