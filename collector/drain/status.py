"""What the drain says of itself, for `/readyz` and `/metrics`: one immutable value, replaced as things happen.

In: what became of each batch, from the drain's thread. Out: DrainStatus, for any thread. Counters are since this
process started. It names sites and reasons, never a visitor.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from clickhouse.rows import Reason
from collector.drain.parcel import Parcel
from collector.drain.source import Source

COUNT_SECONDS = 1.0


class DrainStatus(msgspec.Struct, frozen=True):
    """A moment of the drain."""

    is_running: bool = False
    error: str = ""
    """Class of what went wrong at the last try; empty: it went well."""
    waiting: int = 0
    """Events in the spool that are not in the store yet."""
    lag_seconds: float = 0.0
    """How long the oldest of them has been waiting."""
    spool_bytes: int = 0
    lost: int = 0
    """Records that damage to the spool's files has cost."""
    quarantined: int = 0
    batches: int = 0
    attempts: int = 0
    retries: int = 0
    """Deliveries that failed and were, or will be, tried again."""
    insert_seconds: float = 0.0
    """What the deliveries that did not fail took together."""
    stored_lag_seconds: float = 0.0
    """How long the first event of the batch that was stored last had been waiting then."""
    kept: Mapping[int, int] = {}
    """Events stored, by site; so are the next two."""
    duplicate: Mapping[int, int] = {}
    without_visit: Mapping[int, int] = {}
    unstorable: Mapping[int, int] = {}
    erased: Mapping[int, int] = {}
    """Events that their visitor had erased before they got to the store."""
    found: Mapping[int, int] = {}
    """Events that no collector of this process received: they lay in the spool when it came, or were imported."""
    demanded_ms: int = 0
    """When the oldest demand of a visitor that is not fulfilled was made, in ms since 1970; 0: there is none."""
    is_rewinding: bool = False
    """What the spool holds of batches that were done is held against the store once more (rewind.py)."""
    rewinds: int = 0
    stored_again: int = 0
    """Rows that a rewind did not find in the store."""


class Ledger:
    """Adds up what became of events, and tells it. Belongs to the drain's thread."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.attempts = self.retries = 0
        self._insert_seconds = self._lag = 0.0
        self._sources = sources
        self._batches = self._quarantined = self._waiting = self._bytes = 0
        self._kept: Counter[int] = Counter()
        self._dropped: dict[str, Counter[int]] = {Reason.DUPLICATE: Counter(), Reason.NO_VISIT: Counter()}
        self._unstorable: Counter[int] = Counter()
        self._erased: Counter[int] = Counter()
        self._found: Counter[int] = Counter()
        self._counted = 0.0

    def find(self, events: Mapping[int, int]) -> None:
        """Count events, by site, that nobody has told this process of."""
        self._found.update(events)

    def enter(self, parcel: Parcel, rejected: Collection[int], *, is_tallied: bool = True) -> None:
        """Count a parcel that is settled, but for the rows whose numbers were rejected."""
        self._batches += 1
        self._quarantined += len(rejected)
        sites = parcel.events.events.numbers("site_id")
        spoiled = Counter(site for site, seq in zip(sites, parcel.events.seqs, strict=True) if seq in rejected)
        self._unstorable.update(spoiled)
        self._kept.update(Counter(sites) - spoiled)
        for count in parcel.dropped:
            self._dropped[count.reason][count.site_id] += 1
        self._erased.update(parcel.erased)
        if not is_tallied:
            self.find(Counter(parcel.erased))
            self.find(Counter(sites))
            self.find(Counter(count.site_id for count in parcel.dropped))

    def clock(self, seconds: float, received_ms: int) -> None:
        """Note how long a delivery took, and with that how long its first event was on its way."""
        self._insert_seconds += seconds
        self._lag = max(0.0, time.time() - received_ms / 1000)

    def tell(
        self, error: str, *, is_behind: bool, oldest_ms: int, demanded_ms: int = 0,
        rewind: tuple[bool, int, int] = (False, 0, 0),
    ) -> DrainStatus:  # fmt: skip
        """Say how things are. While we keep up nothing waits; what else waits is counted once a second at most."""
        if time.monotonic() - self._counted >= COUNT_SECONDS:
            self._counted = time.monotonic()
            self._bytes = sum(source.size() for source in self._sources)
            self._waiting = sum(source.count_waiting() for source in self._sources) if is_behind else 0
        return DrainStatus(
            is_running=True,
            error=error,
            waiting=self._waiting if is_behind else 0,
            lag_seconds=max(0.0, time.time() - oldest_ms / 1000) if is_behind and oldest_ms else 0.0,
            spool_bytes=self._bytes,
            lost=sum(source.lost for source in self._sources),
            quarantined=self._quarantined,
            batches=self._batches,
            attempts=self.attempts,
            retries=self.retries,
            insert_seconds=self._insert_seconds,
            stored_lag_seconds=self._lag,
            kept=dict(self._kept),
            duplicate=dict(self._dropped[Reason.DUPLICATE]),
            without_visit=dict(self._dropped[Reason.NO_VISIT]),
            unstorable=dict(self._unstorable),
            erased=dict(self._erased),
            found=dict(self._found),
            demanded_ms=demanded_ms,
            is_rewinding=rewind[0],
            rewinds=rewind[1],
            stored_again=rewind[2],
        )
