"""Closing: the chore that adds up the days that are over, so that reports over months need not read their events.

In: the ground a process stands on, a clock. Out: sums in the store (clickhouse/close_days.py). One step of one site at
a time; a site that is done is looked at again after LOOK_AGAIN. Nothing depends on it: without sums every answer is the
same, and takes longer. So it gives way: no step begins while somebody waits for an answer, unless MOST_WAITS have gone
by, and a step under way pauses for questions (clickhouse/limits.py). Only the process that holds the store works here.
A store that refuses is tried again later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from clickhouse.close_days import close_days
from clickhouse.faults import StoreError
from footfall.house import Ground

LOOK_AGAIN = timedelta(minutes=10)
MOST_WAITS = 30
"""Looks in a row, each a second after the last, at which a question was being answered."""
AFTER_A_FAULT = timedelta(minutes=10)

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Closing:
    """The work of one thread."""

    def __init__(self, ground: Ground, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._ground = ground
        self._clock = clock
        self._due: dict[int, datetime] = {}
        self._waits = 0

    def work(self) -> None:
        """Take one step, of the site that has waited longest."""
        now = self._clock()
        sites = {site.id: site for site in self._ground.snapshot.sites}
        due = min(sites, key=lambda site_id: self._due.get(site_id, datetime.min.replace(tzinfo=UTC)), default=None)
        if due is None or self._due.get(due, now) > now or self._gives_way():
            return
        try:
            is_done = close_days(self._ground.store, due, sites[due].timezone, now)
        except StoreError as refusal:
            log.warning("days of a site are not added up, reports take longer: %s", refusal)
            self._due[due] = now + AFTER_A_FAULT
            return
        self._due[due] = now + LOOK_AGAIN if is_done else now

    def _gives_way(self) -> bool:
        self._waits = self._waits + 1 if self._ground.store.is_asked and self._waits < MOST_WAITS else 0
        return self._waits > 0
