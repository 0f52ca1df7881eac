"""The collector's front door: which path goes where.

In: ASGI. Out: the endpoint of events by a branch of its own, before any framework; the snippet, the visitor's pages and
the operator's by Starlette's router; everything else by `otherwise` (the dashboard), or 404.
Works behind a base path, whether or not the proxy strips it. What fails unexpectedly becomes a 500 that says nothing,
and a log line that says where: nothing of a request leaves by an error.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import msgspec
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector import log
from collector.address import Proxies
from collector.answer import FAILED
from collector.condition import Condition
from collector.distill import Tools
from collector.door import bridge_with, create_intake
from collector.endpoint import Endpoint, event_paths
from collector.health import Health
from collector.intake import Commit, Intake
from collector.peers import MANNERS, OWN, Peer
from collector.privacy.consenting import Consenting, Log
from collector.privacy.notice import version_of
from collector.privacy.pages import Pages, consent_text
from collector.privacy.say import Rights
from collector.rate import Rate
from collector.serverside.endpoint import CheckKey, ServerSide
from collector.settings import Settings
from collector.tag import Tag
from collector.tally import Keep, Ledger, Tally
from registry.snapshot import Snapshot


def create_collector(
    settings: Settings,
    *,
    snapshot: Snapshot,
    tools: Tools,
    keep: Keep,
    tally: Tally,
    condition: Callable[[], Condition],
    commit: Commit | None = None,
    ledger: Callable[[], Ledger] | None = None,
    secret: bytes,
    tag: Tag | None = None,
    check_key: CheckKey | None = None,
    consents: Log | None = None,
    rights: Rights | None = None,
    last_audit: Callable[[], str | None] = lambda: None,
    otherwise: ASGIApp | None = None,
    now: Callable[[], float] = time.time,
) -> Collector:
    """Build the collector.

    `keep` makes records durable, and so does `commit`, which tells instead of being awaited; `secret` signs the
    visitor's forms; without a `tag` there is no `/s.js`, without
    `check_key` no `/api/events`, without `consents` no `/privacy/consent`. `ledger` adds up all processes' tallies
    where there are several. Without `rights` the visitor's page offers nothing about records; `last_audit` is a line
    for its foot.
    """
    proxies = Proxies(settings.trusted_proxies)
    rate = Rate(settings.rate_limit)
    intake = create_intake(
        snapshot=snapshot, tools=tools, keep=keep, commit=commit, tally=tally, rate=rate, proxies=proxies, now=now
    )
    # The mirror shows what the pipeline would do, with keys that nobody keeps.
    throw_away = msgspec.structs.replace(tools, salt=lambda _site, _day: os.urandom(32))
    pages = Pages(
        sites=snapshot,
        distill=bridge_with(throw_away),
        proxies=proxies,
        secret=secret,
        base_url=settings.base_url,
        credit=tools.credit,
        has_consents=consents is not None,
        rights=rights,
        last_audit=last_audit,
        now=now,
    )
    routes = pages.routes()
    if consents is not None:
        routes += _consenting(settings, snapshot, consents, rights, intake, pages, secret, now).routes()
    health = Health(ledger or tally.ledger, snapshot, condition, settings.metrics_token)
    routes += health.routes()
    routes += [Route(path, Peer(manner, intake)) for path, manner in {**MANNERS, **OWN}.items()]
    if tag is not None:
        routes += [Route("/s.js", tag.latest), Route("/s.{hash}.js", tag.pinned)]
    if check_key is not None:
        servers = ServerSide(
            check=check_key, sites=snapshot, tools=tools, keep=keep, tally=tally, rate=rate, proxies=proxies
        )
        routes += servers.routes()
    router = Router(routes, redirect_slashes=False, default=otherwise)
    return Collector(Endpoint(intake), router, settings.base_path())


def _consenting(
    settings: Settings,
    sites: Snapshot,
    consents: Log,
    rights: Rights | None,
    intake: Intake,
    pages: Pages,
    secret: bytes,
    now: Callable[[], float],
) -> Consenting:
    return Consenting(
        sites=sites,
        consents=consents,
        secret=secret,
        version=version_of,
        admit=intake.admit,
        text=consent_text,
        rights=rights,
        show_receipt=pages.show_receipt,
        base_url=settings.base_url,
        now=now,
    )


class Collector:
    """The composed application."""

    def __init__(self, endpoint: Endpoint, router: ASGIApp, base_path: str = "") -> None:
        self.endpoint = endpoint
        self._router = router
        self._base_path = base_path
        self.event_paths = event_paths(base_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in self.event_paths:
            await self.endpoint(scope, receive, send)
            return
        if scope["type"] == "http" and self._base_path:
            scope = {**scope, "root_path": self._base_path}
        await shielded(self._router, scope, receive, send)


async def shielded(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run an app; an exception is answered and reported without its message."""
    has_started = False

    async def notice(message: Message) -> None:
        nonlocal has_started
        has_started = True
        await send(message)

    try:
        await app(scope, receive, notice)
    except Exception as error:
        log.report(error)
        if has_started or scope["type"] != "http":
            raise BrokenAnswerError from None
        headers = [*FAILED.headers, (b"content-length", b"%d" % len(FAILED.body)), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": FAILED.status, "headers": headers})
        await send({"type": "http.response.body", "body": FAILED.body})


class BrokenAnswerError(Exception):
    """An answer broke off after it had begun; the server closes the connection. Says nothing of why: the log did."""
