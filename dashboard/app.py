"""The dashboard as an ASGI app: what stands before the routes, in which order.

In: an open registry and an open store, which stay the caller's. Out: a Starlette app. From the outside to the inside:
the path part of our public address, security headers, compression, errors and the origin of changes, routes. The
setup link, sessions, keys and roles live in the registry, so several processes may each have their own dashboard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from clickhouse.client import Store
from dashboard.faults import Faults, on_http_error
from dashboard.hang_up import HangUp
from dashboard.headers import SecurityHeaders
from dashboard.locales import Localized
from dashboard.routes import starlette_routes
from dashboard.tools import Tools, as_it_is, peer_of, utc_now
from registry.registry import Registry
from registry.site import Site

SMALLEST_PACKED = 600
"""Bytes: below it compression saves nothing."""


class Prefix:
    """Tells everything inside what stands before our paths, whether or not a proxy has cut it off."""

    def __init__(self, app: ASGIApp, *, path: str) -> None:
        self.app = app
        self.path = path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "root_path": self.path} if self.path else scope, receive, send)


def create_dashboard(
    registry: Registry,
    store: Store,
    *,
    base_url: str | None = None,
    open_on_loopback: bool = False,
    collector_health: Callable[[], Mapping[str, object]] | None = None,
    client_of: Callable[[Scope], str] = peer_of,
    now: Callable[[], datetime] = utc_now,
    credit: Callable[[], tuple[str, str] | None] = lambda: None,
    scrub: Callable[[Site, str, str], str] = as_it_is,
) -> Starlette:
    """Make the app. `client_of`: the client's address behind trusted proxies; without it, the connection's peer.

    `credit`: whom the licence of the places' source asks to name on pages that show them, as (text, link).
    `scrub`: what makes of a stored label the label of today.
    """
    tools = Tools(
        registry=registry,
        store=store,
        base_url=base_url,
        open_on_loopback=open_on_loopback,
        collector_health=collector_health,
        client_of=client_of,
        now=now,
        credit=credit,
        scrub=scrub,
    )
    address = urlsplit(base_url or "")
    app = Starlette(
        routes=starlette_routes(),
        middleware=[
            Middleware(Prefix, path=address.path),
            Middleware(HangUp),
            Middleware(Localized),
            Middleware(SecurityHeaders, owns_https=address.scheme == "https" and address.path in ("", "/")),
            Middleware(GZipMiddleware, minimum_size=SMALLEST_PACKED, compresslevel=6),
            Middleware(Faults),
        ],
        exception_handlers={HTTPException: on_http_error},
    )
    app.router.redirect_slashes = False
    app.state.tools = tools
    return app
