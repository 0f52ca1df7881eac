"""Put rows into the store: whole columns, named one by one, under a token; and ask which rows are already there.

In: events and counted refusals from the drain, placed. Out: stored rows, or BadRow / StoreAway from client.py.
Invariant: a row's identity is (segment, seq), stored with it, so `stored_positions` can tell after any doubtful
attempt exactly what arrived. The token spares a repeated block only while the server remembers it; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec.structs import astuple

from clickhouse.changes import is_late, note_late
from clickhouse.client import Store
from clickhouse.columns import EventColumns, PlacedColumns, block_of
from clickhouse.native import TEXT
from clickhouse.rows import PlacedEvent, Position, RedactionCount, RefusalCount

Table = Literal["events", "refusals", "redactions"]

REFUSAL_COLUMNS = {
    "site_id": "UInt32",
    "day": "Date",
    "reason": TEXT,
    "rule": TEXT,
    "count": "UInt64",
    "segment": "UInt64",
    "seq": "UInt32",
}
REDACTION_COLUMNS = {
    "site_id": "UInt32",
    "day": "Date",
    "kind": TEXT,
    "place": "String",
    "count": "UInt64",
    "segment": "UInt64",
    "seq": "UInt32",
}

STORED_COUNTS = """
        select seq
        from {table}
        where segment = {segment:UInt64}
          and seq >= {a:UInt32}
          and seq < {b:UInt64}
"""
STORED: Mapping[Table, str] = {
    "events": """
        select seq
        from events
        where segment = {segment:UInt64}
          and seq >= {a:UInt32}
          and seq < {b:UInt64}
          and ts >= fromUnixTimestamp64Milli({since:Int64})
    """,
    "refusals": STORED_COUNTS.replace("{table}", "refusals"),
    "redactions": STORED_COUNTS.replace("{table}", "redactions"),
}


HELD = """
    select count()
    from
    (
        select segment from events where segment = {segment:UInt64} limit 1
        union all
        select segment from refusals where segment = {segment:UInt64} limit 1
        union all
        select segment from redactions where segment = {segment:UInt64} limit 1
    )
"""


def insert_events(store: Store, rows: Sequence[PlacedEvent], *, token: str) -> None:
    """Insert events as one block. Derive their visits afterwards (visits.py)."""
    if rows:
        events = EventColumns()
        events.extend([astuple(row.event) for row in rows])
        positions = [row.position for row in rows]
        segments, seqs = [position.segment for position in positions], [position.seq for position in positions]
        _pour(store, events, lambda: block_of(events, [row.visit_id for row in rows], segments, seqs), token)


def insert_columns(store: Store, placed: PlacedColumns, *, token: str) -> None:
    """Insert events as one block, and without an object for each: a quarter of what `insert_events` takes."""
    _pour(store, placed.events, placed.block, token)


def _pour(store: Store, events: EventColumns, write: Callable[[], tuple[list[str], bytes]], token: str) -> None:
    """Hand over one block: the driver would make several of a large one, and a token lets only the first of them in."""
    columns, block = write()
    times = events.numbers("ts")
    if is_late(min(times)):
        note_late(store, zip(events.numbers("site_id"), times, strict=True))
    store.writer.pour("events", columns, block, token=token, query_id=token)


def insert_refusals(store: Store, counts: Sequence[tuple[Position, RefusalCount]], *, token: str) -> None:
    """Insert counted refusals as one block."""
    _insert_counts(store, "refusals", REFUSAL_COLUMNS, counts, token)


def insert_redactions(store: Store, counts: Sequence[tuple[Position, RedactionCount]], *, token: str) -> None:
    """Insert counts of what was taken out as one block."""
    _insert_counts(store, "redactions", REDACTION_COLUMNS, counts, token)


def stored_positions(store: Store, table: Table, segment: int, a: int, b: int, since_ms: int = 0) -> set[int]:
    """Return which numbers of `[a, b)` of a segment are stored. Costs the index on `segment`, not the table.

    `since_ms` may narrow the search further: no row of the range *happened* before it (not: was received).
    Answers for everything acknowledged before the call; call it only when no earlier attempt can still be running.
    """
    binds = {"segment": segment, "a": a, "b": b} | ({"since": since_ms} if table == "events" else {})
    return {seq for (seq,) in store.writer.query(STORED[table], binds)}


def holds_any(store: Store, segment: int) -> bool:
    """Say whether any row of a segment is stored. As `stored_positions`, for acknowledged rows."""
    ((found,),) = store.writer.query(HELD, {"segment": segment})
    return bool(found)


def _insert_counts(
    store: Store, table: Table, kinds: Mapping[str, str], counts: Sequence[tuple[Position, object]], token: str
) -> None:
    positions = _positions([position for position, _ in counts])
    fields = [column for column in kinds if column not in positions]
    columns: dict[str, Sequence[object]] = {field: [getattr(count, field) for _, count in counts] for field in fields}
    store.writer.insert(table, columns | positions, token=token, query_id=token, types=list(kinds.values()))


def _positions(positions: Sequence[Position]) -> dict[str, Sequence[object]]:
    return {
        "segment": [position.segment for position in positions],
        "seq": [position.seq for position in positions],
    }
