"""Rate: how many events one client address may send before it is told to wait.

In: a canonical address and a number of events. Out: 0, or the seconds to wait. A leaky bucket: a minute's worth may
come at once, then events trickle at the limit's pace.
Invariants: memory only; the key is a MAC of the address (IPv6: of its /64) under a secret that lives one hour; at most
`MAX_KEYS` entries, the longest silent is forgotten first. What the table holds cannot be turned back into addresses
once the hour is over.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import socket
import time
from collections.abc import Callable

MAX_KEYS = 100_000
SECRET_SECONDS = 3600
WINDOW_SECONDS = 60
_ROUNDING = 1e-6


class Rate:
    """One table for the process. `per_minute` 0: no limit."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds_per_event = WINDOW_SECONDS / per_minute if per_minute else 0.0
        self._clock = clock
        self._free_at: dict[bytes, float] = {}
        self._secret = secrets.token_bytes(32)
        self._secret_ends = clock() + SECRET_SECONDS

    def __len__(self) -> int:
        return len(self._free_at)

    def wait_seconds(self, address: str) -> int:
        """Charge one event, or say how many seconds the address has to wait first; an unknown address never waits."""
        over = self._charge(address, 1)
        return math.ceil(over) if over > 0 else 0

    def charge(self, address: str, events: int) -> None:
        """Charge further events of a request that was let in."""
        self._charge(address, events)

    def _charge(self, address: str, events: int) -> float:
        """Return by how many seconds the bucket is over; one that is over is not charged."""
        if not self._seconds_per_event or not address:
            return 0.0
        now = self._clock()
        key = self._key(address, now)
        free_at = max(self._free_at.pop(key, now), now)
        over = free_at + self._seconds_per_event - now - WINDOW_SECONDS
        self._free_at[key] = free_at if over > _ROUNDING else free_at + events * self._seconds_per_event
        if len(self._free_at) > MAX_KEYS:
            del self._free_at[next(iter(self._free_at))]
        return over if over > _ROUNDING else 0.0

    def _key(self, address: str, now: float) -> bytes:
        if now >= self._secret_ends:
            self._secret = secrets.token_bytes(32)
            self._secret_ends = now + SECRET_SECONDS
            self._free_at.clear()
        return hashlib.blake2b(network_of(address), key=self._secret, digest_size=8).digest()


def network_of(address: str) -> bytes:
    """Return what one household or office has in common: the IPv4 address, or the first 64 bits of an IPv6 one."""
    return socket.inet_pton(socket.AF_INET6, address)[:8] if ":" in address else address.encode()
