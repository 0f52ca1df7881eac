"""Past: the salts of days that are over, for as long as one piece of work lasts.

In: the salts of today, and which day that is. Out: today's salt for today; for any other day 32 random bytes that
nobody else has. Within one request (or one import) a visitor keeps the number of the day; two days, or two requests
about the same day, have nothing in common, and once the object is gone nobody can compute a number again.
Invariant: the real salts are asked for today only, since asking for another day would destroy today's.
"""

from __future__ import annotations

import os
from datetime import date

from collector.distill.visitor import Salt
from registry.salt_files import SALT_BYTES


class PastSalts:
    """Salts of one piece of work; call it as `Tools.salt`. Without `shared`, today's is its own as well."""

    def __init__(self, today: date, shared: Salt | None) -> None:
        self._today = today
        self._shared = shared
        self._own: dict[tuple[int, date], bytes] = {}

    def __call__(self, site_id: int, day: date) -> bytes:
        if day == self._today and self._shared is not None:
            return self._shared(site_id, day)
        salt = self._own.get((site_id, day))
        if salt is None:
            salt = self._own[site_id, day] = os.urandom(SALT_BYTES)
        return salt
