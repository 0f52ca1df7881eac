"""Tally: the ledger of arrivals. Received = kept + refused + duplicate + still in the spool, for each site.

In: what became of each arrival. Out: counts of refusals, and of what was redacted (leaks.py), on their way to the
store, and the counters of /metrics.
Refusals are counted in memory by (site, local day, reason, rule) and handed to the spool about every second, as records
like any other: once there they are durable and stored exactly once. A crash loses at most the last second's counts,
never an event. A count holds no visitor data: a rule is named in our words, or is the plain name of a foreign host
(distill/host.py), of which a site and day gets so many and no more.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

import msgspec

from clickhouse.rows import Event, Reason, RedactionCount, Refusal, RefusalCount
from collector.distill.host import UNTOLD
from collector.distill.visitor import local_day
from collector.leaks import LeakBook, may_leak
from collector.spool.record import COUNTS_PER_RECORD, encode_redactions
from registry.site import Site

EPOCH_ORDINAL = datetime.date(1970, 1, 1).toordinal()
OF_AUDIT = "self-audit.invalid"
"""Stands for every host of the self-audit, which asks before each worker knows its site."""
NAMING_HOSTS = frozenset({Reason.WRONG_HOST, Reason.UNKNOWN_SITE})
MOST_HOSTS = 20
"""Named for a site and day: enough for staging machines, too few for a forger to write a book in."""
Keep = Callable[[list[bytes]], Awaitable[None]]


class Ledger(msgspec.Struct, frozen=True):
    """What became of arrivals at the edge, by site, since the process started."""

    received: Mapping[int, int]
    refused: Mapping[int, Mapping[str, int]]
    """By site, then by reason."""
    limited: int = 0
    """Requests that were told to wait, before anything of them was read."""


class Tally:
    """Counts of one process since it started. All but `ledger` belong to the event loop."""

    def __init__(self, encode: Callable[[Sequence[RefusalCount]], bytes]) -> None:
        self._encode = encode
        self._waiting: Counter[tuple[int, int, str, str]] = Counter()
        self.received: Counter[int] = Counter()
        self.refused: Counter[tuple[int, str]] = Counter()
        self.limited = 0
        self._hosts: dict[tuple[int, int], set[str]] = {}
        """Foreign hosts named so far, by site and day; of days that are over nothing is kept."""
        self._leaks = LeakBook()

    def receive(self, site_id: int) -> None:
        """Count an arrival that was accepted and is safe in the spool."""
        self.received[site_id] += 1

    def redact(self, event: Event, site: Site, now_ms: int) -> None:
        """Count what had to be taken out of an event that is safe in the spool: mostly nothing."""
        if may_leak(event):
            self._leaks.note(event, day_number(now_ms, site.timezone))

    def refuse(self, refusal: Refusal, site: Site | None, now_ms: int) -> None:
        """Count an arrival that was not kept, on the site's local day; what the self-audit tries is nobody's."""
        if refusal.rule == OF_AUDIT and refusal.reason is Reason.UNKNOWN_SITE:
            return
        day = day_number(now_ms, site.timezone if site else "UTC")
        # A site that is being deleted must not get new rows after its own were erased.
        site_id = 0 if site and site.state == "deleting" else refusal.site_id
        self.received[site_id] += 1
        self.refused[site_id, refusal.reason] += 1
        rule = self._named(site_id, day, refusal.rule) if refusal.reason in NAMING_HOSTS else refusal.rule
        self._waiting[site_id, day, refusal.reason, rule] += 1

    def _named(self, site_id: int, day: int, host: str) -> str:
        """Return the host, or what stands for all others once a site's day has enough of them."""
        hosts = self._hosts.get((site_id, day))
        if hosts is None:
            self._hosts = {key: known for key, known in self._hosts.items() if abs(key[1] - day) <= 1}
            hosts = self._hosts[site_id, day] = set()
        if len(hosts) < MOST_HOSTS:
            hosts.add(host)
        return host if host in hosts else UNTOLD

    def ledger(self) -> Ledger:
        """Return the counts so far; may be called from any thread."""
        refused: dict[int, dict[str, int]] = {}
        for (site_id, reason), count in dict(self.refused).items():
            refused.setdefault(site_id, {})[reason] = count
        return Ledger(dict(self.received), refused, self.limited)

    async def flush(self, keep: Keep) -> None:
        """Hand the counts since the last time to the spool; what it does not take is counted again next time."""
        taken, self._waiting = self._waiting, Counter()
        leaks = self._leaks.take()
        if not taken and not leaks:
            return
        counts = [RefusalCount(site, day, reason, count, rule) for (site, day, reason, rule), count in taken.items()]
        records = [self._encode(counts)] if counts else []
        records += [encode_redactions(some) for some in batched(leaks, COUNTS_PER_RECORD)]
        try:
            await keep(records)
        except BaseException:
            self._waiting.update(taken)
            self._leaks.put_back(leaks)
            raise


def batched(counts: Sequence[RedactionCount], most: int) -> Iterator[Sequence[RedactionCount]]:
    """Cut counts into as many as a record holds."""
    for first in range(0, len(counts), most):
        yield counts[first : first + most]


def day_number(now_ms: int, timezone: str) -> int:
    """Return the local day of a moment as days since 1970-01-01."""
    return local_day(now_ms, timezone).toordinal() - EPOCH_ORDINAL
