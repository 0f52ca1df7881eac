"""Condition: what the rooms behind the endpoint say of themselves at one moment, in the words of the operator's pages.

In: what spool, drain and retention know (footfall/desk.py puts it together). Out: one immutable value, for `/readyz`,
`/metrics` (health.py) and the board between processes. Counters are since the process started. It names sites, never a
visitor, and imports nothing of a web server: a process that only receives passes it by.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Condition(msgspec.Struct, frozen=True):
    """What the rooms behind the endpoint say of themselves at this moment."""

    spool_accepts: bool = True
    store_answers: bool = True
    waiting: int = 0
    """Events in the spool that are not in the store yet."""
    oldest_seconds: float = 0.0
    """How long the oldest of them has been waiting."""
    spool_bytes: int = 0
    lost: int = 0
    """Records that damage to the spool's files has cost."""
    quarantined: int = 0
    batches: int = 0
    insert_seconds: float = 0.0
    """What storing these batches took."""
    retries: int = 0
    lag_seconds: float = 0.0
    """How long the first event of the last stored batch was on its way."""
    kept: Mapping[int, int] = {}
    """By site, since this process started; so are the next five."""
    duplicate: Mapping[int, int] = {}
    without_visit: Mapping[int, int] = {}
    unstorable: Mapping[int, int] = {}
    found: Mapping[int, int] = {}
    erased: Mapping[int, int] = {}
    demanded_ms: int = 0
    """When the oldest demand of a visitor that is not fulfilled was made, in ms since 1970; 0: there is none."""
    rewinds: int = 0
    stored_again: int = 0
    """Rows that the store had lost, since this process started."""
    retention_overdue: bool = False
    """What sites no longer keep has been waiting for an hour, and is not proved to be deleted."""
