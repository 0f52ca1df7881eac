"""Sends a parcel to the store so that each of its rows is there once, and says when that is certain.

In: a Parcel, and whether this is its clean first attempt. Out: nothing; when `deliver` returns, every row is stored or
in quarantine, and the visits are derived. After an exception it is called again, not clean: it asks which positions are
there and sends the missing ones, under the same token, because the attempt that failed here may still be running on a
server: whichever of the two comes second is dropped. Only a token that swallowed rows (`Swallowed`: it was remembered,
they were not) is given up for a new one. A row that can never be stored is found by halving, and an event among them
is counted as refused instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import TypeAlias, TypeVar

from clickhouse.client import BadRow, Store, StoreAway
from clickhouse.columns import PlacedColumns
from clickhouse.insert import Table, insert_columns, insert_events, insert_redactions, insert_refusals, stored_positions
from clickhouse.rows import Event, PlacedEvent, Position, Reason, RedactionCount, RefusalCount
from clickhouse.visits import Rows, derive_visits, derive_visits_of_rows, merge_visits
from clickhouse.witness import aside
from collector.drain.batch import Batch
from collector.drain.parcel import CountedRedaction, CountedRefusal, DayOf, Parcel, era_of, eras_of, utc_day
from collector.drain.quarantine import Quarantine, Rejected

Row = TypeVar("Row")
Insert: TypeAlias = Callable[[Sequence[Row], str], None]
Name: TypeAlias = Callable[[Row], tuple[Position, Event | RefusalCount | RedactionCount]]
"""Tells a row's position, and what to put aside of it."""
Unsent: TypeAlias = tuple[PlacedColumns, list[CountedRefusal], list[CountedRedaction]]


class Swallowed(StoreAway):
    """The store said yes, and does not have the rows: it died after it noted their token. Use another one."""


