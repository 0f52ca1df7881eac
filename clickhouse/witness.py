"""Witness: since when the server behind the writer has been up, and what else a row may have become.

In: a Store. Out: which server answered and since when, so that the drain can tell that one was restarted; and, for rows
of the spool that are held against the store once more, which of them are somewhere else for a good reason.
It reads only, on the writer's handle, which speaks to the server that acknowledged the last insert. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from clickhouse.client import Store
from clickhouse.visits import LONGEST_VISIT_MS, VISITS_AT_ONCE, Merge, start_of

UP = """
select
    hostName(),
    toInt64(toUnixTimestamp(now())) as now,
    toInt64(uptime())
"""
ASIDE = """
select seq
from events_isolated
where segment = {segment:UInt64}
    and seq >= {a:UInt32}
    and seq < {b:UInt64}
    and ts >= fromUnixTimestamp64Milli({since:Int64})
union all
select seq
from refusals
where segment = {segment:UInt64}
    and seq >= {a:UInt32}
    and seq < {b:UInt64}
    and reason = 'unstorable'
"""
GONE = """
select count()
from
(
    select 1 from events
    where (site_id, visit_id) in {pairs:Array(Tuple(UInt32, UInt64))}
        and ts >= fromUnixTimestamp64Milli({since:Int64})
        and ts < fromUnixTimestamp64Milli({until:Int64})
    limit 1
    union all
    select 1 from visits
    where (site_id, visit_id) in {pairs:Array(Tuple(UInt32, UInt64))}
    limit 1
)
"""


class Up(NamedTuple):
    """A server that answered: what it calls itself, its clock, and for how many seconds it has been up."""

    host: str
    now: int
    seconds: int


def up(store: Store) -> Up:
    """Ask the server that the writer speaks to. Raises StoreError."""
    ((host, now, seconds),) = store.writer.query(UP)
    return Up(host, now, seconds)


def aside(store: Store, segment: int, a: int, b: int, since_ms: int) -> set[int]:
    """Return which events of `[a, b)` are not in `events` for a reason: kept apart, or counted as unstorable."""
    return {seq for (seq,) in store.writer.query(ASIDE, {"segment": segment, "a": a, "b": b, "since": since_ms})}


def are_undone(store: Store, merges: Sequence[Merge]) -> bool:
    """Say whether any event or row is under the name of a visit that was merged into another."""
    for first in range(0, len(merges), VISITS_AT_ONCE):
        some = merges[first : first + VISITS_AT_ONCE]
        starts = [start_of(visit_id) for merge in some for visit_id in (merge.gone, merge.into)]
        binds = {
            "pairs": [(merge.site_id, merge.gone) for merge in some],
            "since": min(starts) - LONGEST_VISIT_MS,
            "until": max(starts) + LONGEST_VISIT_MS,
        }
        if store.writer.query(GONE, binds) != [(0,)]:
            return True
    return False
