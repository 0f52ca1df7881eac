"""Repair: put the events of days that are over into the visits that the rule gives them, and derive those visits anew.

In: a site, and moments `[since, until)`. Out: how much was wrong; 0: every visit of these days is what its visitor's
events say (runs with less than 31 minutes between neighbours), proved by asking again. Several machines behind a
balancer that is not sticky, or a drain that had to forget, leave visits cut in two; this mends them.
One short step a call, to be called again until it says 0, from wherever it was cut short: an event is copied into its
visit first and then deleted from the wrong one, and who finds it in both goes on from there. A visit keeps its name
where it can. Only events of visitors are touched; what is isolated is not. No statement of a mutation holds a number of
a visitor, visit or row: they stand in a table in memory that stays, empty. Afterwards the caller tells `note_change`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from clickhouse.client import Store
from clickhouse.staging import empty_table, is_rewriting, make_table, on_cluster_of, shard_of
from clickhouse.visits import DERIVE_EVENTS, LONGEST_VISIT_MS, visit_id_of

QUIET_MS = 31 * 60_000
"""A gap must be shorter, as in the drain (collector/drain/visits.py); a test holds the two against each other."""
VISITORS_AT_ONCE = 20_000

REPAIRS = """
create table if not exists repairs{shard} {on_cluster}
(
    site_id    UInt32,
    visitor_id UInt64,
    visit_id   UInt64,
    segment    UInt64,
    seq        UInt32
)
engine = {engine}
"""
WRONG = """
select visitor_id, runs
from (
    select
        visitor_id,
        arraySort(groupArray((toUnixTimestamp64Milli(ts), name = 'engagement', segment, seq, visit_id))) as told,
        arraySplit(
            (one, before) -> one.1 - before.1 >= {quiet:Int64},
            told,
            arrayPushFront(arrayPopBack(told), told[1])
        ) as runs,
        arrayMap(run -> arrayDistinct(arrayMap(one -> one.5, run)), runs) as names
    from events
    where site_id = {site:UInt32}
        and not is_loose
        and ts >= fromUnixTimestamp64Milli({first:Int64})
        and ts < fromUnixTimestamp64Milli({end:Int64})
        and visitor_id global in (
            select visitor_id
            from events
            where site_id = {site:UInt32}
                and not is_loose
                and ts >= fromUnixTimestamp64Milli({since:Int64})
                and ts < fromUnixTimestamp64Milli({until:Int64})
        )
    group by visitor_id
)
where arrayExists(run -> length(run) > 1, names)
    or length(arrayDistinct(arrayFlatten(names))) < length(names)
    or has(arrayFlatten(names), 0)
order by visitor_id
limit {most:UInt32}
"""
COPY = """
insert into events
select old.* replace (repairs.visit_id as visit_id)
from (
    select *
    from events
    where site_id = {site:UInt32}
        and ts >= fromUnixTimestamp64Milli({first:Int64})
        and ts < fromUnixTimestamp64Milli({end:Int64})
        and (segment, seq) global in (select segment, seq from repairs)
        and (segment, seq) global not in (
            select segment, seq
            from events
            where site_id = {site:UInt32}
                and ts >= fromUnixTimestamp64Milli({first:Int64})
                and ts < fromUnixTimestamp64Milli({end:Int64})
                and (segment, seq, visit_id) global in (select segment, seq, visit_id from repairs)
        )
    limit 1 by segment, seq
) as old
global inner join repairs on repairs.segment = old.segment and repairs.seq = old.seq
"""
REMOVE = """
alter table events<shard> <on_cluster>
    delete where site_id = {site:UInt32}
        and ts >= fromUnixTimestamp64Milli({first:Int64})
        and ts < fromUnixTimestamp64Milli({end:Int64})
        and (segment, seq) in (select segment, seq from repairs<shard>)
        and (segment, seq, visit_id) not in (select segment, seq, visit_id from repairs<shard>)
    settings mutations_sync = 0, allow_nondeterministic_mutations = 1
"""
STALE_VISITS = """site_id = {site:UInt32}
        and visit_id >= bitShiftLeft(toUInt64({since:Int64} / 1000), 32)
        and visit_id < bitShiftLeft(toUInt64({until:Int64} / 1000), 32)
        and (visit_id, version) <not in> (
            select visit_id, count()
            from events<shard>
            where site_id = {site:UInt32}
                and not is_loose
                and ts >= fromUnixTimestamp64Milli({first:Int64})
                and ts < fromUnixTimestamp64Milli({end:Int64})
            group by visit_id
            having countIf(name != 'engagement') > 0
        )
