"""Events by column: many of them, without an object for each, from the spool's records to the store's block.

In: events as tuples in the order of Event's fields, as msgspec decodes them. Out: columns, single events where one has
to be looked at, and a block for the store. Text is kept as numbers of words from the start, while it is warm in the
processor's cache: that took a third of the time that the same took at the end (10,000 events).
Invariant: column and event say the same; a block holds what `Event` says, a column whose values are all ClickHouse's
default (empty, zero, false) is left out of it. It decides nothing about events, and sends nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec.structs import astuple

from clickhouse.faults import BadRow
from clickhouse.native import CODES, TEXT, Words, block, numbers, text, text_map
from clickhouse.rows import Event, PlacedEvent, Position

EVENT_TYPES: Mapping[str, str] = {
    "site_id": "UInt32",
    "ts": "DateTime64(3, 'UTC')",
    "visitor_id": "UInt64",
    "name": TEXT,
    "hostname": TEXT,
    "path": "String",
    "query": "String",
    "title": "String",
    "referrer": "String",
    "engaged_ms": "UInt32",
    "scroll": "UInt8",
    "revenue": "Int64",
    "interactive": "Bool",
    "continued": "Bool",
    "delay_ms": "UInt32",
    "props": "Map(LowCardinality(String), String)",
    "consented": "Bool",
    "dsr_id": "UInt64",
}
"""Field -> type where it is not TEXT; a field of Event is the column of the same name."""

EVENT_COLUMNS = {field: EVENT_TYPES.get(field, TEXT) for field in Event.__struct_fields__}
PLACE_COLUMNS = {"visit_id": "UInt64", "segment": "UInt64", "seq": "UInt32"}
TEXT_FIELDS = frozenset(field for field, kind in EVENT_COLUMNS.items() if kind in (TEXT, "String"))
EventRow = tuple[Any, ...]
Values = TypeVar("Values", list[Any], "array[int]")


class EventColumns:
    """Columns that grow at their end: for each field its values, or for text the places of its words."""

    def __init__(self, words: dict[str, Words] | None = None, values: dict[str, Any] | None = None) -> None:
        self._words = words or {field: Words({"": 0}) for field in TEXT_FIELDS}
        self._values = values or {field: array("I") if field in TEXT_FIELDS else [] for field in EVENT_COLUMNS}
        self._ends: list[tuple[Callable[[Iterable[Any]], None], Callable[[str], int] | None]] = [
            (values.extend, self._words[field].__getitem__ if field in TEXT_FIELDS else None)
            for field, values in self._values.items()
        ]

    def __len__(self) -> int:
        return len(self._values["site_id"])

    def extend(self, rows: Sequence[EventRow]) -> None:
        """Put events at the end."""
        for (extend, place_of), values in zip(self._ends, zip(*rows, strict=True), strict=False):
            extend(map(place_of, values) if place_of else values)

    def append(self, event: Event) -> None:
        self.extend([astuple(event)])

    def numbers(self, field: str) -> list[int]:
        """Return the values of a field that is a number. Change nothing in it."""
        values: list[int] = self._values[field]
        return values

    def which(self, field: str, word: str) -> list[bool]:
        """Say of each event whether its `field` is this word."""
        place = self._words[field].get(word)
        return [at == place for at in self._values[field]]

    def event(self, at: int) -> Event:
        return next(self.events(range(at, at + 1)))

    def events(self, places: Iterable[int]) -> Iterator[Event]:
        """Make the events at these places."""
        words = {field: list(words) for field, words in self._words.items()}
        for at in places:
            yield Event(
                **{
                    field: words[field][values[at]] if field in words else values[at]
                    for field, values in self._values.items()
                }
            )

    def without(self, places: Sequence[int]) -> EventColumns:
        """Return the same columns without the events at these places (ascending)."""
        if not places:
            return self
        return EventColumns(self._words, {field: without(values, places) for field, values in self._values.items()})

    def blocks(self) -> dict[str, bytes]:
        """Write each column for the store, those aside that hold nothing. Raises BadRow."""
        filled = {field: kind for field, kind in EVENT_COLUMNS.items() if any(self._values[field])}
        written: dict[str, bytes] = {}
        for field, kind in filled.items():
            try:
                written[field] = self._block(field, kind)
            except (ValueError, OverflowError):
                raise BadRow(f"a value does not fit the column {field}") from None
        return written

    def _block(self, field: str, kind: str) -> bytes:
        values = self._values[field]
        if field in TEXT_FIELDS:
            return text(field, self._words[field], values)
        return numbers(field, kind, values) if kind in CODES else text_map(field, values)


class PlacedColumns(msgspec.Struct, frozen=True):
    """Events of one segment on their way into the store, each with its visit and its number."""

    events: EventColumns
    visit_ids: list[int]
    segment: int
    seqs: list[int]

    @property
    def count(self) -> int:
        return len(self.seqs)

    def rows(self) -> list[PlacedEvent]:
        """Make the rows, one by one: where one of them has to be looked at."""
        told = zip(self.events.events(range(self.count)), self.visit_ids, self.seqs, strict=True)
        return [PlacedEvent(event, visit_id, Position(self.segment, seq)) for event, visit_id, seq in told]

    def without(self, seqs: Collection[int]) -> PlacedColumns:
        """Return the rows that do not have one of these numbers."""
        gone = [at for at, seq in enumerate(self.seqs) if seq in seqs] if seqs else []
        if not gone:
            return self
        visit_ids, numbers_left = without(self.visit_ids, gone), without(self.seqs, gone)
        return PlacedColumns(self.events.without(gone), visit_ids, self.segment, numbers_left)

    def block(self) -> tuple[list[str], bytes]:
        """Write the rows for the store, and say which columns they have. Raises BadRow."""
        return block_of(self.events, self.visit_ids, [self.segment] * self.count, self.seqs)


def block_of(
    events: EventColumns, visit_ids: Sequence[int], segments: Sequence[int], seqs: Sequence[int]
) -> tuple[list[str], bytes]:
    """Write events with their visits and positions. Raises BadRow."""
    written = events.blocks()
    for (field, kind), values in zip(PLACE_COLUMNS.items(), (visit_ids, segments, seqs), strict=True):
        written[field] = numbers(field, kind, values)
    return list(written), block(list(written.values()), len(events))


def without(values: Values, places: Sequence[int]) -> Values:
    """Copy a list or an array without what stands at these places (ascending)."""
    if not places:
        return values
    left = values[: places[0]]
    for after, before in zip(places, (*places[1:], len(values)), strict=True):
        left += values[after + 1 : before]
    return left
