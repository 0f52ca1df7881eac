"""Days: when a day of a site's own calendar begins, as ClickHouse counts moments.

In: a day and the name of a zone. Out: seconds since 1970. Where midnight is skipped (Santiago, in September), a day
begins with its first instant; where it comes twice, with the earlier one. Nothing here asks what day it is.
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo


def second_of(day: date, timezone: str) -> int:
    """Return when a day of a zone begins."""
    return int(datetime.combine(day, time(), ZoneInfo(timezone)).timestamp())
