"""Put rows into the store: whole columns, named one by one, under a token; and ask which rows are already there.

In: PlacedEvents and counted refusals from the drain. Out: stored rows, or BadRow / StoreAway from client.py.
Invariant: a row's identity is (segment, seq), stored with it, so `stored_positions` can tell after any doubtful
attempt exactly what arrived. The token spares a repeated block only while the server remembers it; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Literal

from clickhouse.changes import note_late
from clickhouse.client import Store
from clickhouse.rows import Event, PlacedEvent, Position, RedactionCount, RefusalCount

Table = Literal["events", "refusals", "redactions"]

TEXT = "LowCardinality(String)"
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
EVENT_VALUES: Mapping[str, Callable[[Event], object]] = {field: attrgetter(field) for field in EVENT_COLUMNS}
PLACE_COLUMNS = {"visit_id": "UInt64", "segment": "UInt64", "seq": "UInt32"}
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

STORED: Mapping[Table, str] = {
    "events": """
        select seq
        from events
        where segment = {segment:UInt64}
          and seq >= {a:UInt32}
          and seq < {b:UInt64}
          and ts >= fromUnixTimestamp64Milli({since:Int64})
    """,
    "refusals": """
        select seq
        from refusals
        where segment = {segment:UInt64}
          and seq >= {a:UInt32}
          and seq < {b:UInt64}
    """,
    "redactions": """
        select seq
        from redactions
        where segment = {segment:UInt64}
          and seq >= {a:UInt32}
          and seq < {b:UInt64}
    """,
}


def insert_events(store: Store, rows: Sequence[PlacedEvent], *, token: str) -> None:
    """Insert events as one block. Derive their visits afterwards (visits.py)."""
    events = [row.event for row in rows]
    columns: dict[str, Sequence[object]] = {column: list(map(value, events)) for column, value in EVENT_VALUES.items()}
    columns["visit_id"] = [row.visit_id for row in rows]
    columns |= _positions([row.position for row in rows])
    types = [*EVENT_COLUMNS.values(), *PLACE_COLUMNS.values()]
    note_late(store, ((event.site_id, event.ts) for event in events))
    store.writer.insert("events", columns, token=token, query_id=token, types=types)


def insert_refusals(store: Store, counts: Sequence[tuple[Position, RefusalCount]], *, token: str) -> None:
    """Insert counted refusals as one block."""
    columns: dict[str, Sequence[object]] = {
        "site_id": [count.site_id for _, count in counts],
        "day": [count.day for _, count in counts],
        "reason": [count.reason for _, count in counts],
        "rule": [count.rule for _, count in counts],
        "count": [count.count for _, count in counts],
        **_positions([position for position, _ in counts]),
    }
    store.writer.insert("refusals", columns, token=token, query_id=token, types=list(REFUSAL_COLUMNS.values()))


def insert_redactions(store: Store, counts: Sequence[tuple[Position, RedactionCount]], *, token: str) -> None:
    """Insert counts of what was taken out as one block."""
    columns: dict[str, Sequence[object]] = {
        field: [getattr(count, field) for _, count in counts] for field in RedactionCount.__struct_fields__
    }
    columns |= _positions([position for position, _ in counts])
    store.writer.insert("redactions", columns, token=token, query_id=token, types=list(REDACTION_COLUMNS.values()))


def stored_positions(store: Store, table: Table, segment: int, a: int, b: int, since_ms: int = 0) -> set[int]:
    """Return which numbers of `[a, b)` of a segment are stored. Costs the index on `segment`, not the table.

    `since_ms` may narrow the search further: no row of the range *happened* before it (not: was received).
    Answers for everything acknowledged before the call; call it only when no earlier attempt can still be running.
    """
    binds = {"segment": segment, "a": a, "b": b} | ({"since": since_ms} if table == "events" else {})
    return {seq for (seq,) in store.writer.query(STORED[table], binds)}


def _positions(positions: Sequence[Position]) -> dict[str, Sequence[object]]:
    return {
        "segment": [position.segment for position in positions],
        "seq": [position.seq for position in positions],
    }
