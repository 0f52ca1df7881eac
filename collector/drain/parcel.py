"""A batch with its decisions, as rows for the store. Pure: the same batch and marks always give the same rows.

Every record becomes rows under its own position, and no position is used twice: an event is a row of `events`; a
duplicate, or an engagement without a visit, is one row of `refusals` instead; the counts of a refusals record share
its number and differ in the bits above it. So "which of these are stored?" has an exact answer for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from clickhouse.columns import PlacedColumns, without
from clickhouse.rows import PlacedEvent, Position, Reason, RedactionCount, RefusalCount
from clickhouse.visits import Merge
from collector.drain.batch import Batch
from collector.drain.decision import DUPLICATE, ERASED, NO_VISIT, Decided
from collector.spool.segment import SEGMENT_RECORDS

DAY_MS = 86_400_000
ERA_YEARS = 8
"""96 monthly partitions: ClickHouse refuses a block that touches more than 100, as a whole (code 252)."""
DayOf = Callable[[int, int], int]
"""(site_id, ms since 1970) -> days since 1970 on that site's calendar."""

REASONS = {DUPLICATE: Reason.DUPLICATE, NO_VISIT: Reason.NO_VISIT}
NOT_KEPT = frozenset({*REASONS, ERASED})

CountedRefusal = tuple[Position, RefusalCount]
CountedRedaction = tuple[Position, RedactionCount]


class Parcel(msgspec.Struct, frozen=True):
    """What a batch sends."""

    events: PlacedColumns
    refusals: list[CountedRefusal]
    dropped: list[RefusalCount]
    """Those of the refusals that the drain found itself."""
    visits: set[tuple[int, int]]
    """(site, visit) of the events."""
    merges: list[Merge] = []
    redactions: list[CountedRedaction] = []
    erased: list[int] = []
    """Site of each event that its visitor had erased before it got here. No row tells of it."""

    @property
    def since_ms(self) -> int:
        """No event of it happened before."""
        return min(self.events.events.numbers("ts"), default=0)


def eras_of(events: Sequence[PlacedEvent]) -> Mapping[int, list[PlacedEvent]]:
    """Part events by the era they happened in: one, but for a batch that tells of long ago."""
    times = [row.event.ts for row in events]
    if times and era_of(min(times)) == era_of(max(times)):
        return {era_of(times[0]): list(events)}
    eras: dict[int, list[PlacedEvent]] = {}
    for row in events:
        eras.setdefault(era_of(row.event.ts), []).append(row)
    return eras


def era_of(ts: int) -> int:
    return datetime.fromtimestamp(ts / 1000, UTC).year // ERA_YEARS


def utc_day(_site_id: int, ts: int) -> int:
    return ts // DAY_MS


def pack(batch: Batch, decided: Decided, day_of: DayOf = utc_day) -> Parcel:
    """Make the rows of a batch."""
    key, a, marks = batch.segment.key, batch.a, decided.marks
    records = batch.records
    sites, times = records.events.numbers("site_id"), records.events.numbers("ts")
    given = [marks[seq - a] for seq in records.seqs]
    gone = [] if NOT_KEPT.isdisjoint(given) else [at for at, mark in enumerate(given) if mark in NOT_KEPT]
    events = records.events.without(gone)
    visit_ids = without(given, gone)
    visits = {visit for visit in zip(events.numbers("site_id"), visit_ids, strict=True) if visit[1]}
    placed = PlacedColumns(events, visit_ids, key, without(records.seqs, gone))
    parcel = Parcel(placed, [], [], visits, decided.merges)
    for at in gone:
        if given[at] == ERASED:
            parcel.erased.append(sites[at])
            continue
        count = RefusalCount(sites[at], day_of(sites[at], times[at]), REASONS[given[at]], 1)
        parcel.refusals.append((Position(key, records.seqs[at]), count))
        parcel.dropped.append(count)
    for seq, counted in batch.records.refusals:
        for place, count in enumerate(counted.counts):
            parcel.refusals.append((Position(key, place * SEGMENT_RECORDS + seq), count))
    for seq, found in batch.records.redactions:
        for place, leak in enumerate(found.counts):
            parcel.redactions.append((Position(key, place * SEGMENT_RECORDS + seq), leak))
    return parcel
