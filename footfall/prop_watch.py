"""Watches for new properties: once an hour it asks the store which keys events have had, and tells the registry.

In: the ground of the keeper, a clock. Out: rows of `registry.props`, which the dashboard shows to owners. The way of an
event is not touched: what is new is found afterwards, among what was kept. A store that is away is asked again later.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from clickhouse.faults import StoreError
from clickhouse.keys import property_keys
from footfall.house import Ground

EVERY_SECONDS = 3600
FIRST_SECONDS = 60
LOOK_BACK_MS = 25 * 3600 * 1000


class PropWatch:
    """The hourly look. `work` belongs to one thread."""

    def __init__(self, ground: Ground, *, clock: Callable[[], float] = time.time) -> None:
        self._ground = ground
        self._clock = clock
        self._next = clock() + FIRST_SECONDS

    def work(self) -> None:
        """Look, if it is time. Raises RegistryError; what the store refuses now it is asked again in an hour."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS
        sites = [site.id for site in self._ground.snapshot.sites if site.state == "active"]
        with contextlib.suppress(StoreError):
            for site_id, keys in property_keys(self._ground.store, sites, int(now * 1000) - LOOK_BACK_MS).items():
                self._ground.registry.props.note(site_id, keys)
