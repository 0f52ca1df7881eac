"""Reminders: tells in the log when a visitor's request has to be answered soon, and forgets those long closed.

In: the registry's queue, about once a second. Out: a line for a request of which half, or four fifths, of the time are
over, once each; a line when one is overdue, once in a run. A line names a number, a host and a day, nothing of the
person who asked. The dashboard shows the same. Mail is sent by nobody here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from registry.registry import Registry

PAUSE_SECONDS = 60.0

log = logging.getLogger(__name__)


class Reminders:
    """The chore. `work` belongs to one thread."""

    def __init__(self, registry: Registry, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._monotonic = monotonic
        self._next = monotonic()
        self._told: set[int] = set()

    def work(self) -> None:
        """Look, once a minute. Raises RegistryError."""
        if self._monotonic() < self._next:
            return
        self._next = self._monotonic() + PAUSE_SECONDS
        queue = self._registry.requests
        for request in queue.remind():
            log.warning(
                "request %d of %s: %d %% of the time are over, answer it by %s",
                request.id, request.host, request.reminded, request.answer_by.date(),
            )  # fmt: skip
        late = queue.overdue()
        for request in late:
            if request.id not in self._told:
                log.error("request %d of %s is overdue since %s", request.id, request.host, request.answer_by.date())
        self._told = {request.id for request in late}
        queue.drop_old()