class Delivery:
    """One attempt to deliver one batch. `is_again`: it was delivered long ago, and some of it may have been moved."""

    def __init__(
        self, store: Store, parcel: Parcel, batch: Batch, quarantine: Quarantine, day_of: DayOf = utc_day,
        *, is_again: bool = False,
    ) -> None:  # fmt: skip
        self._store = store
        self._parcel = parcel
        self._batch = batch
        self._quarantine = quarantine
        self._day_of = day_of
        self._is_again = is_again
        key = batch.segment.key
        self._rejected = {seq: Rejected(Position(key, seq), "not a record", None) for seq in batch.records.broken}

    @property
    def rejected(self) -> Collection[int]:
        """Numbers of the rows that went into quarantine."""
        return self._rejected.keys()

    def deliver(self, token: str, *, clean: bool, derives: bool = True) -> None:
        """Store every row, and derive their visits, or leave that to the caller.

        Raises StoreError: not all is certain, try again, not clean; Swallowed: with a new token.
        """
        parcel = self._parcel
        events, refusals, redactions = self._all() if clean else self.missing()
        self._send_events(events, token)
        self._insert(self._insert_refusals, lambda row: row, refusals, token)
        self._insert(self._insert_redactions, lambda row: row, redactions, token)
        if self._rejected:
            self._quarantine.put(self._rejected.values())
            self._own_up(token)
        if not clean and (left := self._count_missing()):
            raise Swallowed(f"{left} rows are not in the store yet")
        if parcel.merges:
            merge_visits(self._store, parcel.merges)
            derive_visits(self._store, {(merge.site_id, merge.into) for merge in parcel.merges})
        if derives:
            rows = Rows(self._batch.segment.key, self._batch.a, self._batch.b)
            derive_visits_of_rows(self._store, rows, parcel.visits)

    def _send_events(self, events: PlacedColumns, token: str) -> None:
        """Insert events as they are, if they happened in one era and are all good; else find out about each."""
        times = events.events.numbers("ts")
        if times and (era := era_of(min(times))) == era_of(max(times)):
            with suppress(BadRow):
                return insert_columns(self._store, events, token=self._token_of(era, token))
        for era, some in eras_of(events.rows()).items():
            self._insert(self._insert_events, lambda row: (row.position, row.event), some, self._token_of(era, token))
        return None

    def _own_up(self, token: str) -> None:
        """Count the events that can never be stored, once each, under the position they would have had."""
        events = [(one.position, one.row, one.why) for one in self._rejected.values() if isinstance(one.row, Event)]
        counts = [
            (position, RefusalCount(event.site_id, self._day_of(event.site_id, event.ts), Reason.UNSTORABLE, 1, why))
            for position, event, why in events
        ]
        if missing := self._uncounted(counts):
            insert_refusals(self._store, missing, token=f"{token}-unstorable")
            if self._uncounted(missing):
                raise Swallowed(f"{len(missing)} counts are not in the store yet")

    def _uncounted(self, counts: Sequence[CountedRefusal]) -> list[CountedRefusal]:
        key, a, b = self._batch.segment.key, self._batch.a, self._batch.b
        counted = stored_positions(self._store, "refusals", key, a, b) if counts else set()
        return [count for count in counts if count[0].seq not in counted]

    def _token_of(self, era: int, token: str) -> str:
        """Name an era's rows the same at every attempt, whichever of them are still missing then."""
        return token if era == era_of(self._parcel.events.events.numbers("ts")[0]) else f"{token}-{era}"

    def _insert(self, insert: Insert[Row], name: Name[Row], rows: Sequence[Row], token: str) -> None:
        """Insert `rows`; halve them until a row that can never be stored stands alone."""
        if not rows:
            return
        try:
            insert(rows, token)
        except BadRow as fault:
            if len(rows) == 1:
                position, row = name(rows[0])
                why = f"ClickHouse error {fault.code}" if fault.code else str(fault)
                self._rejected[position.seq] = Rejected(position, why, row)
                return
            middle = len(rows) // 2
            self._insert(insert, name, rows[:middle], f"{token}.0")
            self._insert(insert, name, rows[middle:], f"{token}.1")

    def _insert_events(self, rows: Sequence[PlacedEvent], token: str) -> None:
        insert_events(self._store, rows, token=token)

    def _insert_refusals(self, rows: Sequence[CountedRefusal], token: str) -> None:
        insert_refusals(self._store, rows, token=token)

    def _insert_redactions(self, rows: Sequence[CountedRedaction], token: str) -> None:
        insert_redactions(self._store, rows, token=token)

    def _all(self) -> Unsent:
        return self._parcel.events, self._parcel.refusals, self._parcel.redactions

    def missing(self) -> Unsent:
        """Ask which rows are neither stored nor rejected."""
        parcel, b = self._parcel, self._batch.b
        events = self._there("events", b) if parcel.events.seqs else set()
        refusals = self._there("refusals", _end_of(parcel.refusals, b)) if parcel.refusals else set()
        redactions = self._there("redactions", _end_of(parcel.redactions, b)) if parcel.redactions else set()
        return (
            parcel.events.without(events),
            [row for row in parcel.refusals if row[0].seq not in refusals],
            [row for row in parcel.redactions if row[0].seq not in redactions],
        )

    def _count_missing(self) -> int:
        events, refusals, redactions = self.missing()
        return events.count + len(refusals) + len(redactions)

    def _there(self, table: Table, b: int) -> set[int]:
        key, a, since_ms = self._batch.segment.key, self._batch.a, self._parcel.since_ms
        there = stored_positions(self._store, table, key, a, b, since_ms) | self._rejected.keys()
        return there | aside(self._store, key, a, b, since_ms) if self._is_again and table == "events" else there


def _end_of(counts: Sequence[tuple[Position, object]], b: int) -> int:
    """Return the number after the last one that counts of a batch up to `b` have."""
    return max(b, 1 + max(position.seq for position, _ in counts))
