"""When visits are derived: at once, or, while very many events come, together with those of the next batches.

In: what a batch stored, how long deriving took. Out: whether it may wait, and what it has to be joined to. A visit is
derived from all of its events, so a visit that goes on costs again what it cost before: with 20,000 events a second
that was two thirds of the drain's work. So deriving takes a tenth of the time at most, and waits ten seconds at most.
Invariant: what is owed stands in the drain's note before its rows are called done, and is derived after any crash.
A batch of ordinary size never waits.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from clickhouse.client import Store
from clickhouse.visits import DAY_MS, Owed, derive_owed, start_of
from collector.drain.batch import Batch
from collector.drain.parcel import Parcel
from collector.drain.source import Source

MANY_ROWS = 2000
PAUSES = 9
"""After deriving there is a pause of so many times what it took."""
LONGEST_SECONDS = 10.0


def owed_by(batch: Batch, parcel: Parcel) -> Owed | None:
    """Say what is owed if the visits of a batch are not derived with it; None: they cannot wait."""
    if parcel.events.count < MANY_ROWS or not parcel.visits or parcel.merges:
        return None
    visit_ids = [visit_id for _, visit_id in parcel.visits]
    owed = Owed(batch.segment.key, batch.a, batch.b, start_of(min(visit_ids)), start_of(max(visit_ids)))
    return owed if owed.last_ms - owed.first_ms <= DAY_MS else None


def joined(owed: Sequence[Owed], more: Owed) -> list[Owed]:
    """Add to what is owed; rows that follow each other, and are of a day, become one."""
    *others, last = owed or [more]
    first_ms, last_ms = min(last.first_ms, more.first_ms), max(last.last_ms, more.last_ms)
    follows = last.segment == more.segment and last.b == more.a
    if more == last or (follows and last_ms - first_ms <= DAY_MS):
        return [*others, Owed(last.segment, last.a, more.b, first_ms, last_ms)]
    return [*others, last, more]


def pause_after(seconds: float) -> float:
    """Return the seconds to the next time, after deriving took so many."""
    return min(PAUSES * seconds, LONGEST_SECONDS)


class Debts:
    """What is owed of all sources. Belongs to the drain's thread."""

    def __init__(self, store: Store, sources: Sequence[Source]) -> None:
        self._store = store
        self._sources = sources
        self._next = 0.0

    @property
    def is_due(self) -> bool:
        return time.monotonic() >= self._next

    def pay(self) -> None:
        """Derive the visits that are owed, all of them. Raises StoreError, OSError."""
        began = time.monotonic()
        for source in self._sources:
            source.pay(lambda owed: derive_owed(self._store, owed))
        self._next = time.monotonic() + pause_after(time.monotonic() - began)
