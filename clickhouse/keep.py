"""Keep: what a process remembers of a store between two questions. Bounded, and it may be empty at any time.

In: keys that begin with a site's number, values, how many rows a value is. Out: the value, as long as nobody forgot it.
Oldest use goes first. Invariant: never more than MOST_ROWS rows, and nothing for longer than LONGEST_SECONDS, so what a
visitor had erased is soon gone from memory too. It holds sums and labels, never a row of a visitor. Thread-safe.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

MOST_ROWS = 40_000
"""About 12 MB."""
LONGEST_SECONDS = 3600.0

Key = tuple[Hashable, ...]


class Keep:
    """Values by key; the first part of a key is the site."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._values: OrderedDict[Key, tuple[float, int, object]] = OrderedDict()
        self._rows = 0
        self._times: dict[Hashable, int] = {}

    def times_forgotten(self, site_id: int) -> int:
        """Return what to give `put` when what it shall keep is only now going to be read."""
        with self._lock:
            return self._times.get(site_id, 0)

    def get(self, key: Key, *, seconds: float = LONGEST_SECONDS) -> object | None:
        """Return what was put under the key no longer ago than that, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None or self._clock() - found[0] > seconds:
                return None
            self._values.move_to_end(key)
            return found[2]

    def put(self, key: Key, value: object, rows: int = 1, *, times_forgotten: int | None = None) -> None:
        """Remember a value of so many rows, in place of what is old or unused, unless all was forgotten meanwhile."""
        with self._lock:
            if times_forgotten is not None and times_forgotten != self._times.get(key[0], 0):
                return
            now = self._clock()
            self._take(key)
            old = [name for name, (since, _, _) in self._values.items() if now - since > LONGEST_SECONDS]
            for name in old:
                self._take(name)
            if rows > MOST_ROWS // 4:
                return
            self._values[key] = (now, rows, value)
            self._rows += rows
            while self._rows > MOST_ROWS:
                self._take(next(iter(self._values)))

    def forget(self, site_id: int) -> None:
        """Forget everything about a site."""
        with self._lock:
            self._times[site_id] = self._times.get(site_id, 0) + 1
            for key in [key for key in self._values if key[0] == site_id]:
                self._take(key)

    def _take(self, key: Key) -> None:
        found = self._values.pop(key, None)
        if found is not None:
            self._rows -= found[1]
