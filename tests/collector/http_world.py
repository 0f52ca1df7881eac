"""A world for the HTTP tests in one line: sites, a bridge that decides by the event's name, and an app to ask.

Not a test. `World()` has the endpoint alone, with records kept in a list; the whole collector with its real pipeline
and spool is in the tests that start a server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx

from clickhouse.rows import Event, Reason, Refusal, RefusalCount
from collector.address import Proxies
from collector.arrival import Arrival
from collector.endpoint import Endpoint
from collector.intake import Intake
from collector.rate import Rate
from collector.settings import load
from collector.tally import Tally
from registry.site import Site
from registry.snapshot import Snapshot, picture_of

NOW_MS = 1_763_820_000_000
SITES = (
    Site(id=1, host="example.com", hosts=("*.example.com",), timezone="Pacific/Auckland"),
    Site(id=2, host="other.example"),
)


class Town(Snapshot):
    """A snapshot without a registry behind it."""

    def __init__(self, *sites: Site, revision: int = 1) -> None:
        self._picture = picture_of(sites, revision)


def decide_by_name(arrival: Arrival, site: Site, now_ms: int) -> Event | Refusal:
    """Refuse what is called after a reason; keep the rest."""
    if arrival.name in list(Reason):
        return Refusal(Reason(arrival.name), site.id, rule="by name")
    return Event(
        site_id=site.id,
        ts=now_ms,
        visitor_id=7,
        name=arrival.name,
        hostname=site.host,
        path="/",
        props={"by": arrival.address},
    )


class World:
    """The endpoint, what it kept, and a way to ask it."""

    def __init__(self, *, limit: int = 0, peer: str = "198.51.100.7", proxies: str = "127.0.0.1") -> None:
        self.kept: list[tuple[Event, str]] = []
        self.arrivals: list[Arrival] = []
        self.fault: Exception | None = None
        self.peer = peer
        self.counts: list[RefusalCount] = []
        self.tally = Tally(self._encode_counts)
        self.intake = Intake(
            sites=Town(*SITES),
            distill=self._decide,
            encode=self._encode,
            keep=self.keep,
            tally=self.tally,
            rate=Rate(limit),
            proxies=Proxies(load({"FOOTFALL_TRUSTED_PROXIES": proxies}).trusted_proxies),
            now_ms=lambda: NOW_MS,
        )
        self.endpoint = Endpoint(self.intake)

    def _decide(self, arrival: Arrival, site: Site, now_ms: int) -> Event | Refusal:
        self.arrivals.append(arrival)
        return decide_by_name(arrival, site, now_ms)

    def _encode(self, event: Event, event_id: str) -> bytes:
        self._last = (event, event_id)
        self.kept.append(self._last)
        return b"record"

    def _encode_counts(self, counts: Sequence[RefusalCount]) -> bytes:
        self.counts += counts
        return b"counts"

    async def keep(self, records: list[bytes]) -> None:
        if self.fault:
            self.kept.clear()
            raise self.fault

    def ask(self, method: str = "POST", path: str = "/e", **options: Any) -> httpx.Response:
        """Send one request and wait for the answer."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.endpoint, client=(self.peer, 4711))
            async with httpx.AsyncClient(transport=transport, base_url="https://stats.example") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def send(self, body: Any = None, *, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """Send an event; `fields` over a page view of example.com."""
        event = {"n": "pageview", "u": "https://example.com/", **fields} if body is None else body
        told = {"content-type": "text/plain", **(headers or {})}
        content = event if isinstance(event, bytes) else httpx.Request("POST", "https://x", json=event).content
        return self.ask(content=content, headers=told)
