"""A world for the tests of the visitor's pages: sites, a rehearsal of the rights' machinery, and a way to ask.

Not a test. `Rehearsal` notes what the pages ask of the machinery and gives receipts; what the real one does to a store
is tested where it lives.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Mapping, Sequence

import httpx
from http_world import Town, decide_by_name
from starlette.routing import Router

from clickhouse.rows import Event, Reason, Refusal
from collector.address import Proxies
from collector.arrival import Arrival
from collector.privacy.pages import Pages
from collector.privacy.say import Receipt
from collector.privacy.texts import CATALOGUES
from collector.privacy.token import make_token
from collector.sender import Sender
from registry.site import Site

SECRET = b"s" * 32
NOW = 1_763_820_000
OPTED_OUT = {"cookie": "footfall_optout=1"}
SAME = {"sec-fetch-site": "same-origin"}
SHOWN = "abcdefghijklmnopqrstuv"
SHOWING = {"cookie": f"__Host-footfall_dsr={SHOWN}"}
T = CATALOGUES["en"].says
SITES = (
    Site(id=1, host="shop.example", timezone="Europe/Berlin", retention_days=400, legal_basis="legitimate_interest"),
    Site(id=2, host="asks.example", mode="consent_only", legal_basis="consent"),
    Site(id=3, host="plain.example", mode="none", gpc="ignore", dnt="ignore", cookies_disabled="ignore"),
    Site(id=4, host="frozen.example", state="frozen"),
    Site(id=5, host="mixed.example", mode="hybrid", legal_basis="consent", show_audit=True),
    Site(id=6, host="many.example", hosts=("other.example", "*.many.example", "shop.many.example")),
    Site(id=7, host="counts.example", cookies_disabled="count", pixel="count"),
    Site(id=8, host="127.0.0.1"),
    Site(id=90, host="town.example", hosts=("127.0.0.9", "localhost")),
    Site(
        id=9,
        host="named.example",
        controller="Named Ltd, 1 High Street",
        contact="privacy@named.example",
        dpo="Dana Poe",
        authority="The Office",
    ),
)
RECORDS = (
    {"ts": "2026-11-22T09:00:00.000Z", "name": "pageview", "path": "/", "referrer": '=HYPERLINK("evil")'},
    {"ts": "2026-11-22T09:01:00.000Z", "name": "pageview", "path": "/prices", "country": "DE"},
)


def receipt_of(kind: str, host: str) -> Receipt:
    return Receipt(1, host, kind, "2026-11-22T09:30:00Z", "today, this browser and network", "1", "r4nd0m", "f00d")


class Rehearsal:
    """The machinery as the pages see it."""

    def __init__(self, records: Sequence[dict[str, str]] = RECORDS, fault: Exception | None = None) -> None:
        self.calls: list[tuple[object, ...]] = []
        self._records = records
        self._fault = fault

    def _note(self, *call: object) -> None:
        if self._fault:
            raise self._fault
        self.calls.append(call)

    async def erase_today(self, site: Site, sender: Sender) -> Receipt:
        self._note("erase_today", site.host, sender.address, sender.agent)
        return receipt_of("erase", site.host)

    async def restrict_today(self, site: Site, sender: Sender) -> Receipt:
        self._note("restrict_today", site.host, sender.address, sender.agent)
        return receipt_of("restrict", site.host)

    async def correct_today(self, site: Site, sender: Sender) -> Receipt:
        self._note("correct_today", site.host, sender.address, sender.agent)
        return receipt_of("unknown_country", site.host)

    async def begin_showing(self, site: Site) -> str:
        self._note("begin_showing", site.host)
        return SHOWN

    async def end_showing(self, site: Site, cookie: str) -> None:
        self._note("end_showing", site.host, cookie)

    async def recorded(self, site: Site, cookie: str) -> Sequence[dict[str, str]]:
        self._note("recorded", site.host, cookie)
        return self._records

    async def erase_shown(self, site: Site, cookie: str) -> Receipt:
        self._note("erase_shown", site.host, cookie)
        return receipt_of("erase_shown", site.host)

    async def ask(
        self,
        site: Site,
        kind: str,
        message: str,
        reply_to: str,
        *,
        forwarded: bool = False,
    ) -> Receipt:
        self._note("ask", site.id, site.host, kind, message, reply_to)
        return receipt_of(kind, site.host)


def mirrored(arrival: Arrival, site: Site, now_ms: int) -> Event | Refusal:
    if "bot" in arrival.agent:
        return Refusal(Reason.BOT)
    event = decide_by_name(arrival, site, now_ms)
    assert isinstance(event, Event)
    return event


class Visit:
    """One installation that is asked several times: `ask` sends a request, `press` a form of the page."""

    def __init__(
        self,
        rights: Rehearsal | None = None,
        *,
        base_url: str = "",
        audit: str | None = None,
        now: float = NOW,
    ) -> None:
        self.rights = rights
        self.pages = Pages(
            sites=Town(*SITES),
            distill=mirrored,
            proxies=Proxies([]),
            secret=SECRET,
            base_url=base_url,
            rights=rights,
            has_consents=True,
            last_audit=lambda: audit,
            now=lambda: now,
        )
        self.app = Router(self.pages.routes())

    def ask(
        self,
        method: str = "GET",
        path: str = "/privacy",
        host: str = "shop.example",
        *,
        scheme: str = "https",
        peer: str = "203.0.113.9",
        headers: Mapping[str, str] = {},
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(peer, 1))
            async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{host}") as client:
                return await client.request(method, path, headers=dict(headers), data=data, content=content)

        return asyncio.run(ask())

    def press(
        self, act: str, path: str = "/privacy/records", headers: Mapping[str, str] = {}, **fields: str
    ) -> httpx.Response:
        """Press a button of a page that is open for a moment."""
        options = {name: fields.pop(name) for name in ("host_asked", "peer") if name in fields}
        named = {"host": options["host_asked"]} if "host_asked" in options else {}
        if "peer" in options:
            named["peer"] = options["peer"]
        form = {"token": make_token(SECRET, NOW), **({"act": act} if act else {}), **fields}
        return self.ask("POST", path, headers={**SAME, **headers}, data=form, **named)

    def follow(self, answer: httpx.Response, headers: Mapping[str, str] = {}) -> httpx.Response:
        """Go where a redirect leads."""
        assert answer.status_code == 303, answer.text
        return self.ask(path=answer.headers["location"].removeprefix(".."), headers=headers)


def text_of(answer: httpx.Response) -> str:
    """What a reader sees."""
    shown = re.sub(r"<(style|svg|title).*?</\1>|<[^>]*>", " ", answer.text, flags=re.DOTALL)
    return flat(html.unescape(shown))


def flat(text: str) -> str:
    return " ".join(text.split())
