"""Health: is this process alive, does it accept, and do its books balance.

In: the tally's `Ledger`, and what the spool and the drain say of themselves (`Condition`). Out: `/healthz`, `/readyz`
and `/metrics`. Ready means that events are accepted: a store that is away only degrades, since the spool keeps what
comes. `/metrics` is for the holder of METRICS_TOKEN, or for this machine itself; a request that a proxy passed on is
not this machine. Labels name sites and reasons, never a visitor.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from collector.address import canonical
from collector.balance import Book, balance
from collector.condition import Condition
from collector.tally import Ledger
from registry.site import Site

_UNCACHED = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_FORWARDING = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via")
EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]
Family = tuple[str, str, str, Mapping[Labels, float]]


class Sites(Protocol):
    """What the metrics ask of the registry's snapshot."""

    def by_id(self, site_id: int) -> Site | None: ...


class Health:
    """The routes of the operator."""

    def __init__(
        self, ledger: Callable[[], Ledger], sites: Sites, condition: Callable[[], Condition], token: str
    ) -> None:
        self._ledger = ledger
        self._sites = sites
        self._condition = condition
        self._token = token

    def routes(self) -> list[Route]:
        return [
            Route("/healthz", self.alive),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
        ]

    async def alive(self, request: Request) -> Response:  # noqa: ARG002 - a route takes its request
        """`GET /healthz`."""
        return PlainTextResponse("ok\n", headers=_UNCACHED)

    async def ready(self, request: Request) -> Response:  # noqa: ARG002 - a route takes its request
        """`GET /readyz`."""
        now = self._condition()
        status = "unavailable" if not now.spool_accepts else "ready" if now.store_answers else "degraded"
        told = {"status": status, "spool": now.spool_accepts, "store": now.store_answers, "waiting": now.waiting,
                "oldest_seconds": round(now.oldest_seconds, 1)}  # fmt: skip
        return JSONResponse(told, 200 if now.spool_accepts else 503, _UNCACHED)

    async def metrics(self, request: Request) -> Response:
        """`GET /metrics`."""
        if not self._may_read(request):
            told = "Needs METRICS_TOKEN as bearer, or a request from this machine.\n"
            return PlainTextResponse(told, 401, {**_UNCACHED, "www-authenticate": 'Bearer realm="metrics"'})
        return Response(exposition(self._families()), 200, {**_UNCACHED, "content-type": EXPOSITION_TYPE})

    def _may_read(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        if self._token and hmac.compare_digest(given, b"Bearer " + self._token.encode()):
            return True
        peer = canonical(request.client.host) if request.client else ""
        is_here = peer == "::1" or peer.startswith("127.")
        return is_here and not any(name in request.headers for name in _FORWARDING)

    def _families(self) -> list[Family]:
        now = self._condition()  # before the ledger: see balance()
        edge = self._ledger()
        books = balance(edge, now)
        refused: dict[Labels, float] = {
            self._of(site, reason): count for site, book in books.items() for reason, count in book.refused.items()
        }

        def by_site(count: Callable[[Book], int]) -> dict[Labels, float]:
            return {self._of(site): count(book) for site, book in books.items()}

        events = "footfall_events"
        waited = max(0.0, time.time() - now.demanded_ms / 1000) if now.demanded_ms else 0.0
        overdue: dict[Labels, float] = {(): int(now.retention_overdue)}
        return [
            (f"{events}_received_total", "counter", "Arrivals that could be read.", by_site(lambda b: b.received)),
            (f"{events}_kept_total", "counter", "Events in the store.", by_site(lambda b: b.kept)),
            (f"{events}_refused_total", "counter", "Arrivals not kept, by reason.", refused),
            (f"{events}_duplicate_total", "counter", "Resends that were dropped.", by_site(lambda b: b.duplicate)),
            ("footfall_spool_events", "gauge", "Accepted events not in the store yet.", by_site(lambda b: b.spool)),
            (f"{events}_quarantined_total", "counter", "Rows the store refused.", {(): now.quarantined}),
            ("footfall_rate_limited_total", "counter", "Requests told to wait (429).", {(): edge.limited}),
            *_of_the_drain(now),
            ("footfall_spool_bytes", "gauge", "Size of the spool on disk.", {(): now.spool_bytes}),
            ("footfall_spool_accepts", "gauge", "1 while events are accepted.", {(): int(now.spool_accepts)}),
            ("footfall_demand_seconds", "gauge", "Age of the oldest demand of a visitor not fulfilled.", {(): waited}),
            ("footfall_retention_overdue", "gauge", "1 while rows may outlive their site's limit.", overdue),
            ("footfall_store_up", "gauge", "1 while the store answers.", {(): int(now.store_answers)}),
        ]

    def _of(self, site_id: int, reason: str = "") -> Labels:
        site = self._sites.by_id(site_id)
        labels = (("site", site.host if site else str(site_id or "")),)
        return (*labels, ("reason", reason)) if reason else labels


def _of_the_drain(now: Condition) -> list[Family]:
    inserts: dict[Labels, float] = {(): now.batches}
    return [
        ("footfall_spool_oldest_seconds", "gauge", "Age of the oldest event in the spool.", {(): now.oldest_seconds}),
        ("footfall_spool_lost_total", "counter", "Records that damaged files have cost.", {(): now.lost}),
        ("footfall_drain_lag_seconds", "gauge", "From receipt to store, last batch.", {(): now.lag_seconds}),
        ("footfall_drain_retries_total", "counter", "Deliveries that failed and are repeated.", {(): now.retries}),
        ("footfall_rewinds_total", "counter", "Times the spool was held against the store.", {(): now.rewinds}),
        ("footfall_stored_again_total", "counter", "Rows that the store had lost.", {(): now.stored_again}),
        ("footfall_insert_seconds_sum", "counter", "What storing batches took.", {(): now.insert_seconds}),
        ("footfall_insert_seconds_count", "counter", "Batches stored.", inserts),
    ]


def exposition(families: list[Family]) -> str:
    """Write Prometheus' text format."""
    lines = []
    for name, kind, help_text, samples in families:
        lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
        for labels, value in sorted(samples.items()):
            shown = ",".join(f'{label}="{_escape(text)}"' for label, text in labels)
            lines.append(f"{name}{{{shown}}} {value}" if shown else f"{name} {value}")
    return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
