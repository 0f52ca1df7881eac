"""What decisions rest on: ids that came lately, visits that go on, and what visitors had erased.

In: what the last drain had noted, what the store says of recent visits, demands as they are met, the clock. Out:
decisions about batches (decision.py). It is in memory only, and built again after a restart before anything is decided.
It belongs to the drain's thread.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

from clickhouse.client import Store
from clickhouse.visits import recent_visits
from collector.drain.batch import Batch
from collector.drain.decision import Decided, decide, recall
from collector.drain.demands import Standing
from collector.drain.seen import Seen
from collector.drain.visits import REMEMBERED_MS, OpenVisits
from collector.spool.record import KeptDemand


class Memory:
    """What a drain remembers."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.standing = Standing()
        self._visits = OpenVisits()
        self._last: list[tuple[Batch, Decided]] = []
        self._has_recalled = False

    def learn(self, last: tuple[Batch, Decided] | None) -> None:
        """Take up the last batch of an earlier drain; its visits come after those of the store."""
        if last is not None:
            self._last.append(last)

    def recall(self, store: Store, waiting: Collection[Batch], demands: Iterable[KeptDemand]) -> None:
        """Once, before anything is decided: know the visits that what is waiting may join. Raises StoreError."""
        if self._has_recalled:
            return
        # A segment's number is the microsecond it was begun in: nothing in it arrived before.
        since_ms = min(batch.segment.number // 1000 for batch in waiting)
        self._visits.recall(recent_visits(store, since_ms - REMEMBERED_MS))
        for last in self._last:
            recall(*last, self.seen, self._visits)
        self.heed(demands)
        self._last.clear()
        self._has_recalled = True

    def decide(self, batch: Batch) -> Decided:
        now = time.monotonic()
        self.seen.turn(now)
        self._visits.turn(now)
        return decide(batch, self.seen, self._visits, self.standing)

    def heed(self, demands: Iterable[KeptDemand]) -> None:
        """Know what comes too late to be kept, and whose visits do not go on."""
        for demand in demands:
            self.standing.add(demand)
            if demand.act in ("erase", "erase_later", "restrict") and demand.whose != "dsr":
                self._visits.forget(demand.site_id, demand.number)
