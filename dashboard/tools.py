"""What the dashboard works with: registry, store, clock, settings. Opened by others, handed in once, never changed.

A handler takes it from its request with `tools_of`. Also what depends on a setting alone: whether our public address
is https, what our origin is. It opens nothing and closes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import Scope

from clickhouse.client import Store
from dashboard.backoff import Backoff
from dashboard.live import Live
from dashboard.watching import Watching
from registry.registry import Registry
from registry.site import Site

HASHES_AT_ONCE = 2
"""A password costs 64 MiB while it is checked."""
KEY_REQUESTS_AN_HOUR = 600


def utc_now() -> datetime:
    return datetime.now(UTC)


def as_it_is(_site: Site, _dimension: str, label: str) -> str:
    return label


def peer_of(scope: Scope) -> str:
    """The address of the connection: right where no proxy stands before us."""
    client: tuple[str, int] | None = scope.get("client")
    return client[0] if client else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Everything a page may need."""

    registry: Registry
    store: Store
    base_url: str | None = None
    """Our public address; None: whatever the request was sent to (loopback only)."""
    open_on_loopback: bool = False
    collector_health: Callable[[], Mapping[str, object]] | None = None
    """How the collector is; None where it runs elsewhere. For pages that tell how a site is doing."""
    client_of: Callable[[Scope], str] = peer_of
    """The client's address behind trusted proxies: used for backoff only, hashed, in memory."""
    now: Callable[[], datetime] = utc_now
    credit: Callable[[], tuple[str, str] | None] = lambda: None
    """Whom the licence of the places' source asks to name, as (text, link)."""
    scrub: Callable[[Site, str, str], str] = as_it_is
    """Takes out of a stored label what would not be kept today: better rules protect old rows too."""
    sign_ins: Backoff = field(default_factory=Backoff)
    key_requests: Backoff = field(default_factory=lambda: Backoff(KEY_REQUESTS_AN_HOUR, 3600))
    watching: Watching = field(default_factory=Watching)
    """Who keeps watching which page: polling is noted once."""
    live: Live = field(default_factory=Live)
    """Who watches which page live: one question for all of them."""
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHES_AT_ONCE))

    def is_https(self, request: Request) -> bool:
        return (self.base_url or str(request.url)).startswith("https://")

    def origin(self, request: Request) -> str:
        """Our own origin, as a browser names it."""
        parts = urlsplit(self.base_url or str(request.url))
        return f"{parts.scheme}://{parts.netloc}"

    def public_url(self, request: Request) -> str:
        """Where everyone reaches us, without a slash at the end."""
        return (self.base_url or f"{self.origin(request)}{request.scope.get('root_path', '')}").rstrip("/")


def tools_of(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools
