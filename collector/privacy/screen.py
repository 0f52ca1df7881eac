"""The screen: the one page of the visitor, drawn from what a request says and what has just been done.

In: a request, and perhaps a message, a receipt, records, or what was typed into a form. Out: HTML, or a redirect back
to it. Behind a base path everything still works, because every link is relative. The page is never stored by a cache
and never framed; it loads one style sheet and no script, and drawing it changes nothing. A choice of language is kept
in the address and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from clickhouse.rows import Event, Refusal
from collector.address import Proxies
from collector.arrival import Arrival
from collector.cookies import wants_secure
from collector.privacy.here import Sites, host_seen
from collector.privacy.mirror import mirror_of
from collector.privacy.notice import version_of
from collector.privacy.receipt import seal
from collector.privacy.say import KINDS, Receipt
from collector.privacy.state import DAILY_MODES, State, answer_of, refused_as, state_of
from collector.privacy.texts import CATALOGUES, Texts, texts_for
from collector.privacy.token import make_token
from collector.sender import Head, Sender, address_of, read_head, sender_of
from collector.showing import SHOWING_DAYS, showing_of
from registry.requests import MAX_MESSAGE, MAX_REPLY_TO
from registry.site import Site

HERE = Path(__file__).parent
HEADERS = {
    "cache-control": "no-store",
    "vary": "Accept-Language, Cookie, Sec-GPC, DNT",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "browsing-topics=(), camera=(), geolocation=(), microphone=()",
}


class Asked(msgspec.Struct, frozen=True):
    """Who asks, about which site, in which language. Memory only."""

    head: Head
    host: str
    """What the visitor sees in the address bar, without a port."""
    site: Site | None
    sender: Sender
    texts: Texts
    lang: str
    """The language chosen in the address; empty: the browser's."""
    secure: bool
    path: str
    """Where the pages are on this host: the base path."""

    @property
    def policy(self) -> Site:
        """The site, or a nameless one of the standard preset."""
        return self.site or Site(id=0, host=self.host)

    @property
    def showing(self) -> str:
        """The show-me cookie, or nothing."""
        return showing_of(self.head, secure=self.secure)


class Shown(msgspec.Struct, frozen=True):
    """What a page has to tell besides the state."""

    message: str = ""
    """A name in the section `done` of the texts."""
    more: tuple[str, ...] = ()
    """Further names, said after it."""
    receipt: Receipt | None = None
    records: Sequence[Mapping[str, str]] | None = None
    typed: Mapping[str, str] = {}
    proof: str = ""
    cookies_off: bool = False


