"""Intake: what happens to Arrivals whatever dialect they came in. Each is decided on, then kept or counted as refused.

In: Arrivals, and the heads of requests. Out: for each Arrival the Refusal, or None when it is safe in the spool.
Invariants: nothing of a request is counted before everything acceptable of it is durable; when the spool or today's
salt cannot be had, nothing was accepted, and `Unavailable` says so.
It knows no HTTP beyond the headers that name a client and an origin, and decides nothing about a visitor (`distill`).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from clickhouse.rows import Event, Reason, Refusal
from collector.address import Proxies
from collector.arrival import Arrival
from collector.distill.host import owns, told_host
from collector.rate import Rate
from collector.sender import MAX_ORIGIN, Head, address_of, host_of, origin_host
from collector.spool import SpoolError
from collector.tally import OF_AUDIT, Tally
from registry.errors import SaltsRefused
from registry.hosts import AUDIT_HOST
from registry.site import Site

SAID_NO = frozenset((Reason.OPTOUT, Reason.DENIED, Reason.GPC, Reason.DNT))
"""What holds as long as a page is open, so that its tracker may as well stop. A consent may still be given."""

_ORIGIN = re.compile(rb"https?://[A-Za-z0-9._-]+(:\d{1,5})?")


Keep = Callable[[list[bytes]], Awaitable[None]]
Told = Callable[[BaseException | None], None]
Commit = Callable[[list[bytes], Told], None]
"""Brings records to disk soon, and then tells: None, or the fault when none of them was kept."""


CANNOT_KEEP = (SpoolError, SaltsRefused, OSError)
"""What says that nothing can be kept now, and is nobody's mistake."""


class Unavailable(Exception):
    """Nothing can be kept now; nothing was accepted."""


class Bridge(Protocol):
    """`distill`, with its tools already in hand."""

    def __call__(self, arrival: Arrival, site: Site, now_ms: int) -> Event | Refusal: ...


class Sites(Protocol):
    """What the intake asks of the registry's snapshot."""

    def by_host(self, host: str) -> Site | None: ...
    def resolve(self, name: str) -> Site | None: ...


class Verdict(NamedTuple):
    """What was decided on the arrivals of one request; nothing of it is durable or counted yet."""

    now_ms: int
    outcomes: list[Refusal | None]
    """For each arrival why it is refused, or None."""
    records: list[bytes]
    kept: list[tuple[Event, Site]]
    refused: list[tuple[Refusal, Site | None]]


class Intake:
    """One for the process. `keep` returns when its records are safe, or raises a SpoolError; `commit` tells instead."""

    def __init__(
        self,
        *,
        sites: Sites,
        distill: Bridge,
        encode: Callable[[Event, str], bytes],
        keep: Keep,
        tally: Tally,
        rate: Rate,
        proxies: Proxies,
        commit: Commit | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._sites = sites
        self._distill = distill
        self._encode = encode
        self._keep = keep
        self.commit = commit or _commit_by(lambda records: self._keep(records))
        self._tally = tally
        self._rate = rate
        self._proxies = proxies
        self._now_ms = now_ms

    def admit(self, head: Head, peer: str) -> tuple[str, int]:
        """Return the client's address, and the seconds it has to wait before its next event (mostly 0)."""
        address = address_of(head, peer, self._proxies)
        # Somebody to limit is who is no proxy of ours, or whom our proxy names.
        is_named = b"x-forwarded-for" in head or b"forwarded" in head or not self._proxies.trusts(address)
        seconds = self._rate.wait_seconds(address) if is_named else 0
        if seconds:
            self._tally.limited += 1
        return address, seconds

    async def take(self, arrivals: Sequence[Arrival], address: str) -> list[Refusal | None]:
        """Decide on each, make the acceptable ones durable, then count."""
        verdict = self.decide(arrivals, address)
        if verdict.records:
            try:
                await self._keep(verdict.records)
            except CANNOT_KEEP:
                raise Unavailable from None
        self.count(verdict)
        return verdict.outcomes

    def decide(self, arrivals: Sequence[Arrival], address: str) -> Verdict:
        """Decide on each. Raises Unavailable when today's salt cannot be had."""
        if len(arrivals) > 1:
            self._rate.charge(address, len(arrivals) - 1)
        now_ms = self._now_ms()
        verdict = Verdict(now_ms, [], [], [], [])
        _, outcomes, records, kept, refused = verdict
        try:
            for arrival in arrivals:
                site = self._site_of(arrival)
                outcome = self._distill(arrival, site, now_ms) if site else _stray(arrival)
                if isinstance(outcome, Refusal):
                    refused.append((outcome, site))
                    outcomes.append(outcome)
                elif site:
                    records.append(self._encode(outcome, arrival.event_id))
                    kept.append((outcome, site))
                    outcomes.append(None)
        except CANNOT_KEEP:
            raise Unavailable from None
        return verdict

    def count(self, verdict: Verdict) -> None:
        """Count what was decided, once its records are durable."""
        for event, where in verdict.kept:
            self._tally.receive(event.site_id)
            self._tally.redact(event, where, verdict.now_ms)
        for refusal, site in verdict.refused:
            self._tally.refuse(refusal, site, verdict.now_ms)

    def may_read(self, head: Head) -> bool:
        """Say whether a script on this origin may read the answer: its host belongs to a site of ours."""
        origin = head.get(b"origin", b"")
        host = _host_in(origin) if len(origin) <= MAX_ORIGIN else ""
        return host != "" and self._sites.by_host(host) is not None

    def _site_of(self, arrival: Arrival) -> Site | None:
        if arrival.site:
            return self._sites.resolve(arrival.site)
        host = host_of(arrival.url)
        if arrival.alias:
            # Ids of two foreign installations may be equal: one that leads to a stranger's site counts for nothing.
            named = self._sites.resolve(arrival.alias)
            if named and (not host or owns(named, host)):
                return named
        return self._sites.by_host(host)


def _commit_by(keep: Keep) -> Commit:
    """Make the telling form of one that is awaited."""
    tasks: set[asyncio.Task[None]] = set()

    async def tell(records: list[bytes], told: Told) -> None:
        fault: BaseException | None = None
        try:
            await keep(records)
        except Exception as error:
            fault = error
        told(fault)

    def commit(records: list[bytes], told: Told) -> None:
        task = asyncio.get_running_loop().create_task(tell(records, told))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    return commit


@lru_cache(1024)
def _host_in(origin: bytes) -> str:
    """Return the host of a well-formed origin, or nothing; remembered, since a site's pages all send the same one."""
    return origin_host(origin) if _ORIGIN.fullmatch(origin) else ""


def _stray(arrival: Arrival) -> Refusal:
    """Refuse what is for no site of ours, naming the site that its tag named, or its page's host."""
    host = arrival.site.lower() or host_of(arrival.url)
    return Refusal(Reason.UNKNOWN_SITE, rule=OF_AUDIT if AUDIT_HOST.fullmatch(host) else told_host(host))


def reasons_of(outcomes: Sequence[Refusal | None]) -> list[Reason]:
    """List why some were refused, in order."""
    return [outcome.reason for outcome in outcomes if outcome is not None]


def told(reasons: Sequence[Reason]) -> bytes:
    """Write reasons for `X-Refused`, each once."""
    return ", ".join(dict.fromkeys(reasons)).encode()
