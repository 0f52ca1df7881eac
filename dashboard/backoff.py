"""Backoff: how many wrong passwords an account and an address may try.

In: names (an account, an address) and the clock. Out: seconds to wait, 0 when none, or TooManyTries. Ten failures
within a quarter of an hour close the door for a quarter of an hour. Memory only, bounded; keys are HMACs under a secret
of this process, so neither addresses nor accounts can be read from it. An address counts as its /64 or, in version 4,
as itself.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections import OrderedDict

from dashboard.errors import TooManyTries

MOST_TRIES = 10
WINDOW_SECONDS = 900
MOST_NAMES = 20_000
TOO_MANY_TRIES = "Too many tries. Wait a little, then try again."


class Backoff:
    """Failures by name within a window; the oldest names are forgotten first. Used on the event loop only."""

    def __init__(self, most: int = MOST_TRIES, window_seconds: int = WINDOW_SECONDS) -> None:
        self.most = most
        self.window_seconds = window_seconds
        self._secret = secrets.token_bytes(32)
        self._tries: OrderedDict[bytes, tuple[float, int]] = OrderedDict()

    def wait_seconds(self, names: tuple[str, ...], now: float) -> int:
        """Say how long the worst of these names must wait. `now`: any clock in seconds that never goes back."""
        return max((self._wait(self._key(name), now) for name in names), default=0)

    def count(self, names: tuple[str, ...], now: float) -> None:
        """Take note of one try (a failure, or any request that is to be limited)."""
        for key in map(self._key, names):
            since, tries = self._tries.pop(key, (now, 0))
            fresh = now - since < self.window_seconds
            self._tries[key] = (since, tries + 1) if fresh else (now, 1)
            if len(self._tries) > MOST_NAMES:
                self._tries.popitem(last=False)

    def admit(self, names: tuple[str, ...], now: float, sentence: str = TOO_MANY_TRIES) -> None:
        """Take note of one try, before it is made: many at once gain nothing. Raises TooManyTries when there are."""
        wait = self.wait_seconds(names, now)
        if wait:
            raise TooManyTries(sentence, wait)
        self.count(names, now)

    def forgive(self, name: str) -> None:
        """Forget every try of a name."""
        self._tries.pop(self._key(name), None)

    def take_back(self, name: str) -> None:
        """Forget one try: an address that signed in well must not pay for it, nor be washed clean by it."""
        key = self._key(name)
        if key in self._tries:
            since, tries = self._tries[key]
            self._tries[key] = (since, tries - 1)

    def _wait(self, key: bytes, now: float) -> int:
        since, tries = self._tries.get(key, (now, 0))
        left = since + self.window_seconds - now
        return int(left) + 1 if tries >= self.most and left > 0 else 0

    def _key(self, name: str) -> bytes:
        return hmac.digest(self._secret, name.encode("utf-8", "replace"), hashlib.sha256)[:16]


def address_name(address: str) -> str:
    """Name an address for counting: a network of version 6 is one household, its /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "address:unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return f"address:{int(parsed) >> 64:x}"
    return f"address:{parsed}"
