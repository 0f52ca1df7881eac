"""What a record of the spool holds: a final row, ready for the store, and the schema that wrote it.

In: an Event with the id its sender gave it, counts of refusals or redactions. Out: MessagePack, and back. The array
starts with the kind and the schema's number, both of one byte, so the right decoder is chosen before anything is
decoded. Rows grow only by appended fields with defaults: then an old record decodes as it is. Any other change takes a
new number and its own decoder. A record of a newer release is refused, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any, Literal

import msgspec

from clickhouse.columns import EventRow
from clickhouse.rows import Event, RedactionCount, RefusalCount
from collector.spool.errors import SpoolNewer

SCHEMA = 1
SCHEMA_AT = 2
"""Where the schema's number stands: after the array's length and the kind."""
SHORT_ARRAY = 0x90
"""MessagePack's mark of an array of up to 15 values, in the upper half of its byte."""
COUNTS_PER_RECORD = 1 << 14
"""Each count of a record needs a position of its own in the store (drain/parcel.py)."""
EVENT_KIND = 1
REFUSALS_KIND = 2
REDACTIONS_KIND = 3
DEMAND_KIND = 4
BLANK_KIND = 5
KIND_AT = 1


class KeptEvent(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=EVENT_KIND):
    """An accepted event; `event_id` (16 bytes, or none) makes a resend harmless."""

    schema: int
    event_id: bytes
    event: Event


class KeptRefusals(msgspec.Struct, frozen=True, array_like=True, tag=REFUSALS_KIND):
    """How many arrivals were refused since the last such record."""

    schema: int
    counts: tuple[RefusalCount, ...]


class KeptRedactions(msgspec.Struct, frozen=True, array_like=True, tag=REDACTIONS_KIND):
    """How often something personal was taken out since the last such record."""

    schema: int
    counts: tuple[RedactionCount, ...]


class KeptDemand(msgspec.Struct, frozen=True, array_like=True, tag=DEMAND_KIND):
    """What a visitor demands of the events that were received from him up to `until_ms` (ms since 1970 UTC)."""

    schema: int
    site_id: int
    act: str
    """`erase`, `erase_later` (when the hold ends), `restrict`, `unknown_country` or `blank_dsr`."""
    whose: str
    """What `number` is: `day`, the number of that day; `cookie`, a consented one; `dsr`, that of a show-me cookie."""
    number: int
    until_ms: int
    ref: bytes
    """Random."""


class KeptBlank(msgspec.Struct, frozen=True, array_like=True, tag=BLANK_KIND):
    """What is left of an erased event, in the same place and as long: its id, so that a resend stays harmless."""

    schema: int
    site_id: int
    event_id: bytes
    nothing: bytes


class _Owned(msgspec.Struct, frozen=True, array_like=True):
    """The beginning of an event."""

    site_id: int


class _Begun(msgspec.Struct, frozen=True, array_like=True):
    """A KeptEvent of which no more is read than whose it is."""

    kind: int
    schema: int
    event_id: bytes
    event: _Owned


BIN32 = Struct(">BI")
"""MessagePack's head of bytes whose length is written with 32 bits."""

ARRAY32 = Struct(">BI")
"""And that of an array."""

Record = KeptEvent | KeptRefusals | KeptRedactions | KeptDemand | KeptBlank
Buffer = bytes | memoryview

_encode = msgspec.msgpack.Encoder().encode
_ROW: Any = tuple.__class_getitem__(tuple(field.type for field in msgspec.structs.fields(Event)))
_ROWS: Any = list[tuple[Literal[1], Literal[1], bytes, _ROW]]
"""Literally EVENT_KIND and SCHEMA."""
_decode_rows: Callable[[bytes], list[tuple[int, int, bytes, EventRow]]] = msgspec.msgpack.Decoder(_ROWS).decode
_decode_site = msgspec.msgpack.Decoder(_Begun).decode
_DECODERS: dict[int, Callable[[Buffer], Record]] = {SCHEMA: msgspec.msgpack.Decoder(Record).decode}


