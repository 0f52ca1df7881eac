"""One row of a server: which fields it has, what is believed, what is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import fields

from collector.arrival import Arrival
from collector.dialects.plausible import Errors, Spoken
from collector.serverside.body import MAX_ROWS, NDJSON, rows_of
from collector.serverside.row import Row, read_row
from registry.site import Site

NOW_MS = 1_763_820_000_000  # 2025-11-22T14:00:00Z
SITE = Site(id=1, host="example.com", hosts=("shop.example.com",), alias=("42",), retention_days=30)
MANUAL = Path(__file__).parents[2] / "docs" / "importing.md"


def read(**said: Any) -> Arrival | Errors:
    return read_row(msgspec.json.encode({"n": "pageview", "u": "/pricing", **said}), SITE, NOW_MS)


def arrival(**said: Any) -> Arrival:
    found = read(**said)
    assert isinstance(found, Arrival), found
    return found


def test_a_row_becomes_an_arrival_with_what_the_key_vouches_for() -> None:
    told = arrival(ts="2025-11-22T13:59:00+00:00", ip="203.0.113.9", ua="Mozilla/5.0 (X11)", id="AB" * 16)
    assert (told.address, told.agent, told.event_id) == ("203.0.113.9", "Mozilla/5.0 (X11)", "ab" * 16)
    assert (told.happened_ms, told.transport, told.site) == (NOW_MS - 60_000, "server", "example.com")


def test_without_them_it_happens_now_and_to_nobody() -> None:
    told = arrival()
    assert (told.happened_ms, told.address, told.agent) == (None, "", "")
    assert not told.signals.gpc
    assert not told.signals.dnt


@pytest.mark.parametrize(
    ("ts", "error"),
    [
        ("2025-11-22T14:10:00Z", ""),
        ("2025-11-22T14:10:01Z", "is more than 10 minutes in the future"),
        ("2025-10-23T14:00:00Z", ""),
        ("2025-10-23T13:59:59Z", "is older than the 30 days that this site keeps"),
        ("0001-01-01T00:00:00+23:59", "is older than the 30 days that this site keeps"),
        ("9999-12-31T23:59:59-23:59", "is more than 10 minutes in the future"),
        ("2025-11-22t13:00:00.123456789z", ""),
        ("2025-11-22", "must be an RFC 3339 time"),
        ("2025-11-22T13:00:00", "must be an RFC 3339 time"),
        ("2025-11-31T13:00:00Z", "must be an RFC 3339 time"),
        ("2025-W47-6T13:00:00Z", "must be an RFC 3339 time"),
        (1_763_820_000, "must be an RFC 3339 time"),
        ("", "must be an RFC 3339 time"),
    ],
)
def test_a_time_is_rfc_3339_within_what_the_site_keeps(ts: object, error: str) -> None:
    found = read(ts=ts)
    if error:
        assert isinstance(found, dict)
        assert found["ts"][0].startswith(error)
    else:
        assert isinstance(found, Arrival)


@pytest.mark.parametrize("yes", [True, 1, "1", "true", "TRUE"])
def test_the_visitors_no_is_heard_however_it_is_written(yes: object) -> None:
    assert arrival(gpc=yes).signals.gpc
    assert arrival(dnt=yes).signals.dnt


@pytest.mark.parametrize("no", [None, False, 0, "0", "false", ""])
def test_no_signal_is_no_signal(no: object) -> None:
    told = arrival(gpc=no, dnt=no)
    assert not told.signals.gpc
    assert not told.signals.dnt


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"gpc": "yes please"}, "gpc"),
        ({"dnt": [1]}, "dnt"),
        ({"ip": "not an address"}, "ip"),
        ({"ip": 7}, "ip"),
        ({"ua": 7}, "ua"),
        ({"n": ""}, "event_name"),
        ({"u": None}, "url"),
        ({"d": "other.example"}, "domain"),
        ({"d": "example.com,other.example"}, "domain"),
    ],
)
def test_what_is_wrong_is_told_by_its_field(said: dict[str, Any], field: str) -> None:
    found = read(**said)
    assert isinstance(found, dict)
    assert list(found) == [field]


@pytest.mark.parametrize("named", ["example.com", "www.Example.com", "shop.example.com", "42", "example.com,42"])
def test_the_keys_own_site_may_be_named_by_any_of_its_names(named: str) -> None:
    assert isinstance(read(d=named), Arrival)


@pytest.mark.parametrize("raw", [b"", b"[]", b"7", b"{", b'"\xff"', b"[" * 5000])
def test_junk_is_an_error_of_its_row(raw: bytes) -> None:
    assert list(read_row(raw, SITE, NOW_MS)) == ["request"]  # type: ignore[call-overload]


def test_a_body_is_an_array_an_object_or_one_object_a_line() -> None:
    assert [bytes(row) for row in rows_of(b' [ {"n":1} , 5 ]', "application/json")] == [b'{"n":1}', b"5"]
    assert [bytes(row) for row in rows_of(b'{"n":1}', "application/json")] == [b'{"n":1}']
    assert rows_of(b'{"n":1}\r\n\n{"n":2}\n', NDJSON) == [b'{"n":1}\r', b'{"n":2}']


@pytest.mark.parametrize(("body", "kind"), [(b"[]", ""), (b"", NDJSON), (b"[{]", ""), (b"[1,]", "")])
def test_a_body_without_rows_is_none(body: bytes, kind: str) -> None:
    assert "request" in rows_of(body, kind)


def test_a_body_may_not_have_more_rows_than_one_commit_takes() -> None:
    assert "request" in rows_of(b"1\n" * (MAX_ROWS + 1), NDJSON)
    assert len(rows_of(b"1\n" * MAX_ROWS, NDJSON)) == MAX_ROWS


def test_every_field_of_a_row_has_a_place_in_the_manual() -> None:
    text = MANUAL.read_text()
    own = {field.encode_name for field in fields(Row)} - {field.encode_name for field in fields(Spoken)}
    assert own == {"ts", "ip", "ua", "gpc", "dnt"}
    assert not [name for name in own if f"### `{name}`" not in text]
