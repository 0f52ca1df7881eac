"""The loop: takes the batch that has waited longest, decides, notes, delivers, settles; waits when there is nothing.

In: a Store, and the spool directories of this machine's collectors. Out: rows in the store, once each. It runs in a
thread of its own (`run`) or step by step (`step`). Whatever the store or the disk says, it tries again, from 0.1 s to
30 s apart; only a programming mistake ends it. Told to stop, it stores what it can within ten seconds; what is left
stays in the spool for the next start.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from clickhouse.client import Store, StoreError
from clickhouse.insert import holds_any
from collector.drain.delivery import Delivery, Swallowed
from collector.drain.erased import ErasedBook
from collector.drain.fulfilment import Fulfilment
from collector.drain.journal import Ticks
from collector.drain.limits import DrainLimits
from collector.drain.looking import Rewound
from collector.drain.memory import Memory
from collector.drain.owing import Debts, joined, owed_by
from collector.drain.parcel import DayOf, pack, utc_day
from collector.drain.returning import Returning
from collector.drain.rewind import Rewind
from collector.drain.source import Source
from collector.drain.status import DrainStatus, Ledger
from collector.spool.errors import SpoolError

FAULTS = (StoreError, SpoolError, OSError)
"""The world's faults: all of them may be over the next time."""
TELL_SECONDS = 1.0

log = logging.getLogger(__name__)


