"""Consenting: `POST /privacy/consent`, by which a visitor agrees, refuses, or takes a consent back.

In: a form of our own page (`consent=granted|denied|withdrawn`; `erase=on` to have the past erased too, `stop=on` to
opt out besides; `token` for a grant and for erasing), or the snippet's fetch (JSON as text/plain: `consent`, and
`text`, what the site's banner said, of which the hash is kept). Out: a line in the consent log and the cookies; for a
form a redirect to `../privacy?done=`granted, denied, withdrawn (each with `&proof=`the log's number), `repeat` (not
pressed on our page) or `away` (nothing could be written down, so nothing was agreed); for a fetch 204.
Invariants: nobody is known again without a line in the log, and never while opted out; the visitor's number is set
once and never renewed; a no is obeyed even where the log is away, and needs no proof of who pressed; erasing does.
It draws nothing: pages.py has the form, texts.py the words, `text` must return what the form shows.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import Literal, Protocol
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from collector import log
from collector.answer import peer_of
from collector.arrival import Signals
from collector.cookies import (
    OUT,
    choice_cookie,
    consent_cookie,
    no_consent_cookie,
    no_vid_cookie,
    vid_cookie,
    wants_secure,
)
from collector.privacy.forms import is_same_origin, read_form, read_small, was_pressed_here
from collector.privacy.here import Sites, host_seen
from collector.privacy.say import Receipt, Rights
from collector.sender import Head, read_head, signals_of
from collector.spool import SpoolError
from collector.tag import NOTICE_VERSION
from collector.vid import is_fresh, new_vid
from registry.consents import Action, Proof, Ui
from registry.errors import RegistryError
from registry.site import CONSENT_MODES, Site

MAX_BODY_BYTES = 16_384
_NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer", "vary": "Cookie, Sec-GPC, DNT"}


class Log(Protocol):
    """The registry's consent log; it blocks, and raises a RegistryError when it is away."""

    def note(
        self, site_id: int, action: Action, *, policy_version: str, text_sha256: str, ui: Ui, signals: str
    ) -> Proof: ...


class Said(msgspec.Struct, frozen=True):
    """What a request says, by either way."""

    consent: Literal["granted", "denied", "withdrawn"]
    text: str = ""
    erase: bool = False
    stop: bool = False


_DECODER = msgspec.json.Decoder(Said)


