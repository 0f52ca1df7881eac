"""Moments: the ways in which web servers write the time, as milliseconds since 1970 UTC.

In: `22/Nov/2025:14:00:00 +0100`, an RFC 3339 time, or seconds since 1970, as text or number. Out: milliseconds, or
None. The day and the zone of a line are those of the line before: only the clock is read anew.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from collector.serverside.row import millisecond_of

_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
MAX_SECONDS = 4_102_444_800
"""The year 2100: what is later is no time of a log."""


def moment_of(value: object) -> int | None:
    """Read a time in any of the forms."""
    if isinstance(value, int | float):
        is_time = math.isfinite(value) and 0 <= value < MAX_SECONDS
        return int(value * 1000) if is_time else None
    if not isinstance(value, str):
        return None
    if "/" in value[:7]:
        return clock_of(value)
    if "-" in value[:5]:
        return millisecond_of(value)
    try:
        return moment_of(float(value))
    except ValueError:
        return None


def clock_of(text: str) -> int | None:
    """Read `22/Nov/2025:14:00:00 +0100`, the time of the common log format."""
    midnight_ms = _midnight(text[:11], text[-5:])
    if midnight_ms is None or len(text) != 26:
        return None
    try:
        return midnight_ms + 1000 * (int(text[12:14]) * 3600 + int(text[15:17]) * 60 + int(text[18:20]))
    except ValueError:
        return None


@lru_cache(64)
def _midnight(day: str, zone: str) -> int | None:
    try:
        date = datetime(int(day[7:]), MONTHS[day[3:6]], int(day[:2]), tzinfo=UTC)
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    except (ValueError, KeyError):
        return None
    return int((date - (-offset if zone[0] == "-" else offset)).timestamp() * 1000)