class Drain:
    """The one drain of these directories. `step`, `run` and `close` belong to one thread, `status` and
    `ask_to_let_go` to any.

    `day_of` gives a site's local day, for the refusals that are found here. `newcomers` is asked about once a second
    for directories that were made since the start (an import's). `at` is called with the name of each point at which
    a crash must not matter: noted, sending, stored, settled. `tallied` are the directories whose events collectors of
    this installation count as received (all that are given, if it does not say); what comes from others is found here.
    `erased` is told what visitors had erased, for backups; `returning` has a say in what is stored again (rewind.py).
    Raises SpoolHeld when another process drains one of the directories. Nothing is read before the first step.
    """

    def __init__(
        self,
        store: Store,
        directories: Sequence[Path],
        *,
        limits: DrainLimits = DrainLimits(),  # noqa: B008 - frozen
        day_of: DayOf = utc_day,
        newcomers: Callable[[], Iterable[Path]] = tuple,
        tallied: Collection[Path] | None = None,
        at: Callable[[str], None] = lambda _: None,
        erased: ErasedBook | None = None,
        returning: Returning = Returning(),  # noqa: B008 - frozen
    ) -> None:
        self._store = store
        self._limits = limits
        self._day_of = day_of
        self._newcomers = newcomers
        self._at = at
        self._memory = Memory()
        self._ticks = Ticks()
        self._sources = [
            self._source(directory, is_tallied=tallied is None or directory in tallied) for directory in directories
        ]
        self._ledger = Ledger(self._sources)
        self._debts = Debts(store, self._sources)
        standing = self._memory.standing
        self._fulfilment = Fulfilment(store, self._sources, standing, limits, day_of, at, erased)
        self._rewind = Rewind(store, self._sources, standing, limits, day_of, at, erased, returning)
        self._unread = self._sources.copy()
        """Directories that were not read yet up to where the last drain was."""
        self._others = 0  # spools beside the one just taken from that had something too
        self._is_behind = False
        """There is more than a batch takes, or the store does not take it."""
        self._oldest_ms = 0
        self._swept = 0.0
        self._leaving: set[int] = set()
        self._left: set[int] = set()
        """Sites that are being removed: asked for from another thread, and done."""
        self._status = DrainStatus()
        self._trouble = ""

    def step(self) -> int:
        """Deliver one batch, or look for an old one; how many records it had, 0 if nothing waits.

        Raises StoreError, SpoolError, OSError.
        """
        self._catch_up()
        waiting = {source: batch for source in self._sources if (batch := source.waits()) is not None}
        self._others = max(len(waiting) - 1, 0)
        self._oldest_ms = min((batch.received_ms for batch in waiting.values()), default=0)
        if rewound := self._rewind.step(is_idle=not waiting):
            self._others, self._is_behind = 0, True
            return rewound
        if not waiting:
            self._is_behind = False
            self._debts.pay()
            return 0
        source = min(waiting, key=lambda source: waiting[source].received_ms)
        batch = waiting[source]
        self._is_behind, self._oldest_ms = batch.is_cut, batch.received_ms
        demands = (demand for each in self._sources for demand in each.demands.page.demands)
        self._memory.recall(self._store, waiting.values(), demands)
        self._memory.heed(batch.records.demands)
        source.lose_doubt(partial(holds_any, self._store))
        job = source.begin(self._memory.decide)
        self._at("noted")
        self._ledger.attempts += 1
        parcel = pack(batch, job.decided, self._day_of)
        delivery = Delivery(self._store, parcel, batch, source.quarantine, self._day_of)
        self._at("sending")
        began = time.monotonic()
        try:
            owed = owed_by(batch, parcel) if job.clean else None
            delivery.deliver(job.token, clean=job.clean, derives=owed is None)
            if owed is not None:
                source.owed = joined(source.owed, owed)
            if owed is None or self._debts.is_due:
                self._debts.pay()
        except FAULTS as fault:
            self._ledger.retries += 1
            if isinstance(fault, Swallowed):
                source.rename()
            raise
        self._at("stored")
        source.demands.note(batch.records.demands)
        source.settle(self._ticks.next())
        self._at("settled")
        self._ledger.enter(parcel, delivery.rejected, is_tallied=source.is_tallied)
        self._ledger.clock(time.monotonic() - began, batch.received_ms)
        return batch.b - batch.a

    def fulfil(self) -> bool:
        """Do a little of what visitors demanded; True: nothing is left to do. Call it between steps."""
        self._catch_up()
        if any(source.demands.page.demands for source in self._sources):
            self._debts.pay()
        for site_id in tuple(self._leaving - self._left):
            if self.let_go(site_id):
                self._left.add(site_id)
        return self._fulfilment.step()

    def let_go(self, site_id: int) -> bool:
        """Take a site out of notes and books, when its records in the spool are blank; False: a batch is in hand."""
        self._catch_up()
        self._rewind.sieve.leave(site_id)
        self._debts.pay()
        if not all(source.let_go(site_id) for source in self._sources):
            return False
        self._fulfilment.leave(site_id)
        return True

    def ask_to_let_go(self, site_id: int) -> bool:
        """Leave `let_go` to the drain's thread; True: it is done. Call it from any thread, again until it is True."""
        self._leaving.add(site_id)
        return site_id in self._left

    def rewind(self, order: int) -> Rewound:
        """Hold everything that the spools keep against the store, now. Raises StoreError, SpoolError, OSError."""
        self._catch_up()
        self._rewind.ask(order)
        while (rewound := self._rewind.result(order)) is None:
            self._rewind.step()
        return rewound

    def ask_to_rewind(self, order: int) -> Rewound | None:
        """Leave `rewind` to the drain's thread; None: it has not ended. Call it from any thread, until it has."""
        self._rewind.ask(order)
        return self._rewind.result(order)

    def look(self) -> None:
        """Tell what waits, without the store: it is not there yet, or not ready. Raises SpoolError, OSError."""
        self._catch_up()
        waiting = [batch for source in self._sources if (batch := source.waits()) is not None]
        self._is_behind = bool(waiting)
        self._oldest_ms = min((batch.received_ms for batch in waiting), default=0)
        self._tell("StoreAway")

    def run(self, stop: threading.Event) -> None:
        """Drain until `stop` is set; then store what is left, within `linger_seconds`, if nothing goes wrong."""
        retry = self._limits.retry_seconds
        try:
            while not stop.is_set():
                began, error = time.monotonic(), ""
                try:
                    self._sweep()
                    pause = self._round(began)
                    self.fulfil()
                    retry = self._limits.retry_seconds
                except FAULTS as fault:
                    error, self._is_behind = type(fault).__name__, True
                    pause = retry * random.uniform(0.5, 1.0)  # noqa: S311 # nosec B311
                    retry = min(retry * 2, self._limits.retry_most_seconds)
                self._wait(stop, pause, error)
            self._linger()
        except BaseException as mistake:
            self._status = replace(self._status, error=type(mistake).__name__)
            raise
        finally:
            self._status = replace(self._status, is_running=False)

    def status(self) -> DrainStatus:
        """The latest moment; call it from any thread."""
        return self._status

    def close(self) -> None:
        for source in self._sources:
            source.close()

    def _catch_up(self) -> None:
        """Once, before anything else: read in each directory up to where the last drain was."""
        while self._unread:
            source = self._unread[-1]
            last, found = source.catch_up(self._memory.seen), source.count_found()
            self._memory.learn(last)
            self._ticks.last = max(self._ticks.last, source.settled_at)
            self._ledger.find(found)
            self._memory.heed(source.demands.page.demands)
            self._unread.pop()

    def _round(self, began: float) -> float:
        """Deliver a batch of each spool that has something: none waits for another. Return how long to pause."""
        taken, is_behind = self.step(), self._is_behind
        for _ in range(self._others):
            taken, is_behind = taken + self.step(), is_behind or self._is_behind
        self._is_behind = is_behind
        due = began + self._limits.batch_seconds - time.monotonic()
        return self._limits.poll_seconds if not taken else 0.0 if is_behind else due

    def _wait(self, stop: threading.Event, seconds: float, error: str) -> None:
        """Tell how things are, and go on telling it while we wait."""
        until = time.monotonic() + seconds
        while True:
            self._tell(error)
            left = until - time.monotonic()
            if left <= 0 or stop.wait(min(left, TELL_SECONDS)):
                return

    def _linger(self) -> None:
        until = time.monotonic() + self._limits.linger_seconds
        try:
            while time.monotonic() < until and self.step():
                pass
            self._tell("")
        except FAULTS as fault:
            self._is_behind = True
            self._tell(type(fault).__name__)

    def _tell(self, error: str) -> None:
        if error != self._trouble:
            self._trouble = error
            log.warning("events %s", f"wait in the spool, it is tried again: {error}" if error else "are stored again")
        is_behind = self._is_behind and not self._unread
        try:
            self._status = self._ledger.tell(
                error,
                is_behind=is_behind,
                oldest_ms=self._oldest_ms,
                demanded_ms=self._fulfilment.oldest_ms,
                rewind=(self._rewind.is_on, self._rewind.times, self._rewind.rows),
            )
        except FAULTS as fault:
            self._status = replace(self._status, is_running=True, error=error or type(fault).__name__)

    def _sweep(self) -> None:
        if time.monotonic() - self._swept >= self._limits.sweep_seconds:
            self._swept = time.monotonic()
            self.take_in()
            self._rewind.sweep(time.time())
            for source in self._sources:
                source.quarantine.sweep()

    def take_in(self) -> None:
        """Drain the directories that are new, too; `run` sees to that by itself. Raises SpoolHeld, OSError."""
        known = {source.directory for source in self._sources}
        for directory in self._newcomers():
            if directory not in known:
                source = self._source(directory, is_tallied=False)
                self._sources.append(source)
                self._unread.append(source)

    def _source(self, directory: Path, *, is_tallied: bool) -> Source:
        return Source(directory, self._limits, is_tallied=is_tallied, is_remote=not self._store.is_embedded)
