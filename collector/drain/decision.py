"""What becomes of each record of a batch: which visit, or why none. Decided once, then written down.

In: a batch, the ids seen lately, the open visits. Out: one mark for each number of [a, b): a visit id, 0 for an event
without a visitor, or one of the small numbers below (visit ids begin at 2**32, in 1970). Duplicates are found in order
of arrival, visits in order of happening. `recall` feeds the same memory from marks that were decided before a restart.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from clickhouse.rows import ENGAGEMENT, Event
from clickhouse.visits import Merge, RecentVisit, start_of
from collector.drain.batch import Batch
from collector.drain.demands import Standing
from collector.drain.seen import Seen
from collector.drain.visits import OpenVisits

NO_VISITOR = 0
DUPLICATE = 1
NO_VISIT = 2
ERASED = 3
FIRST_VISIT = 1 << 32
NOTHING_DEMANDED = Standing()


class Decided(NamedTuple):
    """What is written down about a batch before anything of it is sent."""

    marks: array[int]
    merges: list[Merge]
    """Visits that the store knows, and that turned out to be one with another."""


def decide(batch: Batch, seen: Seen, visits: OpenVisits, standing: Standing = NOTHING_DEMANDED) -> Decided:
    """Mark every record of `batch`, and remember its ids and visits; `standing` says what comes too late to be kept."""
    marks = array("Q", bytes(8 * (batch.b - batch.a)))
    fresh: list[tuple[int, Event]] = []
    for seq, kept in batch.records.events:
        event = kept.event
        if not seen.is_new(event.site_id, kept.event_id):
            marks[seq - batch.a] = DUPLICATE
        elif standing and standing.is_erased(kept):
            marks[seq - batch.a] = ERASED
        elif event.visitor_id:
            fresh.append((seq, event))
    fresh.sort(key=lambda item: item[1].ts)
    for seq, event in fresh:
        begins = event.name != ENGAGEMENT
        marks[seq - batch.a] = visits.place(event.site_id, event.visitor_id, event.ts, begins=begins) or NO_VISIT
    merges, begun = visits.merges(), visits.begun()
    if merges:
        into = {merge.gone: merge.into for merge in merges}
        marks = array("Q", (into.get(mark, mark) for mark in marks))
    return Decided(marks, [merge for merge in merges if merge.gone not in begun])


def recall(batch: Batch, decided: Decided, seen: Seen, visits: OpenVisits) -> None:
    """Remember what `decide` had remembered when it decided this."""
    marks = decided.marks
    for seq, kept in batch.records.events:
        event, mark = kept.event, marks[seq - batch.a]
        seen.is_new(event.site_id, kept.event_id)
        if mark >= FIRST_VISIT:
            start_ms = min(event.ts, start_of(mark))
            visits.recall([RecentVisit(event.site_id, event.visitor_id, mark, start_ms, event.ts)])
    for _, blank in batch.records.blanks:
        seen.is_new(blank.site_id, blank.event_id)
    for merge in decided.merges:
        visits.merge(merge)
