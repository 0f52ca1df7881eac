"""One spool directory from the drain's side: what comes next, where we are, what may be deleted.

In: a directory that a writer may be writing to. Out: the batch that was left unfinished, then batches, each noted
before it is sent. It holds the directory's drain lock: two drains would both be right about what is missing, and both
send it. Deletes only whole segments that are done, never the newest one, and not before resends are forgotten.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from clickhouse.client import StoreError
from clickhouse.visits import Owed
from collector.drain.batch import Batch, Records, next_batch, read
from collector.drain.decision import ERASED, Decided
from collector.drain.demands import DemandBook
from collector.drain.intent import Intent, NoteBook
from collector.drain.journal import Journal, settled_of
from collector.drain.keeping import delete_done, old_segments
from collector.drain.limits import DrainLimits
from collector.drain.quarantine import Quarantine
from collector.drain.seen import Seen
from collector.spool.blank import find
from collector.spool.disk import hold, make_private
from collector.spool.errors import SpoolNewer
from collector.spool.reader import Reader
from collector.spool.record import is_blank, is_event, site_of
from collector.spool.segment import Segment, bytes_in, holds_anything, segments_in


class Job(msgspec.Struct, frozen=True):
    """A batch that is decided and not settled yet."""

    batch: Batch
    decided: Decided
    intent: Intent
    clean: bool
    """Nothing of it can have been sent before."""
    is_noted: bool = True

    @property
    def token(self) -> str:
        """What the store knows its rows by, while it remembers."""
        told = self.intent
        return f"{self.batch.segment.key:016x}-{told.a}-{told.b}-{told.attempt}"


class Source:
    """A spool directory being drained: `catch_up` once, then `waits`, `begin` and `settle` in turn.

    `is_tallied`: a collector of ours writes here and counts what it accepts. `is_remote`: the store is a server.
    """

    def __init__(
        self, directory: Path, limits: DrainLimits, *, is_tallied: bool = True, is_remote: bool = False
    ) -> None:
        make_private(directory)
        self.directory = directory
        self.is_tallied = is_tallied
        self._earlier = {segment.id for segment in segments_in(directory) if holds_anything(segment)}
        """What lay here when we came."""
        self.quarantine = Quarantine(directory)
        self.job: Job | None = None
        self._limits = limits
        self._lock = hold(directory / "drain.lock")
        self._notes = NoteBook(directory)
        self._is_remote = is_remote
        self.journal = Journal(is_synced=is_remote)
        self.settled_at = 0
        """When the last batch was settled, as the journal has it."""
        self.demands = DemandBook(directory)
        self._reader = Reader(directory)
        self._next: Batch | None = None
        self._scout: Reader | None = None
        self._ahead = 0
        self._is_sure = False
        """False until all is drained that lay here when we came without a note: any of it may be stored already."""
        self._asked = b""
        self._is_untouched = False
        """Of the segment that was `_asked` about last, nothing was stored when we came to it."""
        self.owed: list[Owed] = []

    def catch_up(self, seen: Seen) -> tuple[Batch, Decided] | None:
        """Read what is done, for its ids, and return the last batch with its marks; stop before what is not done."""
        note = self._notes.read()
        if note is None:
            return None
        self._reader.close()
        self._reader = Reader(self.directory)
        self.settled_at = note.at
        old = old_segments(self.directory, self._limits.keep_seconds)
        records = Records()
        noted: Segment | None = None
        while (frame := self._reader.peek()) is not None:
            here = self._reader.segment
            if here is None or (here.number, frame.first) >= (note.number, note.b):
                break
            self._reader.take()
            if (here.number, frame.first) >= (note.number, note.a):
                noted = here
                records.add(read(frame))
                continue
            if here in old:
                continue
            done = Records()
            with suppress(SpoolNewer):
                done.add(read(frame))
            seen.repeats(done.events.numbers("site_id"), done.ids)
            for _, left in done.blanks:
                seen.is_new(left.site_id, left.event_id)
        self._is_sure = True
        self.owed = note.owed
        if noted is None:
            return None
        last = Batch(noted, note.a, note.b, records), note.decisions()
        if not note.settled:
            self.job = Job(*last, note, clean=False)
        return last

    def waits(self) -> Batch | None:
        """The batch that comes next: the job in hand, or the next one; None: nothing. Raises SpoolNewer, OSError."""
        if self.job is not None:
            return self.job.batch
        if self._next is None:
            self._next = next_batch(self._reader, self._limits)
            if self._next is not None and self._scout is not None:
                self._ahead -= len(self._next.records.seqs)
        if self._next is None:
            self._is_sure = True
            self._stop_looking_ahead()
        return self._next

    def lose_doubt(self, holds_any: Callable[[int], bool]) -> None:
        """Ask, once for each segment that lay here without a note, whether any of it is stored. No answer: we doubt."""
        batch = self._next
        if batch is not None and not self._is_sure and batch.segment.id != self._asked:
            with suppress(StoreError):
                self._is_untouched = not holds_any(batch.segment.key)
                self._asked = batch.segment.id

    def begin(self, decide: Callable[[Batch], Decided]) -> Job:
        """The job in hand, again; or else the batch that waits, decided now. Either is noted before it is returned."""
        if self.job is None:
            self.job = self._new_job(decide)
        job = self.job
        if not job.is_noted:
            self._notes.write(job.intent)
        self.job = replace(job, is_noted=True, clean=False)
        return job

    def _new_job(self, decide: Callable[[Batch], Decided]) -> Job:
        batch, self._next = self._next, None
        if batch is None:
            raise LookupError("nothing waits")
        decided = decide(batch)
        segment = batch.segment
        intent = Intent(
            number=segment.number,
            segment=segment.id,
            a=batch.a,
            b=batch.b,
            marks=decided.marks.tobytes(),
            merges=decided.merges,
            owed=self.owed,
        )
        clean = self._is_sure or (self._is_untouched and self._asked == segment.id)
        return Job(batch, decided, intent, clean=clean, is_noted=False)

    def rename(self) -> None:
        """Give the job in hand a token that it never had."""
        if self.job is not None:
            intent = replace(self.job.intent, attempt=self.job.intent.attempt + 1)
            self._notes.write(intent)
            self.job = replace(self.job, intent=intent)

    def settle(self, at: int) -> None:
        """Note that the job in hand is done, and in the journal what was decided about it."""
        if self.job is not None:
            self.settled_at = at
            self.journal.append(self.job.batch.segment, settled_of(self.job.intent, at))
            self._notes.write(replace(self.job.intent, settled=True, owed=self.owed, at=at))
            self.job = None

    def pay(self, derive: Callable[[Owed], None]) -> None:
        """Derive what is owed, and note it: with a job in hand, when that is settled. Raises StoreError, OSError."""
        if not self.owed:
            return
        for owed in self.owed:
            derive(owed)
        self.owed = []
        note = self._notes.read() if self.job is None else None
        if note is not None and note.settled and note.owed:
            self._notes.write(replace(note, owed=[]))

    def forget_marks(self, blanked: Collection[tuple[int, int]], visitors: Collection[tuple[int, int]]) -> None:
        """Take out of the last note what it says of records that were blanked, and of (site, visitor)s."""
        note = self._notes.read()
        if note is None or not note.settled:
            return
        marks = note.decisions().marks
        for number, seq in blanked:
            if number == note.number and note.a <= seq < note.b:
                marks[seq - note.a] = ERASED
        merges = [merge for merge in note.merges if (merge.site_id, merge.visitor_id) not in visitors]
        if marks.tobytes() != note.marks or len(merges) < len(note.merges):
            self._notes.write(replace(note, marks=marks.tobytes(), merges=merges))

    def let_go(self, site_id: int) -> bool:
        """Take a site whose records here are blank out of the last note; False: a job in hand may tell of it."""
        if self.job is not None:
            return False
        note = self._notes.read()
        if note is not None:
            blanks = find(self.directory, note.number, is_blank)
            gone = range(note.a, note.b) if blanks is None else blanks
            visitors = {(merge.site_id, merge.visitor_id) for merge in note.merges if merge.site_id == site_id}
            self.forget_marks([(note.number, seq) for seq in gone], visitors)
        return True

    def has_passed(self, moment_ms: int) -> bool:
        """Say whether nothing waits here that was received before that moment. Raises SpoolNewer, OSError."""
        waiting = self.waits()
        return waiting is None or waiting.received_ms > moment_ms

    def count_waiting(self) -> int:
        """Count the events that are not in the store yet. Reads ahead to the end of the spool, but nothing twice."""
        if self._scout is None:
            self._scout, self._ahead = self._reader.scout(), 0
        while self._scout.peek() is not None:
            self._ahead += sum(map(is_event, self._scout.take().records()))
        in_hand = self.job.batch if self.job else self._next
        return self._ahead + (len(in_hand.records.seqs) if in_hand else 0)

    def count_found(self) -> Counter[int]:
        """Count, by site, the events of an earlier process that are not in the store yet. Call it after `catch_up`."""
        found: Counter[int] = Counter()
        if not self.is_tallied:
            return found
        if self.job is not None:
            found.update(self.job.batch.records.events.numbers("site_id"))
        with closing(self._reader.scout()) as scout:
            while scout.peek() is not None and scout.segment is not None and scout.segment.id in self._earlier:
                sites = map(site_of, scout.take().records())
                found.update(site for site in sites if site is not None)
        return found

    def _stop_looking_ahead(self) -> None:
        if self._scout is not None:
            self._scout.close()
            self._scout = None
        self._ahead = 0

    @property
    def lost(self) -> int:
        return self._reader.lost

    def size(self) -> int:
        """Bytes of all segments."""
        return bytes_in(self.directory)

    def sweep(self, now: float) -> None:
        """Delete segments that are done: when nobody needs what they hold any more, or when room is short."""
        in_hand = self.job.batch if self.job else self._next
        here = in_hand.segment if in_hand else self._reader.segment
        if here is not None:
            delete_done(self.directory, here, self._limits, now, is_remote=self._is_remote)

    def close(self) -> None:
        self._stop_looking_ahead()
        self._reader.close()
        self.journal.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
