"""Records: what goes into the spool comes out of it, whichever release wrote it."""

from __future__ import annotations

import msgspec
import pytest

from clickhouse.rows import Event, Reason, RefusalCount
from collector.spool.errors import SpoolNewer
from collector.spool.record import (
    COUNTS_PER_RECORD,
    KeptEvent,
    KeptRefusals,
    decode,
    encode_event,
    encode_refusals,
)

EVENT = Event(site_id=7, ts=1_790_000_000_123, visitor_id=2**64 - 1, name="pageview", hostname="a.example", path="/é")
ID = "00112233445566778899aabbccddeeff"
FIRST_RELEASE = bytes.fromhex(
    "940101c41000112233445566778899aabbccddeeff9607cf000001a0c4506c7bcfffffffffffffffffa87061676576696577a961"
    "2e6578616d706c65a32fc3a9"
)
"""The event above with only the fields that can have no default."""


@pytest.mark.parametrize("event_id", ["", ID])
def test_an_event_comes_out_as_it_went_in(event_id: str) -> None:
    kept = decode(encode_event(EVENT, event_id))
    assert isinstance(kept, KeptEvent)
    assert (kept.event, kept.event_id) == (EVENT, bytes.fromhex(event_id))


def test_every_field_of_an_event_survives() -> None:
    texts = {field.name: f"some {field.name}" for field in msgspec.structs.fields(Event) if field.type is str}
    rest = {
        "engaged_ms": 9,
        "scroll": 77,
        "revenue": -5,
        "interactive": False,
        "continued": True,
        "delay_ms": 3,
        "consented": True,
        "dsr_id": 5,
    }
    event = msgspec.structs.replace(EVENT, **texts, **rest, props={"plan": "pro"})
    assert all(getattr(event, field.name) != field.default for field in msgspec.structs.fields(Event))
    kept = decode(memoryview(encode_event(event)))
    assert isinstance(kept, KeptEvent)
    assert kept.event == event


def test_refusal_counts_come_out_as_they_went_in() -> None:
    counts = (RefusalCount(1, 20_000, Reason.BOT, 3, "headless"), RefusalCount(0, 20_000, Reason.UNKNOWN_SITE, 1))
    assert decode(encode_refusals(counts)) == KeptRefusals(1, counts)


def test_more_counts_than_have_positions_are_refused() -> None:
    with pytest.raises(ValueError, match="16384"):
        encode_refusals([RefusalCount(1, 1, "bot", 1)] * (COUNTS_PER_RECORD + 1))


def test_a_record_of_an_earlier_release_has_defaults_where_it_has_no_field() -> None:
    kept = decode(FIRST_RELEASE)
    assert isinstance(kept, KeptEvent)
    assert kept.event == EVENT


def test_a_record_of_a_newer_release_is_refused_not_guessed() -> None:
    record = bytearray(encode_event(EVENT))
    record[2] = 2
    with pytest.raises(SpoolNewer, match="schema 2"):
        decode(bytes(record))


@pytest.mark.parametrize("junk", [b"", b"\x94", b"\x94\x01\x01\xc1", b"visitor data", b"\x93\x03\x01\xc0", b"\0\0\xff"])
def test_what_is_no_record_is_refused_without_being_quoted(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not a record$") as refusal:
        decode(junk)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("event_id", ["12", "zz" * 16, ID + "00"])
def test_an_event_id_has_32_hex_characters(event_id: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        encode_event(EVENT, event_id)
