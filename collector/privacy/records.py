"""Records as files for the visitor to take along: JSON and CSV.

In: the events of a cookie, as the rights' machinery gives them: names and values. Out: bytes.
Invariant: both hold the same, all of it. A cell that a spreadsheet would take for a formula gets a quote before it,
because a page's address or a referrer may have been written by anybody.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import msgspec

Records = Sequence[Mapping[str, str]]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(records: Records) -> bytes:
    """Return the records as a JSON array of objects."""
    return msgspec.json.format(msgspec.json.encode(list(records)), indent=2) + b"\n"


def as_csv(records: Records) -> bytes:
    """Return the records as CSV (RFC 4180) with a line of names; every name that any record has is a column."""
    names = list(dict.fromkeys(name for record in records for name in record))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(record.get(name, "")) for name in names] for record in records)
    return text.getvalue().encode()


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
