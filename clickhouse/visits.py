"""Visits, derived: what a visit is called, how its row follows from its events, which visits may still go on.

In: the (site, visit) pairs that a batch touched. Out: complete rows in `visits`, one version each.
Invariant: a row is a pure function of the visit's events, so deriving again changes nothing, a crash between
insert and derivation is mended by deriving, and an erasure is: change the events, derive again.
Which visit an event belongs to is decided by the drain before the event is stored, not here.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterator, Sequence
from importlib.resources import files
from typing import NamedTuple

from clickhouse.changes import note_late
from clickhouse.client import Store
from clickhouse.staging import on_cluster_of, shard_of

VISITS_AT_ONCE = 1000
"""Bound pairs in one statement: 30 kB of parameters, well below what servers and proxies take in a URL."""
MANY_VISITS = 100
"""From here on it is cheaper to let the store find them than to name them."""
DAY_MS = 86_400_000
LONGEST_VISIT_MS = DAY_MS + 3_600_000
"""A visit ends at its site's midnight, and the longest day has 25 hours."""


class Merge(NamedTuple):
    """Two visits turned out to be one, because an event between them came late. `into` keeps its name."""

    site_id: int
    visitor_id: int
    gone: int
    into: int


class Rows(NamedTuple):
    """The rows `[a, b)` of a segment."""

    segment: int
    a: int
    b: int


class Owed(NamedTuple):
    """The rows `[a, b)` of a segment, whose visits are not derived yet; they began from `first_ms` to `last_ms`."""

    segment: int
    a: int
    b: int
    first_ms: int
    last_ms: int


class RecentVisit(NamedTuple):
    """A visit that a new event might still join."""

    site_id: int
    visitor_id: int
    visit_id: int
    start_ms: int
    end_ms: int


