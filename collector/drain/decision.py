"""What becomes of each record of a batch: which visit, or why none. Decided once, then written down.

In: a batch, the ids seen lately, the open visits. Out: one mark for each number of [a, b): a visit id, 0 for an event
without a visitor, or one of the small numbers below (visit ids begin at 2**32, in 1970). Duplicates are found in order
of arrival, visits in order of happening. `recall` feeds the same memory from marks that were decided before a restart.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from clickhouse.rows import ENGAGEMENT
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
    a, records = batch.a, batch.records
    marks = array("Q", bytes(8 * (batch.b - a)))
    events, seqs = records.events, records.seqs
    sites, visitors, times = (events.numbers(field) for field in ("site_id", "visitor_id", "ts"))
    for at in seen.repeats(sites, records.ids):
        marks[seqs[at] - a] = DUPLICATE
    if standing:
        for at, seq in enumerate(seqs):
            if not marks[seq - a] and standing.is_erased(records.kept(at)):
                marks[seq - a] = ERASED
    fresh = [at for at, seq in enumerate(seqs) if visitors[at] and not marks[seq - a]]
    fresh.sort(key=times.__getitem__)
    follows = events.which("name", ENGAGEMENT)
    told = [(visitors[at] << 32 | sites[at], times[at], not follows[at]) for at in fresh]
    for at, visit_id in zip(fresh, visits.place_all(told), strict=True):
        marks[seqs[at] - a] = visit_id or NO_VISIT
    merges, begun = visits.merges(), visits.begun()
    if merges:
        into = {merge.gone: merge.into for merge in merges}
        marks = array("Q", (into.get(mark, mark) for mark in marks))
    return Decided(marks, [merge for merge in merges if merge.gone not in begun])


def recall(batch: Batch, decided: Decided, seen: Seen, visits: OpenVisits) -> None:
    """Remember what `decide` had remembered when it decided this."""
    marks, records = decided.marks, batch.records
    sites, visitors, times = (records.events.numbers(field) for field in ("site_id", "visitor_id", "ts"))
    seen.repeats(sites, records.ids)
    for seq, site_id, visitor_id, ts in zip(records.seqs, sites, visitors, times, strict=True):
        mark = marks[seq - batch.a]
        if mark >= FIRST_VISIT:
            visits.recall([RecentVisit(site_id, visitor_id, mark, min(ts, start_of(mark)), ts)])
    for _, blank in batch.records.blanks:
        seen.is_new(blank.site_id, blank.event_id)
    for merge in decided.merges:
        visits.merge(merge)
