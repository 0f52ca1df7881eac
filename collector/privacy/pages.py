"""The visitor's pages over HTTP: `/privacy`, the choice, its healing, and `/.well-known/gpc.json`.

In: requests of visitors. Out: one page, and redirects that set the choice's cookie. Behind a base path everything still
works, because every link is relative. A page is never stored by a cache and never framed; it loads one style sheet
and no script. What a visitor may see of himself is decided in state.py and mirror.py; the words are in texts.py.
"""

from __future__ import annotations

import datetime
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs

import jinja2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clickhouse.rows import Event, Refusal
from collector.address import Proxies
from collector.arrival import Arrival
from collector.cookies import IN_AGAIN, OUT, choice_cookie, wants_secure
from collector.privacy.mirror import mirror_of
from collector.privacy.state import refused_as, state_of
from collector.privacy.texts import LANGUAGE, TEXTS
from collector.privacy.token import is_good, make_token
from collector.sender import Head, address_of, host_of, read_head, sender_of, signals_of
from registry.site import Site

HERE = Path(__file__).parent
MAX_FORM_BYTES = 4096
GPC_SINCE = datetime.date(2026, 11, 22)
"""`lastUpdate` of gpc.json: when our treatment of the signal last changed."""
_HEADERS = {
    "cache-control": "no-store",
    "vary": "Cookie, Sec-GPC, DNT",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "browsing-topics=(), camera=(), geolocation=(), microphone=()",
}


class Sites(Protocol):
    """What the pages ask of the registry's snapshot."""

    def by_host(self, host: str) -> Site | None: ...


class Pages:
    """The routes of the visitor. `distill` here uses throw-away keys: it is for the mirror only.

    `credit`: whom the source of the country shown has to name, as (text, link).
    """

    def __init__(
        self,
        *,
        sites: Sites,
        distill: Callable[[Arrival, Site, int], Event | Refusal],
        proxies: Proxies,
        secret: bytes,
        base_url: str = "",
        credit: Callable[[], tuple[str, str] | None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._sites = sites
        self._distill = distill
        self._proxies = proxies
        self._secret = secret
        self._base_url = base_url
        self._credit = credit
        self._now = now
        self._style = (HERE / "static" / "privacy.css").read_bytes()
        loader = jinja2.FileSystemLoader(HERE / "templates")
        self._template = jinja2.Environment(
            loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True
        ).get_template("privacy.html")

    def routes(self) -> list[Route]:
        return [
            Route("/privacy", self.page),
            Route("/privacy/choice", self.choice, methods=["POST"]),
            Route("/privacy/heal", self.heal, methods=["POST"]),
            Route("/privacy/style.css", self.style),
            Route("/.well-known/gpc.json", self.gpc),
        ]

    async def page(self, request: Request) -> Response:
        """`GET /privacy`."""
        head = read_head(request.scope["headers"])
        response = self._page(request, head, request.query_params.get("done", ""))
        if signals_of(head).optout_cookie:
            response.headers.append("set-cookie", self._cookie(head, OUT))
        return response

    async def choice(self, request: Request) -> Response:
        """`POST /privacy/choice`: declining is believed from anywhere, allowing again only from our own fresh page."""
        head = read_head(request.scope["headers"])
        form = await _form_of(request)
        choice = form.get("choice", "")
        if choice == "optout":
            return self._back(head, choice, OUT)
        if (
            choice == "optin"
            and _is_same_origin(head)
            and is_good(form.get("token", ""), self._secret, int(self._now()))
        ):
            return self._back(head, choice, IN_AGAIN)
        return self._page(request, head, "repeat", 403 if choice == "optin" else 400)

    async def heal(self, request: Request) -> Response:
        """`POST /privacy/heal`: the page's storage says no and the cookie is gone; set it again."""
        head = read_head(request.scope["headers"])
        if head.get(b"sec-fetch-site") == b"cross-site":
            return Response(None, 403, {"cache-control": "no-store"})
        return Response(None, 204, {"cache-control": "no-store", "set-cookie": self._cookie(head, OUT)})

    async def style(self, request: Request) -> Response:
        """`GET /privacy/style.css`."""
        etag = f'"{hashlib.sha256(self._style).hexdigest()[:16]}"'
        headers = {"cache-control": "public, max-age=3600", "etag": etag, "x-content-type-options": "nosniff"}
        if request.headers.get("if-none-match") == etag:
            return Response(None, 304, headers)
        return Response(self._style, 200, headers, "text/css")

    async def gpc(self, request: Request) -> Response:  # noqa: ARG002 - a route takes its request
        """`GET /.well-known/gpc.json` (W3C Global Privacy Control, 4.2)."""
        told = {"gpc": True, "lastUpdate": GPC_SINCE.isoformat()}
        return JSONResponse(told, headers={"cache-control": "public, max-age=86400"})

    def _page(self, request: Request, head: Head, done: str, status: int = 200) -> Response:
        peer = request.client.host if request.client else ""
        sender = sender_of(head, address_of(head, peer, self._proxies))
        host = self._host(head)
        site = self._sites.by_host(host)
        policy = site or Site(id=0, host=host)
        state = state_of(policy, sender.signals)
        referrer = head.get(b"referer", b"")[:2000].decode("latin-1")
        mirror = mirror_of(
            policy, sender, referrer, f"https://{host}/privacy", self._distill, int(self._now() * 1000), TEXTS
        )
        state = refused_as(state, mirror.refused)
        values: dict[str, Any] = {
            "t": TEXTS,
            "language": LANGUAGE,
            # Relative links hold behind any base path; a refused choice is answered one step further down.
            "up": "../" if request.method == "POST" else "",
            "site": policy,
            "host": host,
            "is_named": site is not None,
            "state": state,
            "mirror": mirror,
            "credit": self._credit(),
            "message": _message(done, state.has_opted_out),
            "token": make_token(self._secret, int(self._now())),
        }
        return Response(self._template.render(values), status, _HEADERS, "text/html")

    def _back(self, head: Head, choice: str, value: str) -> Response:
        headers = {
            "location": f"../privacy?done={choice}",
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
        }
        return Response(None, 303, {**headers, "set-cookie": self._cookie(head, value)})

    def _cookie(self, head: Head, value: str) -> str:
        return choice_cookie(value, secure=wants_secure(head, self._base_url))

    def _host(self, head: Head) -> str:
        """Return the host this visitor sees: the one asked where it is a site's, else that of the public address."""
        asked = host_of(head.get(b"host", b"").decode("latin-1"))
        return asked if self._sites.by_host(asked) or not self._base_url else host_of(self._base_url)


def _message(done: str, has_opted_out: bool) -> str:
    keys = {"optin": "done_optin", "repeat": "please_repeat"}
    if done == "optout":
        return TEXTS["done_optout" if has_opted_out else "done_but_blocked"]
    return TEXTS[keys[done]] if done in keys else ""


async def _form_of(request: Request) -> dict[str, str]:
    """Read a small form; one that is too long or not a form is empty."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return {}
    try:
        return {key: values[0] for key, values in parse_qs(body.decode("utf-8"), max_num_fields=8).items()}
    except ValueError:
        return {}


def _is_same_origin(head: Head) -> bool:
    """Say whether a page of this very origin sent the form; a browser that says nothing at all is not believed."""
    site = head.get(b"sec-fetch-site", b"")
    if site:
        return site == b"same-origin"
    origin = head.get(b"origin", b"").decode("latin-1")
    return origin.partition("://")[2] == head.get(b"host", b"").decode("latin-1") != ""
