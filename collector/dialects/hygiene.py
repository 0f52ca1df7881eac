"""Hygiene: what every dialect does to a value before believing it.

In: a string or number as decoded from a request. Out: the same value without control, bidi and surrogate characters,
or cut to length, or a number within range, or nothing. Pure; it knows no field and no dialect.
"""

from __future__ import annotations

import re

MAX_INT = 2**63 - 1
# C0, C1, the marks and overrides that reorder text, line separators, the byte order mark, lone surrogates.
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_NUMBER = re.compile(r"\s*([+-]?\d{1,18})(\.\d{0,18})?\s*")


def clean(text: str) -> str:
    """Strip what could forge a log line, a terminal or the reading order."""
    return text if text.isprintable() else _HOSTILE.sub("", text)


def cut(text: str, max_bytes: int) -> str:
    """Cut cleaned text to so many bytes of UTF-8, never through a character."""
    return text.encode()[:max_bytes].decode("utf-8", "ignore") if bytes_over(text, max_bytes) else text


def bytes_over(text: str, limit: int) -> bool:
    """Tell whether text is longer than so many bytes of UTF-8."""
    return len(text) > limit or (not text.isascii() and len(text.encode("utf-8", "replace")) > limit)


def scalar(value: object) -> str | int | float | bool | None:
    """Keep a string that is not blank, a number within range, or a truth value."""
    if isinstance(value, str):
        return clean(value).strip() or None
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-MAX_INT, min(MAX_INT, value))
    return value if isinstance(value, bool | float) else None


def whole(value: object) -> int | None:
    """Read a whole number that came as a number or as digits in a string; a fraction is cut off."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        return int(found.group(1)) if found else None
    return max(-MAX_INT, min(MAX_INT, int(value))) if isinstance(value, int | float) else None


def decimal(value: object) -> float | None:
    """Read an amount that came as a number or as a plain decimal in a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else None


def number(value: object) -> int | float | None:
    """Read a number for showing: as `decimal`, but 80 stays 80."""
    found = decimal(value)
    return int(found) if found is not None and found.is_integer() else found
