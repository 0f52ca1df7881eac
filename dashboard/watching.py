"""Watching: a page that asks again by itself is one look, however often it asks.

In: a name of who watches what, the clock. Out: whether this is the beginning, or they have been watching. Watching ends
when nothing was asked for five minutes. Memory only, bounded, hashed under a secret of this process; two processes
may each note a beginning. Used on the event loop only.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict

QUIET_SECONDS = 300
MOST_NAMES = 10_000


class Watching:
    """Who was last seen watching what; the oldest are forgotten first, which notes them once more."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def begins(self, name: str, now: float) -> bool:
        """Say whether watching begins here, without taking note of it."""
        return now - self._seen.get(self._key(name), now - QUIET_SECONDS) >= QUIET_SECONDS

    def see(self, name: str, now: float) -> None:
        """Take note that somebody watches."""
        key = self._key(name)
        self._seen.pop(key, None)
        self._seen[key] = now
        if len(self._seen) > MOST_NAMES:
            self._seen.popitem(last=False)

    def _key(self, name: str) -> bytes:
        return hmac.digest(self._secret, name.encode("utf-8", "replace"), hashlib.sha256)[:16]
