"""Passwords, kept as argon2id: the second recommended choice of RFC 9106 (64 MiB, three passes, four lanes).

In: a password as typed. Out: what is stored, or whether it fits what is stored. It costs tens of milliseconds and
64 MiB by design, and just as much when nobody is there to compare with: the time tells nothing about who exists.
Text is normalised (NFC), so that a keyboard's way of composing `é` does not lock anyone out.
"""

from __future__ import annotations

import base64
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from registry.errors import NotAllowed

MIN_CHARACTERS = 10
MAX_CHARACTERS = 1_000
"""A longer one would only make the hash slow."""


COSTS = RFC_9106_LOW_MEMORY


def _unknowable() -> str:
    """Return a stored form of today's costs that no password fits: its hash is all zeros, its salt too."""
    zeros = [base64.b64encode(bytes(size)).rstrip(b"=").decode() for size in (COSTS.salt_len, COSTS.hash_len)]
    costs = f"m={COSTS.memory_cost},t={COSTS.time_cost},p={COSTS.parallelism}"
    return "$".join(["", "argon2id", f"v={COSTS.version}", costs, *zeros])


NOBODYS = _unknowable()
"""What a password is compared with when there is no such user."""


class Passwords:
    """Hashes and compares."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(COSTS)

    def hash(self, password: str) -> str:
        """Return what to store, or raise `NotAllowed` for a password that is too short."""
        if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
            raise NotAllowed(f"a password needs at least {MIN_CHARACTERS} characters (and at most {MAX_CHARACTERS})")
        return self._hasher.hash(_normal(password))

    def fits(self, stored: str | None, password: str) -> bool:
        """Say whether `password` is the stored one; None: there is no such user, which takes as long to find out."""
        try:
            self._hasher.verify(stored or NOBODYS, _normal(password[:MAX_CHARACTERS]))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Say whether `stored` was made with other costs than today's."""
        return self._hasher.check_needs_rehash(stored)


def _normal(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
