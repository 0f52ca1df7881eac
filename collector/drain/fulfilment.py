"""Fulfilment: does in the store, and in the spool, what visitors demanded, and proves it before it forgets who it was.

In: the demands in the sources' books. Out: rows gone, moved or changed; visits derived again; the days told to whoever
keeps answers (changes.py); then nothing left of the demand itself. It works in small steps between two batches of the
drain, in the drain's thread, and never waits: while ClickHouse rewrites, events go on being stored.
Order: note what will follow, change rows until reading finds none, drop and derive the visits, wait until no event can
come too late any more, look once more, blank the spool, cross out. Each step may be repeated; after a crash, or when
the store or the disk fails, the whole begins again from the book. Not here: what a demand is (demands.py), SQL
(amend.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, timedelta

from clickhouse.amend import Found, change, drop_visits, find, has_stale_visits
from clickhouse.changes import note_change
from clickhouse.cleaning import Hurry, old_parts
from clickhouse.client import Store
from clickhouse.faults import StoreError
from clickhouse.staging import REWRITTEN, clear, is_rewriting, prepare, shard_of
from clickhouse.visits import derive_visits
from collector.drain.demands import ACTS, Standing, asks_of
from collector.drain.erased import Demanded, ErasedBook
from collector.drain.limits import DrainLimits
from collector.drain.parcel import DayOf
from collector.drain.source import Source
from collector.spool.blank import blank
from collector.spool.errors import SpoolError, SpoolNewer
from collector.spool.record import SCHEMA, KeptDemand, KeptEvent, blank_like, decode

LONGEST_DAY_MS = 26 * 3_600_000
"""A number of the day is worth nothing before the site's midnight, and the longest day has 25 hours."""
EPOCH = date(1970, 1, 1)
OVERDUE_SECONDS = 600.0
CLEAN_SECONDS = 2.0
FAULTS = (StoreError, SpoolError, OSError)

log = logging.getLogger(__name__)