def encode_event(event: Event, event_id: str = "") -> bytes:
    """Encode an event; `event_id` is 32 hex characters or empty. Raises ValueError for anything else."""
    id_ = bytes.fromhex(event_id) if event_id else b""
    if len(id_) not in {0, 16}:
        raise ValueError("an event's id has 32 hex characters")
    return _encode(KeptEvent(SCHEMA, id_, event))


def encode_refusals(counts: Sequence[RefusalCount]) -> bytes:
    """Encode counts as one record. Raises ValueError for more than COUNTS_PER_RECORD."""
    if len(counts) > COUNTS_PER_RECORD:
        raise ValueError(f"a record holds {COUNTS_PER_RECORD} counts at most")
    return _encode(KeptRefusals(SCHEMA, tuple(counts)))


def encode_redactions(counts: Sequence[RedactionCount]) -> bytes:
    """Encode counts as one record. Raises ValueError for more than COUNTS_PER_RECORD."""
    if len(counts) > COUNTS_PER_RECORD:
        raise ValueError(f"a record holds {COUNTS_PER_RECORD} counts at most")
    return _encode(KeptRedactions(SCHEMA, tuple(counts)))


def encode_demand(demand: KeptDemand) -> bytes:
    return _encode(demand)


def decode_events(records: Sequence[Buffer]) -> tuple[Sequence[bytes], Sequence[EventRow]] | None:
    """Decode events that have every field of today's, at once, as their ids and their fields in the order of Event's.

    None: some are something else, and `decode` knows what. Columns are made of these; to make an object of each
    event, and columns of those, took twice as long.
    """
    try:
        rows = _decode_rows(ARRAY32.pack(0xDD, len(records)) + b"".join(records))
    except msgspec.MsgspecError:
        return None
    _, _, ids, events = zip(*rows, strict=True) if rows else ((), (), (), ())
    return ids, events


def blank_like(record: Buffer, site_id: int, event_id: bytes = b"") -> bytes:
    """Encode a blank of exactly the length of `record`, which held an event with this id, or a demand."""
    head = _encode([BLANK_KIND, SCHEMA, site_id, event_id])
    nothing = len(record) - len(head) - BIN32.size
    if nothing < 0:
        raise ValueError("too short to be blanked")
    # The array's length counts one value more: the filling, whose own length always takes the same five bytes.
    return b"".join((bytes((head[0] + 1,)), head[1:], BIN32.pack(0xC6, nothing), bytes(nothing)))


def is_event(record: Buffer) -> bool:
    """Tell an event from other records without decoding it."""
    return len(record) > KIND_AT and record[KIND_AT] == EVENT_KIND


def is_blank(record: Buffer) -> bool:
    """Tell what is left of an erased record from others without decoding it."""
    return len(record) > KIND_AT and record[KIND_AT] == BLANK_KIND


def site_of(record: Buffer) -> int | None:
    """Return the site of an event's record without decoding the rest of it; None for what is no event."""
    try:
        return _decode_site(record).event.site_id if is_event(record) else None
    except msgspec.MsgspecError:
        return None


def decode(record: Buffer) -> Record:
    """Decode a record of this or an earlier release.

    Raises SpoolNewer for a later one, and ValueError for what is no record. The ValueError quotes nothing of it.
    """
    is_array = len(record) > SCHEMA_AT and record[0] & 0xF0 == SHORT_ARRAY
    schema = record[SCHEMA_AT] if is_array else 0
    decoder = _DECODERS.get(schema)
    if decoder is None:
        if SCHEMA < schema <= 0x7F:
            raise SpoolNewer(f"a newer release wrote this record (schema {schema}): run that release")
        raise ValueError("not a record")
    try:
        return decoder(record)
    except msgspec.MsgspecError:
        raise ValueError("not a record") from None
