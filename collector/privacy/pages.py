"""The visitor's pages over HTTP: `/privacy`, the choice, its healing, and `/.well-known/gpc.json`.

In: requests of visitors. Out: one page, and redirects that set the choice's cookie; what a visitor does about records
is acting.py's, what he agrees to is consenting.py's. Declining is believed from anywhere, allowing again only from our
own page. What a visitor may see of himself is decided in state.py and mirror.py; the words are in texts/.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clickhouse.rows import Event, Refusal
from collector.address import Proxies
from collector.arrival import Arrival
from collector.cookies import IN_AGAIN, OUT, choice_cookie, has_stale_vid, no_vid_cookie, wants_secure
from collector.privacy.acting import Acts
from collector.privacy.forms import read_form, was_pressed_here
from collector.privacy.here import Sites
from collector.privacy.receipt import unseal
from collector.privacy.say import Receipt, Rights
from collector.privacy.screen import Asked, Screen, Shown
from collector.privacy.texts import CATALOGUES
from collector.sender import read_head
from registry.site import Site

STYLE = Path(__file__).parent / "static" / "privacy.css"
GPC_SINCE = datetime.date(2026, 11, 22)
"""`lastUpdate` of gpc.json: when our treatment of the signal last changed."""
_WITH_RECEIPT = frozenset(("erased", "restricted", "corrected", "erased_shown", "asked"))
_PROOF = re.compile(r"[0-9a-f-]{32,36}")


class Pages:
    """The routes of the visitor. `distill` here uses throw-away keys: it is for the mirror only.

    `credit`: whom the source of the country shown has to name, as (text, link). `rights`: the machinery; without it the
    page offers nothing about records. `has_consents`: somebody answers `POST /privacy/consent`. `last_audit`: a line
    about the last self-audit.
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
        rights: Rights | None = None,
        has_consents: bool = False,
        last_audit: Callable[[], str | None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._screen = Screen(
            sites=sites,
            distill=distill,
            proxies=proxies,
            secret=secret,
            base_url=base_url,
            credit=credit,
            last_audit=last_audit,
            has_rights=rights is not None,
            has_consents=has_consents,
            now=now,
        )
        self._acts = Acts(self._screen, rights) if rights is not None else None
        self._base_url = base_url
        self._style = STYLE.read_bytes()

    def routes(self) -> list[Route]:
        return [
            Route("/privacy", self.page),
            Route("/privacy/choice", self.choice, methods=["POST"]),
            Route("/privacy/heal", self.heal, methods=["POST"]),
            Route("/privacy/style.css", self.style),
            Route("/.well-known/gpc.json", self.gpc),
            *(self._acts.routes() if self._acts else ()),
        ]

    async def page(self, request: Request) -> Response:
        """`GET /privacy`."""
        asked = self._screen.asked(request)
        response = self._screen.page(asked, self._shown(request, asked))
        signals = asked.sender.signals
        if signals.optout_cookie:
            response.headers.append("set-cookie", choice_cookie(OUT, secure=asked.secure))
        if has_stale_vid(signals, self._screen.now()):
            response.headers.append("set-cookie", no_vid_cookie(secure=asked.secure))
        return response

    async def choice(self, request: Request) -> Response:
        """`POST /privacy/choice`: declining is believed from anywhere, allowing again only from our own fresh page."""
        form = await read_form(request)
        asked = self._screen.asked(request, form.get("lang", ""))
        choice = form.get("choice", "")
        if choice == "optout":
            return self._screen.back(asked, choice, [choice_cookie(OUT, secure=asked.secure)])
        if choice == "optin" and was_pressed_here(asked.head, form, self._screen.secret, self._screen.now()):
            return self._screen.back(asked, choice, [choice_cookie(IN_AGAIN, secure=asked.secure)])
        status = 403 if choice == "optin" else 400
        return self._screen.page(asked, Shown(message="repeat"), status, is_below=True)

    async def heal(self, request: Request) -> Response:
        """`POST /privacy/heal`: the page's storage says no and the cookie is gone; set it again."""
        head = read_head(request.scope["headers"])
        if head.get(b"sec-fetch-site") == b"cross-site":
            return Response(None, 403, {"cache-control": "no-store"})
        cookie = choice_cookie(OUT, secure=wants_secure(head, self._base_url))
        return Response(None, 204, {"cache-control": "no-store", "set-cookie": cookie})

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

    def show_receipt(self, request: Request, receipt: Receipt) -> Response:
        """Lead back from a withdrawal that also erased, with the receipt of that."""
        return self._screen.back(self._screen.asked(request), "withdrawn", receipt=receipt)

    def _shown(self, request: Request, asked: Asked) -> Shown:
        """Read from the address what has just been done, and believe of it what is still true."""
        query = request.query_params
        done = query.get("done", "")
        receipt = unseal(query.get("receipt", ""), self._screen.secret)
        if done in _WITH_RECEIPT:
            if receipt is None or _is_from_elsewhere(asked):
                return Shown()
            # Where a legal hold applies, what should be erased is set aside, and the receipt says so.
            is_held = done in ("erased", "erased_shown") and receipt.kind == "restrict"
            return Shown(message=done, more=("held",) if is_held else (), receipt=receipt)
        proof = query.get("proof", "")
        proof = proof if _PROOF.fullmatch(proof) else ""
        message, *more = done_of(done, asked)
        return Shown(
            message=message,
            more=tuple(more),
            receipt=receipt if message == "withdrawn" else None,
            proof=proof if message in ("granted", "denied", "withdrawn") else "",
            cookies_off=message.startswith("blocked_"),
        )


def done_of(done: str, asked: Asked) -> tuple[str, ...]:
    """Name the sentences that say what came of a choice; a link from elsewhere can make none of them untrue."""
    signals, site = asked.sender.signals, asked.policy
    came_true = {
        "optout": signals.optout_cookie,
        "optin": not signals.optout_cookie,
        "granted": signals.consent.startswith("granted"),
        "denied": signals.consent == "denied",
        "withdrawn": not signals.consent.startswith("granted"),
        "showing": asked.showing != "",
        "hidden": asked.showing == "",
        "repeat": True,
        "away": True,
    }
    if came_true.get(done):
        return (done,)
    # A cookie that we have just set did not come back. Who follows a link from elsewhere was not here before.
    if done not in ("optout", "granted", "denied", "showing") or _is_from_elsewhere(asked):
        return ("",)
    if done == "showing":
        return ("cookieless",)
    if done != "optout":
        return ("blocked_consent",)
    blocked = f"blocked_{site.cookies_disabled}"
    return (blocked, "blocked_pixel") if site.pixel == "count" else (blocked,)


def _is_from_elsewhere(asked: Asked) -> bool:
    """Say whether a link of another site led here."""
    return asked.head.get(b"sec-fetch-site") == b"cross-site"


def consent_text(site: Site) -> str:
    """Return what the consent form says, in every language, for the proof of what somebody agreed to."""
    name = "only" if site.mode == "consent_only" else "hybrid"
    forms = (texts.says["consent"] for texts in CATALOGUES.values())
    return "\n\n".join("\n".join((says["title"], says[name], says["agree"], says["refuse"])) for says in forms)