class Screen:
    """Draws. `distill` uses throw-away keys: it is for the mirror. See `Pages` for the rest."""

    def __init__(
        self,
        *,
        sites: Sites,
        distill: Callable[[Arrival, Site, int], Event | Refusal],
        proxies: Proxies,
        secret: bytes,
        base_url: str = "",
        credit: Callable[[], tuple[str, str] | None] = lambda: None,
        last_audit: Callable[[], str | None] = lambda: None,
        has_rights: bool = False,
        has_consents: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.sites = sites
        self.secret = secret
        self.now = now
        self._distill = distill
        self._proxies = proxies
        self._base_url = base_url
        self._credit = credit
        self._last_audit = last_audit
        self._has_rights = has_rights
        self._has_consents = has_consents
        loader = jinja2.FileSystemLoader(HERE / "templates")
        self._template = jinja2.Environment(
            loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
        ).get_template("privacy.html")

    def asked(self, request: Request, lang: str = "") -> Asked:
        """Read a request; `lang` is what a form says of the language."""
        head = read_head(request.scope["headers"])
        peer = request.client.host if request.client else ""
        host = host_seen(head, self.sites, self._base_url)
        chosen = lang or request.query_params.get("lang", "")
        return Asked(
            head=head,
            host=host,
            site=self.sites.by_host(host),
            sender=sender_of(head, address_of(head, peer, self._proxies)),
            texts=texts_for(chosen, head.get(b"accept-language", b"").decode("latin-1")),
            lang=chosen if chosen in CATALOGUES else "",
            secure=wants_secure(head, self._base_url),
            path=str(request.scope.get("root_path", "")),
        )

    def back(self, asked: Asked, done: str, cookies: Sequence[str] = (), receipt: Receipt | None = None) -> Response:
        """Redirect to the page, which will say what was done; one step up, since forms post one step down."""
        query = {"done": done}
        if asked.lang:
            query["lang"] = asked.lang
        if receipt is not None:
            query["receipt"] = seal(receipt, self.secret)
        headers = {key: HEADERS[key] for key in ("cache-control", "referrer-policy")}
        response = Response(None, 303, {**headers, "location": f"../privacy?{urlencode(query)}"})
        for cookie in cookies:
            response.headers.append("set-cookie", cookie)
        return response

    def page(self, asked: Asked, shown: Shown | None = None, status: int = 200, *, is_below: bool = False) -> Response:
        """Draw the page; `is_below`: it answers a form, one step further down."""
        shown = shown or Shown()
        now = self.now()
        site, texts, signals = asked.policy, asked.texts, asked.sender.signals
        referrer = asked.head.get(b"referer", b"")[:2000].decode("latin-1")
        address = f"https://{asked.host}/privacy"
        mirror = mirror_of(site, asked.sender, referrer, address, self._distill, int(now * 1000), texts.says["mirror"])
        state = refused_as(state_of(site, signals, cookies_off=shown.cookies_off), mirror.refused)
        values: dict[str, Any] = {
            "t": texts.says,
            "texts": texts,
            "languages": CATALOGUES,
            "up": "../" if is_below else "",
            "asked": asked,
            "site": site,
            "host": asked.host,
            "named": _name_of(asked),
            "is_named": asked.site is not None,
            "shown": shown,
            "state": state,
            "answer": answer_of(site, asked.head, signals, now) if self._has_consents and asked.site else None,
            "records": self._records(asked, state) if self._has_rights and asked.site else None,
            "can_ask": self._has_rights,
            "kinds": KINDS,
            "max_message": MAX_MESSAGE,
            "max_reply_to": MAX_REPLY_TO,
            "mirror": mirror,
            "others": _others(asked),
            "credit": self._credit(),
            "audit": self._last_audit() if site.show_audit else None,
            "notice": version_of(site),
            "token": make_token(self.secret, int(now)),
            "sealed": seal(shown.receipt, self.secret) if shown.receipt else "",
        }
        return Response(self._template.render(values), status, HEADERS, "text/html")

    def _records(self, asked: Asked, state: State) -> dict[str, Any]:
        """What the visitor may do about records: nothing here depends on whether there are any."""
        is_showing = asked.showing != ""
        holds = is_showing or asked.sender.signals.vid_cookie != ""
        may_begin = state.is_measured and not holds
        return {
            "is_numbered": asked.policy.mode in DAILY_MODES,
            "is_showing": is_showing,
            "holds_cookie": holds,
            "may_begin": may_begin,
            "can_be_seen": holds or may_begin,
            "days": asked.texts.number(SHOWING_DAYS),
        }


def _name_of(asked: Asked) -> str:
    """Return what the page calls the site: the host in the address bar; its own where that is a mere address."""
    is_address = asked.host == "localhost" or asked.host.replace(".", "").isdigit() or ":" in asked.host
    return asked.policy.host if is_address else asked.host


def _others(asked: Asked) -> list[tuple[str, str]]:
    """Return (host, address of its privacy page) of the site's other hosts; each keeps a choice by itself."""
    if asked.site is None:
        return []
    own = asked.head.get(b"host", b"").decode("latin-1")
    port = own[len(asked.host) :] if own.startswith(asked.host + ":") else ""
    before, after = ("https://", "") if asked.secure else ("http://", port)
    hosts = dict.fromkeys((asked.site.host, *asked.site.hosts))
    query = f"?lang={asked.lang}" if asked.lang else ""
    return [
        (host, f"{before}{host}{after}{asked.path}/privacy{query}")
        for host in hosts
        if host not in (asked.host, "www." + asked.host) and "*" not in host
    ]