def visit_id_of(site_id: int, visitor_id: int, start_ms: int) -> int:
    """Name a visit: the second it began in, then 32 bits that tell visitors of that second apart.

    The same everywhere and for ever (it is stored): no process, no random number, no order of arrival goes in.
    """
    return (start_ms // 1000) << 32 | zlib.crc32(struct.pack("<IQ", site_id, visitor_id))


def start_of(visit_id: int) -> int:
    """Return the millisecond that a visit's name says (an event that came late may be older than it)."""
    return (visit_id >> 32) * 1000


def derive_visits(store: Store, visits: Collection[tuple[int, int]]) -> None:
    """Write the rows of these (site_id, visit_id) from their events; 0 names no visit and is passed over."""
    note_late(store, ((site_id, start_of(visit_id)) for site_id, visit_id in visits if visit_id))
    for pairs in _by_day(visits):
        starts = [start_of(visit_id) for _, visit_id in pairs]
        store.writer.command(
            DERIVE,
            {
                "pairs": pairs,
                "since": min(starts) - LONGEST_VISIT_MS,
                "until": max(starts) + LONGEST_VISIT_MS,
            },
        )


def derive_visits_of_rows(store: Store, rows: Rows, visits: Collection[tuple[int, int]]) -> None:
    """Write the rows of these (site_id, visit_id), all of which have events among `rows`; 0 is passed over.

    The same as `derive_visits`, and for many visits three times as fast: to bind 2,500 pairs cost 84 ms, to let the
    store find them in what was just inserted 4 ms (10,000 events; ClickHouse 26.9).
    """
    named = {pair for pair in visits if pair[1]}
    starts = [start_of(visit_id) for _, visit_id in named]
    if len(named) < MANY_VISITS or max(starts) - min(starts) > DAY_MS:
        derive_visits(store, named)
        return
    derive_owed(store, Owed(*rows, min(starts), max(starts)))


def derive_owed(store: Store, owed: Owed) -> None:
    """Write the rows of all visits that have events among these rows, and began in the time that `owed` says."""
    period = {"since": owed.first_ms - LONGEST_VISIT_MS, "until": owed.last_ms + LONGEST_VISIT_MS}
    names = {"first": owed.first_ms // 1000 << 32, "last": owed.last_ms // 1000 << 32 | 0xFFFFFFFF}
    store.writer.command(DERIVE_ROWS, {"segment": owed.segment, "a": owed.a, "b": owed.b, **names, **period})


def merge_visits(store: Store, merges: Sequence[Merge]) -> None:
    """Give the events of visits that are no visits of their own to those that go on; derive `into` afterwards.

    Repeating it changes nothing, also after a crash halfway. It marks rows of the table as deleted (50 ms or more), and
    is as rare as an event that comes so late that its visit seemed over.
    """
    shard, on_cluster = shard_of(store), on_cluster_of(store)
    for first in range(0, len(merges), VISITS_AT_ONCE):
        some = merges[first : first + VISITS_AT_ONCE]
        starts = [start_of(visit_id) for merge in some for visit_id in (merge.gone, merge.into)]
        binds = {
            "pairs": [(merge.site_id, merge.gone) for merge in some],
            "goals": [(merge.site_id, merge.into) for merge in some],
            "gone": [merge.gone for merge in some],
            "into": [merge.into for merge in some],
            "since": min(starts) - LONGEST_VISIT_MS,
            "until": max(starts) + LONGEST_VISIT_MS,
        }
        store.writer.command(MOVE_EVENTS, binds)
        for table in ("events", "visits"):
            order = DROP_VISITS.replace("{table}", table + shard).replace("{on_cluster}", on_cluster)
            store.writer.command(order, {"pairs": binds["pairs"]})


def derive_visits_of_site(store: Store, site_id: int) -> None:
    """Write the rows of all visits of a site, in one statement: after many events were put in at once."""
    forever = 1 << 42  # milliseconds; in the year 2109
    store.writer.command(DERIVE_SITE, {"site": site_id, "since": 0, "until": forever})


def recent_visits(store: Store, since_ms: int) -> list[RecentVisit]:
    """Return every visit with an event (engagement included) since then, for the drain to take up where it left."""
    return [RecentVisit(*row) for row in store.query(RECENT, {"since": since_ms}, name="recent_visits")]


def _by_day(visits: Collection[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Cut the pairs so that one statement reads the events of few neighbouring days and binds few values."""
    batch: list[tuple[int, int]] = []
    for pair in sorted({pair for pair in visits if pair[1]}, key=lambda pair: pair[1]):
        if batch and (len(batch) == VISITS_AT_ONCE or start_of(pair[1]) - start_of(batch[0][1]) > DAY_MS):
            yield batch
            batch = []
        batch.append(pair)
    if batch:
        yield batch


def _statement(name: str) -> str:
    return (files("clickhouse") / "statements" / f"{name}.sql").read_text(encoding="utf-8")


OF_ROWS = """visit_id >= {first:UInt64}
  and visit_id <= {last:UInt64}
  and (site_id, visit_id) global in (
      select site_id, visit_id
      from events
      where segment = {segment:UInt64}
        and seq >= {a:UInt32}
        and seq < {b:UInt64}
        and visit_id >= {first:UInt64}
        and visit_id <= {last:UInt64}
        and ts >= fromUnixTimestamp64Milli({since:Int64})
        and ts < fromUnixTimestamp64Milli({until:Int64})
  )"""
"""`global`: on a cluster the rows are looked for once, wherever they lie. A visit's name begins with its time, so from
the first to the last of them is a short piece of the table: a sixth of what was read without (390,000 events)."""
DERIVE_EVENTS = _statement("derive_visits")
DERIVE = DERIVE_EVENTS.replace("{which}", "(site_id, visit_id) in {pairs:Array(Tuple(UInt32, UInt64))}")
DERIVE_ROWS = DERIVE_EVENTS.replace("{which}", OF_ROWS)
DERIVE_SITE = DERIVE_EVENTS.replace("{which}", "site_id = {site:UInt32}")
RECENT = _statement("recent_visits")
MOVE_EVENTS = _statement("move_events")
DROP_VISITS = _statement("drop_visits")