class Consenting:
    """The route. `admit` limits who asks too often: it returns the address and the seconds to wait.

    `show_receipt` draws the page after an erasure; without `rights` and it, `erase` is not offered and does nothing.
    """

    def __init__(
        self,
        *,
        sites: Sites,
        consents: Log,
        secret: bytes,
        admit: Callable[[Head, str], tuple[str, int]],
        version: Callable[[Site], str] = lambda _site: str(NOTICE_VERSION),
        text: Callable[[Site], str] = lambda _site: "",
        rights: Rights | None = None,
        show_receipt: Callable[[Request, Receipt], Response] | None = None,
        base_url: str = "",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._sites = sites
        self._consents = consents
        self._secret = secret
        self._admit = admit
        self._version = version
        self._text = text
        self._rights = rights
        self._show_receipt = show_receipt
        self._base_url = base_url
        self._now = now

    def routes(self) -> list[Route]:
        return [Route("/privacy/consent", self.consent, methods=["POST"])]

    async def consent(self, request: Request) -> Response:
        """`POST /privacy/consent`."""
        head = read_head(request.scope["headers"])
        _, seconds = self._admit(head, peer_of(request.scope))
        if seconds:
            return Response("Too often.\n", 429, {**_NO_STORE, "retry-after": str(seconds)}, "text/plain")
        site = self._sites.by_host(host_seen(head, self._sites, self._base_url))
        if site is None:
            return Response("No site of this name is counted here.\n", 404, _NO_STORE, "text/plain")
        is_form = head.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded")
        return await (self._by_form if is_form else self._by_script)(request, head, site)

    async def _by_form(self, request: Request, head: Head, site: Site) -> Response:
        form = await read_form(request)
        lang = form.get("lang", request.query_params.get("lang", ""))
        try:
            said = msgspec.convert(
                {"consent": form.get("consent"), "erase": "erase" in form, "stop": "stop" in form}, Said
            )
        except msgspec.ValidationError:
            return _back("repeat", lang)
        was_pressed = was_pressed_here(head, form, self._secret, self._now())
        if said.consent == "granted" and not was_pressed:
            return _back("repeat", lang)
        said = msgspec.structs.replace(said, text=self._text(site))
        try:
            proof = await self._note(site, said, head, "page")
        except RegistryError as error:
            log.report(error)
            if said.consent == "granted":
                return _back("away", lang)
            proof = None
        done = _back(said.consent, lang, proof)
        if said.consent == "withdrawn" and said.erase and was_pressed:
            done = await self._erased(request, head, site) or done
        return self._with_cookies(done, head, site, said)

    async def _by_script(self, request: Request, head: Head, site: Site) -> Response:
        said = await _read(request)
        if said is None:
            return Response('{"consent": "granted"} or "denied".\n', 400, _NO_STORE, "text/plain")
        if not is_same_origin(head):
            return Response("Only from the site itself.\n", 403, _NO_STORE, "text/plain")
        try:
            await self._note(site, said, head, "script")
        except RegistryError as error:
            log.report(error)
            if said.consent == "granted":
                return Response("Cannot write this down now.\n", 503, {**_NO_STORE, "retry-after": "5"}, "text/plain")
        return self._with_cookies(Response(None, 204, _NO_STORE), head, site, said)

    async def _note(self, site: Site, said: Said, head: Head, ui: Ui) -> Proof:
        signals = signals_of(head)
        # Who refuses although he had agreed takes it back, whatever the banner calls it.
        takes_back = said.consent == "denied" and signals.vid_cookie != ""
        return await asyncio.to_thread(
            self._consents.note,
            site.id,
            "withdrawn" if takes_back else said.consent,
            policy_version=self._version(site),
            text_sha256=hashlib.sha256(said.text.encode()).hexdigest() if said.text else "",
            ui=ui,
            signals=",".join(name for name, is_on in (("dnt", signals.dnt), ("gpc", signals.gpc)) if is_on),
        )

    async def _erased(self, request: Request, head: Head, site: Site) -> Response | None:
        cookie = signals_of(head).vid_cookie
        if not cookie or self._rights is None or self._show_receipt is None:
            return None
        try:
            return self._show_receipt(request, await self._rights.erase_shown(site, cookie))
        except (SpoolError, RegistryError) as error:
            log.report(error)
            return None

    def _with_cookies(self, response: Response, head: Head, site: Site, said: Said) -> Response:
        """Write what was decided into the browser."""
        signals, now, secure = signals_of(head), self._now(), wants_secure(head, self._base_url)
        if said.consent == "withdrawn":
            lines = [no_consent_cookie(secure=secure), no_vid_cookie(secure=secure)]
        else:
            aware = signals.gpc or signals.dnt or signals.consent == "granted_gpc"
            version = self._version(site)
            lines = [consent_cookie(said.consent, version, now, despite_signal=aware, secure=secure)]
            if said.consent == "denied":
                lines.append(no_vid_cookie(secure=secure))
            elif may_be_known(site, signals) and not is_fresh(signals.vid_cookie, now):
                lines.append(vid_cookie(new_vid(now), secure=secure))
        if said.stop and said.consent != "granted":
            lines.append(choice_cookie(OUT, secure=secure))
        for line in lines:
            response.headers.append("set-cookie", line)
        return response


def may_be_known(site: Site, signals: Signals) -> bool:
    """Say whether a consent gives a visitor of this site a number that stays."""
    return site.mode in CONSENT_MODES and site.legal_basis != "" and not signals.optout_cookie


def _back(done: str, lang: str, proof: Proof | None = None) -> Response:
    """Lead back to the page, in the language it was in; one step up, since forms post one step down."""
    query = {"done": done, "lang": lang, "proof": proof.id if proof else ""}
    told = urlencode({name: value for name, value in query.items() if value})
    return RedirectResponse(f"../privacy?{told}", 303, _NO_STORE)


async def _read(request: Request) -> Said | None:
    """Read what the snippet says; what is too long or says nothing clear is None."""
    body = await read_small(request, MAX_BODY_BYTES)
    try:
        return None if body is None else _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
