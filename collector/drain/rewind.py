"""Rewind: what the spool still holds is held against the store once more, and what is missing is stored again.

In: a server that was restarted, or an order. Out: every row that a server acknowledged within the last half hour is
there, once, as it was decided the first time: the journals (journal.py) say what was a duplicate, which visit each
event belongs to, what was merged, in the order in which it was settled over all spools. New batches wait meanwhile.
One short step a call; after a crash, or another restart, it begins again: what is there is passed over. What was taken
out on purpose does not return: it is blank in the spool, or kept apart, or counted as never to be stored, or older than
its site keeps. Changes that visitors demanded, and orders that rewrote rows, are repeated on what returned.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from clickhouse.changes import note_change
from clickhouse.client import Store, StoreAway, StoreError
from clickhouse.visits import Owed, derive_owed, start_of
from clickhouse.witness import are_undone, up
from collector.drain.batch import Batch
from collector.drain.delivery import Delivery, Swallowed
from collector.drain.demands import Standing
from collector.drain.erased import Demanded, ErasedBook
from collector.drain.journal import Place, line_at, places_in
from collector.drain.keeping import journals_before, seconds_of
from collector.drain.kept import Bookmark
from collector.drain.limits import DrainLimits
from collector.drain.looking import Book, Page, Rewinding, Rewound
from collector.drain.owing import joined
from collector.drain.parcel import DayOf, Parcel
from collector.drain.returning import Returning, Sieve, days_of, spanning
from collector.drain.source import Source
from collector.spool.record import KeptDemand
from collector.spool.segment import segments_in

EPOCH = date(1970, 1, 1)
REPEATED = frozenset(("restrict", "erase_later", "unknown_country", "blank_dsr"))
"""Demands that change rows and leave their records in the spool as they were."""

log = logging.getLogger(__name__)


class Stop(NamedTuple):
    """A batch that is to be looked at."""

    place: Place
    source: Source


class Rewind:
    """The rewinds of a drain. `ask` and `result` may be called from any thread, all else belongs to the drain's."""

    def __init__(
        self, store: Store, sources: Sequence[Source], standing: Standing, limits: DrainLimits, day_of: DayOf,
        at: Callable[[str], None], erased: ErasedBook | None, returning: Returning,
    ) -> None:  # fmt: skip
        self._store = store
        self._sources = sources
        self.sieve = Sieve(standing, returning, day_of)
        self._limits = limits
        self._day_of = day_of
        self._at = at
        self._erased = erased
        self._returning = returning
        self._book = Book(sources[0].directory) if sources else None
        self._next_look = self._next_idle_look = 0.0
        self._answered = 0.0
        """When the server answered last, in seconds since 1970; 0: not yet."""
        self._asked = 0
        self._stops: deque[Stop] | None = None
        self._attempt = 1
        self._bookmarks: dict[bytes, Bookmark] = {}
        self._owed: dict[int, list[Owed]] = {}
        self._since = 0.0
        self._looked = 0
        self.times = self.rows = 0
        """Rewinds that have begun in this process, and rows that they stored."""

    @property
    def is_on(self) -> bool:
        return self._book is not None and self._book.page.rewinding is not None

    def ask(self, order: int) -> None:
        """Order a rewind."""
        self._asked = order

    def result(self, order: int) -> Rewound | None:
        """Say what an order has come to; None: it has not ended."""
        told = self._book.page.rewound if self._book else Rewound(order, 0, 0)
        return told if told and told.order == order else None

    def step(self, *, is_idle: bool = False) -> int:
        """Look at one batch; how many rows were looked for, at least 1, or 0 if there is nothing to do.

        Raises StoreError, OSError: nothing was passed over, call it again. While nothing waits, no server is missed.
        """
        book = self._book
        if book is None:
            return 0
        self._look(book, is_idle=is_idle)
        if self._asked and self.result(self._asked) is None and self._order_of(book.page) != self._asked:
            self._begin(book, book.page.begun(self._asked))
        rewinding = book.page.rewinding
        if rewinding is None:
            return 0
        if self._stops is None:
            self._stops = deque(self._plan(book.page.horizon))
            log.info("the spool is held against the store: %d batches", len(self._stops))
        if self._stops:
            looked = self._replay(book, rewinding, self._stops[0])
            self._stops.popleft()
            self._attempt = 1
            self._looked += looked
            return max(1, looked)
        if self._owed:
            self._derive()
            return 1
        self._end(book, rewinding)
        return 0

    def sweep(self, now: float) -> None:
        """Delete what was kept for long enough, while a server answers and nothing is looked for. Raises OSError."""
        certain = now if self._store.is_embedded else self._answered
        if self.is_on or self._book is None:
            certain = 0.0
        if certain and self._book:
            self._drop_journals(self._book, certain - seconds_of(self._limits, is_remote=not self._store.is_embedded))
        for source in self._sources:
            source.sweep(certain)

    def _drop_journals(self, book: Book, moment: float) -> None:
        """Forget what was decided long ago; first note how far: what was settled before might lack a later merge."""
        old = [(source, *told) for source in self._sources for told in journals_before(source.directory, moment)]
        if old:
            latest = max(written for _, _, written in old)
            book.write(replace(book.page, horizon=max(book.page.horizon, int((latest + 1) * 1e9))))
        for source, path, _ in old:
            source.journal.close()
            path.unlink(missing_ok=True)

    def _look(self, book: Book, *, is_idle: bool) -> None:
        """Ask the server since when it has been up, if it is time to."""
        due = max(self._next_look, self._next_idle_look) if is_idle else self._next_look
        if self._store.is_embedded or time.monotonic() < due:
            return
        try:
            told = up(self._store)
        except StoreAway:
            if not is_idle:
                raise
            self._next_idle_look = time.monotonic() + self._limits.look_seconds
            return
        except StoreError as fault:
            log.warning("the server does not say since when it is up, a restart is not noticed: %s", fault)
        else:
            if book.page.has_restarted(told):
                log.info("a server of the store was restarted")
                self._begin(book, book.page.after(told).begun())
            else:
                book.know(book.page.after(told))
        self._next_look = time.monotonic() + self._limits.look_seconds
        self._answered = time.time()

    def _begin(self, book: Book, page: Page) -> None:
        book.write(page)
        self._stops, self._attempt, self._looked = None, 1, 0
        self._owed.clear()
        self._bookmarks.clear()
        self.times += 1

    def _order_of(self, page: Page) -> int:
        return page.rewinding.order if page.rewinding else 0

    def _plan(self, horizon: int) -> list[Stop]:
        """List what was settled, in that order."""
        stops = [
            Stop(place, source)
            for source in self._sources
            if source.directory.is_dir()  # an import's goes when it has ended
            for segment in segments_in(source.directory)
            for place in places_in(segment)
            if place.at > horizon
        ]
        stops.sort(key=lambda stop: stop.place.at)
        self._since = stops[0].place.at / 1e9 if stops else time.time()
        return stops

    def _replay(self, book: Book, rewinding: Rewinding, stop: Stop) -> int:
        """Look for the rows of a batch, and store those that are missing; return how many it has."""
        segment = stop.place.segment
        bookmark = self._bookmarks.setdefault(segment.id, Bookmark(segment))
        with suppress(FileNotFoundError):  # the disk was short, or too much was kept
            settled = line_at(stop.place)
            with bookmark.records(settled.a, settled.b) as records:
                batch = Batch(segment, settled.a, settled.b, records)
                parcel = self.sieve.parcel(batch, settled.decided(records))
                self._deliver(book, rewinding, stop.source, batch, parcel)
                return parcel.events.count + len(parcel.refusals) + len(parcel.redactions)
        return 0

    def _deliver(self, book: Book, rewinding: Rewinding, source: Source, batch: Batch, parcel: Parcel) -> None:
        is_undone = bool(parcel.merges) and are_undone(self._store, parcel.merges)
        parcel = parcel if is_undone else replace(parcel, merges=[])
        delivery = Delivery(self._store, parcel, batch, source.quarantine, self._day_of, is_again=True)
        missing = delivery.missing()
        count = missing[0].count + len(missing[1]) + len(missing[2])
        if count:
            rewinding = replace(rewinding, spans=spanning(rewinding.spans, missing))
            book.write(replace(book.page, rewinding=rewinding))
            self._at("missed")
        if count or is_undone:
            token = f"{batch.segment.key:016x}-{batch.a}-{batch.b}-again{rewinding.number}.{self._attempt}"
            try:
                delivery.deliver(token, clean=False, derives=False)
            except Swallowed:
                self._attempt += 1
                raise
            self._at("returned")
        if count:
            stored = count - len(delivery.rejected) + len(batch.records.broken)
            book.write(replace(book.page, rewinding=replace(rewinding, stored=rewinding.stored + stored)))
            self.rows += stored
        self._owe(batch, parcel)

    def _owe(self, batch: Batch, parcel: Parcel) -> None:
        """Derive visits at the end, of a whole segment in one statement: a server may have lost their rows alone."""
        begun = sorted({start_of(visit_id) for _, visit_id in parcel.visits})
        key = batch.segment.key
        for first, last in days_of(begun):
            self._owed[key] = joined(self._owed.get(key, []), Owed(key, batch.a, batch.b, first, last))

    def _derive(self) -> None:
        key, owed = next(iter(self._owed.items()))
        for one in owed:
            derive_owed(self._store, one)
        del self._owed[key]

    def _end(self, book: Book, rewinding: Rewinding) -> None:
        """Let what was done with these rows since they were stored first be done again; then it is over."""
        for site_id, (first, last) in rewinding.spans.items():
            since, until = (EPOCH + timedelta(days=self._day_of(site_id, ms)) for ms in (first, last))
            note_change(self._store, site_id, since, until + timedelta(days=1))
        if rewinding.spans:
            self._sources[0].demands.note(self._fulfilled(self._since))
            self._returning.returned(rewinding.spans, self._since)
        rewound = Rewound(rewinding.order, self._looked, rewinding.stored)
        self._at("rewound")
        book.write(replace(book.page, rewinding=None, rewound=rewound))
        self._stops = None
        self._bookmarks.clear()
        tell = log.warning if rewound.stored else log.info
        tell("held against the store: %d rows of the spool; stored again: %d", rewound.looked, rewound.stored)

    def _fulfilled(self, since: float) -> list[KeptDemand]:
        """Return demands whose changes a row that has returned does not have."""
        entries = self._erased.entries() if self._erased else []
        return [
            entry.demand
            for entry in entries
            if isinstance(entry, Demanded) and entry.at >= int(since) and entry.demand.act in REPEATED
        ]
