"""What may return to the store: rows of batches that are done, without those that were taken out on purpose.

In: a batch as the spool holds it now, what was decided about it, what the house says of sites, the demands to erase
that stand. Out: a parcel of the rows that have to be in the store, and of what moments those are that are not.
An event that its visitor had erased is blank in the spool, or its demand still stands; of a site that is being removed,
and of what is older than a site keeps, nothing returns. Pure, but for what the house is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from collector.drain.batch import Batch
from collector.drain.decision import ERASED, Decided
from collector.drain.delivery import Unsent
from collector.drain.demands import Standing
from collector.drain.looking import Spans
from collector.drain.parcel import DAY_MS, NOT_KEPT, DayOf, Parcel, pack

NEVER = 1 << 62


def always(_site_id: int) -> int:
    return 0


def nobody_told(_spans: Mapping[int, tuple[int, int]], _since: float) -> None:
    """Where nothing is done with stored rows."""


class Returning(msgspec.Struct, frozen=True):
    """What the house has to say about rows that are stored again."""

    since: Callable[[int], int] = always
    """What happened on a site before this moment (ms) does not return."""
    returned: Callable[[Mapping[int, tuple[int, int]], float], None] = nobody_told
    """Told of what sites and moments rows returned, and since when (seconds since 1970) rows were looked for: what was
    done with stored rows since then has to be done again. May be told twice. Raises OSError: not now."""


class Sieve:
    """Lets through what may return."""

    def __init__(self, standing: Standing, returning: Returning, day_of: DayOf) -> None:
        self._standing = standing
        self._returning = returning
        self._day_of = day_of
        self._left: set[int] = set()

    def leave(self, site_id: int) -> None:
        """Let nothing through of a site that is being removed."""
        self._left.add(site_id)

    def parcel(self, batch: Batch, decided: Decided) -> Parcel:
        """Make the rows of a batch that may return."""
        records, marks = batch.records, decided.marks
        sites, times = records.events.numbers("site_id"), records.events.numbers("ts")
        since = {site_id: self._since(site_id) for site_id in {*sites}}
        for at, seq in enumerate(records.seqs):
            is_kept = times[at] >= since[sites[at]]
            if is_kept and self._standing and marks[seq - batch.a] not in NOT_KEPT:
                is_kept = not self._standing.is_erased(records.kept(at))
            if not is_kept:
                marks[seq - batch.a] = ERASED
        parcel = pack(batch, decided, self._day_of)
        return replace(
            parcel,
            refusals=[row for row in parcel.refusals if self._may_return(row[1].site_id, row[1].day)],
            redactions=[row for row in parcel.redactions if self._may_return(row[1].site_id, row[1].day)],
        )

    def _may_return(self, site_id: int, day: int) -> bool:
        return (day + 1) * DAY_MS > self._since(site_id)

    def _since(self, site_id: int) -> int:
        return NEVER if site_id in self._left else self._returning.since(site_id)


def spanning(spans: Spans, missing: Unsent) -> Spans:
    """Widen spans by what is missing."""
    told = dict(spans)
    for site_id, ts in _moments(missing):
        first, last = told.get(site_id, (ts, ts))
        told[site_id] = min(first, ts), max(last, ts)
    return told


def days_of(moments: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Group sorted moments (ms) into spans of a day at most."""
    span: tuple[int, int] | None = None
    for moment in moments:
        if span is not None and moment - span[0] > DAY_MS:
            yield span
            span = None
        span = (span[0] if span else moment), moment
    if span is not None:
        yield span


def _moments(missing: Unsent) -> Iterator[tuple[int, int]]:
    events, refusals, redactions = missing
    yield from zip(events.events.numbers("site_id"), events.events.numbers("ts"), strict=True)
    yield from ((count.site_id, count.day * DAY_MS) for _, count in refusals)
    yield from ((count.site_id, count.day * DAY_MS) for _, count in redactions)