"""
"""Of which the events are fewer now, or gone: a derived row that counted more would win over theirs."""
STALE = f"select count() from visits where {STALE_VISITS}".replace("<not in>", "global not in").replace("<shard>", "")  # noqa: S608  # nosec B608
DROP = """
alter table visits<shard> <on_cluster>
    delete where <which>
    settings mutations_sync = 0, allow_nondeterministic_mutations = 1
""".replace("<which>", STALE_VISITS).replace("<not in>", "not in")
OF_DAYS = """(site_id, visit_id) global in (
      select site_id, visit_id
      from events
      where site_id = {site:UInt32}
        and not is_loose
        and ts >= fromUnixTimestamp64Milli({from:Int64})
        and ts < fromUnixTimestamp64Milli({to:Int64})
  )"""
DERIVE_DAYS = DERIVE_EVENTS.replace("{which}", OF_DAYS)


class Told(NamedTuple):
    """An event, as far as it matters here; they sort in the order of happening."""

    ts: int
    is_engagement: bool
    segment: int
    seq: int
    visit_id: int


class Move(NamedTuple):
    """An event that belongs to another visit than it says."""

    visitor_id: int
    visit_id: int
    segment: int
    seq: int


def repair(store: Store, site_id: int, since_ms: int, until_ms: int) -> int | None:
    """Take the next step; return how many events and visits were wrong, None while ClickHouse is rewriting.

    Nobody may be adding events to visits of these days: call it for days that have been over for an hour.
    """
    make_table(store, "repairs", REPAIRS, order="segment", key="cityHash64(site_id, visitor_id)")
    if is_rewriting(store, ("events", "visits")):
        return None
    bounds = {"since": since_ms, "until": until_ms}
    binds = bounds | {"site": site_id, "first": since_ms - LONGEST_VISIT_MS, "end": until_ms + LONGEST_VISIT_MS}
    moves = list(_wrong(store, site_id, binds))
    if moves:
        _stage(store, site_id, moves)
        store.writer.command(COPY, binds)
        store.writer.command(_where_rows_are(REMOVE, store), binds)
        return len(moves)
    empty_table(store, "repairs")
    ((stale,),) = store.writer.query(STALE, binds)
    if stale:
        store.writer.command(_where_rows_are(DROP, store), binds)
        return int(stale)
    period = {"since": binds["first"], "until": binds["end"]}
    store.writer.command(DERIVE_DAYS, {"site": site_id, "from": since_ms, "to": until_ms, **period})
    return 0


def _wrong(store: Store, site_id: int, binds: dict[str, int]) -> Iterator[Move]:
    for visitor_id, told in store.writer.query(WRONG, binds | {"quiet": QUIET_MS, "most": VISITORS_AT_ONCE}):
        runs = [[Told(*one) for one in run] for run in told]
        yield from moves_of(site_id, visitor_id, runs, binds["since"], binds["until"])


def moves_of(
    site_id: int, visitor_id: int, runs: Sequence[Sequence[Told]], since_ms: int, until_ms: int
) -> Iterator[Move]:
    """Say where the events of one visitor belong: each run is a visit, the earlier run has the older claim to a name.

    No run takes the name that another one would be given by the second it begins in.
    """
    begun = [next((one.ts for one in run if not one.is_engagement), None) for run in runs]
    own = [visit_id_of(site_id, visitor_id, ts) if ts is not None else 0 for ts in begun]
    taken = {0, *own}
    for run, name in zip(runs, own, strict=True):
        if not name:
            continue  # a run of nothing but engagement is no visit: what it belonged to was erased
        into = min({one.visit_id for one in run} - (taken - {name}), default=name)
        taken.add(into)
        if any(since_ms <= one.ts < until_ms for one in run):
            wrong = {(one.segment, one.seq) for one in run if one.visit_id != into}
            yield from (Move(visitor_id, into, *place) for place in sorted(wrong))


def _where_rows_are(statement: str, store: Store) -> str:
    return statement.replace("<shard>", shard_of(store)).replace("<on_cluster>", on_cluster_of(store))


def _stage(store: Store, site_id: int, moves: Sequence[Move]) -> None:
    empty_table(store, "repairs")
    columns = {name: [getattr(move, name) for move in moves] for name in Move._fields}
    columns["site_id"] = [site_id] * len(moves)
    types = ["UInt64", "UInt64", "UInt64", "UInt32", "UInt32"]
    store.writer.insert("repairs", columns, token="", types=types)  # nosec B106
