"""Which event ids came lately: the second event with the same id is a resend, and is dropped.

In: a site, the 16 bytes of an id. Out: whether it is new. A browser that got no answer sends again; for ten minutes
that is harmless, restarts included: the drain reads the ids again from what the spool still holds. The site belongs to
the key, because one request may be for several sites.
"""

from __future__ import annotations

from collections.abc import Sequence

from collector.drain.generations import Generations

RESEND_SECONDS = 600


class Seen:
    """Ids of the last ten minutes, and of ten more at most."""

    def __init__(self) -> None:
        self._ids: Generations[bool] = Generations(RESEND_SECONDS)
        self.turn = self._ids.turn

    def is_new(self, site_id: int, event_id: bytes) -> bool:
        """Say whether this id was not seen lately; from now on it was. An event without an id is always new."""
        if not event_id:
            return True
        return self._ids.claim(key_of(site_id, event_id), True)

    def repeats(self, site_ids: Sequence[int], event_ids: Sequence[bytes]) -> list[int]:
        """Ask about many events, in their order; return the places of those that are not new."""
        told = [at for at, event_id in enumerate(event_ids) if event_id]
        repeats = self._ids.claim_all([key_of(site_ids[at], event_ids[at]) for at in told], True)
        return [told[at] for at in repeats]

    def __len__(self) -> int:
        return len(self._ids)


def key_of(site_id: int, event_id: bytes) -> int:
    return int.from_bytes(event_id, "big") << 32 | site_id
