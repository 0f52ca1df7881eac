"""Rate: how many events one client address may send before it is told to wait.

In: a canonical address and a number of events. Out: 0, or the seconds to wait. A leaky bucket: a minute's worth (or
another window's) may come at once, then events trickle at the limit's pace.
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
    """One table for the process. `per_window` 0: no limit; the window is a minute unless said otherwise."""

    def __init__(
        self,
        per_window: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        window_seconds: int = WINDOW_SECONDS,
    ) -> None:
        self._window_seconds = window_seconds
        self._seconds_per_event = window_seconds / per_window if per_window else 0.0
        self._clock = clock
        self._free_at: dict[bytes, float] = {}
        self._mac = _new_mac()
        self._mac_ends = clock() + SECRET_SECONDS

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
        over = free_at + self._seconds_per_event - now - self._window_seconds
        self._free_at[key] = free_at if over > _ROUNDING else free_at + events * self._seconds_per_event
        if len(self._free_at) > MAX_KEYS:
            del self._free_at[next(iter(self._free_at))]
        return over if over > _ROUNDING else 0.0

    def _key(self, address: str, now: float) -> bytes:
        if now >= self._mac_ends:
            self._mac = _new_mac()
            self._mac_ends = now + SECRET_SECONDS
            self._free_at.clear()
        mac = self._mac.copy()
        mac.update(network_of(address))
        return mac.digest()


def _new_mac() -> hashlib.blake2b:
    """Begin a MAC under a fresh secret; a copy of it for each address costs a third of beginning anew."""
    return hashlib.blake2b(key=secrets.token_bytes(32), digest_size=8)


def network_of(address: str) -> bytes:
    """Return what one household or office has in common: the IPv4 address, or the first 64 bits of an IPv6 one."""
    return socket.inet_pton(socket.AF_INET6, address)[:8] if ":" in address else address.encode()