class Fulfilment:
    """What is being done about demands. `step` belongs to the drain's thread, `oldest_ms` to any."""

    def __init__(
        self, store: Store, sources: Sequence[Source], standing: Standing, limits: DrainLimits, day_of: DayOf,
        at: Callable[[str], None], erased: ErasedBook | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._sources = sources
        self._standing = standing
        self._limits = limits
        self._day_of = day_of
        self._at = at
        self._erased = erased
        self._work: Iterator[None] | None = None
        self._old_parts: set[tuple[str, str]] = set()
        self._hurry = Hurry(store)
        self._retry, self._next, self._next_clean = limits.retry_seconds, 0.0, 0.0
        self._is_told = False
        self._is_unsure = True
        """Visits in a book may not be derived again yet: an attempt that failed, or an earlier process, noted them."""
        self.oldest_ms = 0
        """When the oldest demand that is not fulfilled was made; 0: there is none."""

    def step(self) -> bool:
        """Do a little; True: nothing is left to do. Raises nothing that may be over the next time."""
        if time.monotonic() < self._next:
            return False
        try:
            if self._work is None:
                self._clean()
                self._work = self._begin()
            if self._work is None:
                return not self._old_parts
            self._advance(self._work)
            self._retry = self._limits.retry_seconds
        except FAULTS as fault:
            self._work, self._is_unsure = None, True
            self._retry = min(self._retry * 2, self._limits.retry_most_seconds)
            self._next = time.monotonic() + self._retry
            self._complain(fault)
        return False

    def leave(self, site_id: int) -> None:
        """Forget what was demanded of a site that is being removed: all of it goes. The rest is taken up again."""
        gone = [demand for demand in self._demands() if demand.site_id == site_id]
        if gone:
            self._work, self._is_unsure = None, True
        for source in self._sources:
            source.demands.leave(site_id)
        self._standing.remove(gone)

    def _advance(self, work: Iterator[None]) -> None:
        try:
            next(work)
        except StopIteration:
            self._work = None

    def _begin(self) -> Iterator[None] | None:
        """Start on what the books hold, once the youngest has waited a little, or the oldest long enough."""
        demands = self._demands()
        self.oldest_ms = min((demand.until_ms for demand in demands), default=0)
        if not demands:
            self._is_told = False
            return None
        youngest = max(demand.until_ms for demand in demands)
        waited = time.time() - youngest / 1000
        is_due = waited >= self._limits.demand_seconds or youngest - self.oldest_ms > 5000 * self._limits.demand_seconds
        return self._fulfil(demands) if is_due else None

    def _fulfil(self, demands: Sequence[KeptDemand]) -> Iterator[None]:
        """Do all of it; forget those that nothing can come too late for any more. The others are taken up again."""
        store = self._store
        while is_rewriting(store):
            yield
        prepare(store)
        yield from self._rewrite(demands)
        while not (ripe := self._ripe(demands)) and len(self._demands()) == len(demands):
            yield
        if not ripe:
            return
        yield from self._rewrite(ripe)
        for site_id, (first, last) in self._spans().items():
            since, until = (EPOCH + timedelta(days=self._day_of(site_id, ms)) for ms in (first, last))
            note_change(store, site_id, since, until + timedelta(days=1))
        clear(store)
        self._at("proved")
        self._forget(ripe)
        self._at("forgotten")
        self._old_parts |= self._replaced()

    def _ripe(self, demands: Sequence[KeptDemand]) -> list[KeptDemand]:
        now_ms, late_ms = time.time() * 1000, round(self._limits.late_seconds * 1000)
        return [
            demand
            for demand in demands
            if demand.until_ms + late_ms <= now_ms
            and all(source.has_passed(demand.until_ms + late_ms) for source in self._sources)
        ]

    def _rewrite(self, demands: Sequence[KeptDemand]) -> Iterator[None]:
        """Change rows until there are none to change; then make the visits agree with what is left."""
        found_any = False
        for act in ACTS:
            if not (asks := asks_of(demands, act)):
                continue
            while (found := find(self._store, act, asks, _since(demands))).partitions:
                found_any = True
                self._note(found)
                self._at("found")
                change(self._store, act, found)
                self._at("changed")
                while is_rewriting(self._store):
                    yield
        if found_any or self._is_unsure:
            yield from self._derive()
        self._is_unsure = False

    def _derive(self) -> Iterator[None]:
        """Replace the rows of every visit that stands in a book; an old one that counted more would win."""
        visits = {visit for source in self._sources for visit in source.demands.page.visits}
        while visits:
            drop_visits(self._store, visits)
            self._at("visits dropped")
            while is_rewriting(self._store):
                yield
            derive_visits(self._store, visits)
            self._at("visits derived")
            if not has_stale_visits(self._store):
                return

    def _note(self, found: Found) -> None:
        for source in self._sources:
            if source.demands.page.demands:
                source.demands.note_found(found)

    def _demands(self) -> list[KeptDemand]:
        return [demand for source in self._sources for demand in source.demands.page.demands]

    def _spans(self) -> dict[int, tuple[int, int]]:
        spans: dict[int, tuple[int, int]] = {}
        for source in self._sources:
            for site_id, (first, last) in source.demands.page.spans.items():
                before = spans.get(site_id, (first, last))
                spans[site_id] = min(first, before[0]), max(last, before[1])
        return spans

    def _forget(self, demands: Sequence[KeptDemand]) -> None:
        """Note it for backups, blank what the spool holds of it, then the books; a crash in between repeats it."""
        if self._erased:
            self._erased.note([Demanded(int(time.time()), demand) for demand in demands])
        refs = {demand.ref for demand in demands}
        erasing = Standing()
        for demand in demands:
            erasing.add(demand)
        latest = max(demand.until_ms for demand in demands) + round(self._limits.late_seconds * 1000)
        visitors = {(demand.site_id, demand.number) for demand in demands if demand.act == "erase"}
        for source in self._sources:
            done = blank(source.directory, latest, lambda record: _blank_of(record, erasing, refs))
            source.forget_marks(done, visitors)
            source.quarantine.drop_sites({site_id for site_id, _ in visitors})
        for source in self._sources:
            source.demands.cross_out(refs)
        self._standing.remove(demands)

    def _clean(self) -> None:
        """Keep after the files that held what was changed, until ClickHouse has deleted them."""
        if self._old_parts and time.monotonic() >= self._next_clean:
            self._next_clean = time.monotonic() + CLEAN_SECONDS
            self._old_parts &= self._replaced()
            if self._old_parts:
                self._hurry.nudge({table for table, _ in self._old_parts})
            else:
                self._hurry.end()

    def _replaced(self) -> set[tuple[str, str]]:
        return old_parts(self._store, [table + shard_of(self._store) for table in REWRITTEN])

    def _complain(self, fault: Exception) -> None:
        if self.oldest_ms and time.time() - self.oldest_ms / 1000 > OVERDUE_SECONDS and not self._is_told:
            self._is_told = True
            log.error("what visitors had erased is not proved to be gone yet, it is tried again: %s", fault)


def _since(demands: Collection[KeptDemand]) -> int:
    """Return before when nothing can be of these visitors."""
    if any(demand.whose != "day" for demand in demands):
        return 0
    return max(0, min(demand.until_ms for demand in demands) - LONGEST_DAY_MS)


def _blank_of(record: memoryview, erasing: Standing, refs: Collection[bytes]) -> bytes | None:
    """Return what is written over an erased event or a demand that is fulfilled."""
    try:
        kept = decode(record)
    except (ValueError, SpoolNewer):
        return None
    if isinstance(kept, KeptDemand) and kept.ref in refs:
        return blank_like(record, 0)
    if isinstance(kept, KeptEvent) and kept.schema == SCHEMA and erasing.is_erased(kept):
        return blank_like(record, kept.event.site_id, kept.event_id)
    return None
