"""Old looks: once an hour, what is told by looks older than 13 months is dropped; the chain of hashes stays.

In: the registry. Out: nothing to see but shorter lines on the page "Who looked". Doing it twice does nothing.
"""

from __future__ import annotations

import time

from registry.registry import Registry

SECONDS = 3_600.0


class OldLooks:
    """The chore; `work` is called about once a second, from one thread."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._next = 0.0

    def work(self) -> None:
        """Drop what is old, if an hour has passed."""
        now = time.monotonic()
        if now >= self._next:
            self._registry.looks.drop_old()
            self._next = now + SECONDS
