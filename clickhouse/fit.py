"""Whether values fit their columns, judged by ourselves.

In: whole columns and their ClickHouse types. Out: the name of the first column with a value that can never be stored.
Over HTTP the driver finds such a value while it is sending, breaks its own request, and then reports the broken
request instead of the value: the drain would try for ever. So after a failed insert client.py asks here. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

RANGES = {
    "UInt8": (0, 2**8 - 1),
    "UInt32": (0, 2**32 - 1),
    "UInt64": (0, 2**64 - 1),
    "Int64": (-(2**63), 2**63 - 1),
    "Date": (0, 2**16 - 1),
    "DateTime64(3, 'UTC')": (-2_208_988_800_000, 10_413_791_999_999),
}
"""The years of DateTime64(3) are 1900 to 2299."""


def misfit(columns: Mapping[str, Sequence[object]], types: Sequence[str]) -> str | None:
    """Return the column that holds a value outside its type, or None."""
    for (name, values), kind in zip(columns.items(), types, strict=True):
        if not _fits(values, kind):
            return name
    return None


def _fits(values: Sequence[object], kind: str) -> bool:
    if kind in RANGES:
        low, high = RANGES[kind]
        return all(low <= value <= high for value in cast("Sequence[int]", values))
    if kind.startswith("Map("):
        pairs = cast("Sequence[Mapping[str, str]]", values)
        return all(_is_text(pair) and _is_text(pair.values()) for pair in pairs)
    return _is_text(cast("Sequence[str]", values)) if "String" in kind else True


def _is_text(values: Iterable[str]) -> bool:
    try:
        "".join(values).encode()
    except UnicodeEncodeError:
        return False
    return True
