"""Acting: what a visitor does about records, and what he asks a person for.

In: forms of our page: `POST /privacy/records` (erase or restrict today, begin and end showing, see, take along, erase
what is shown), `POST /privacy/ask` (a request or complaint in words), `GET /privacy/receipt` (a receipt as a file).
Out: redirects to the page, records to whoever holds their cookie, receipts.
Invariants: every action needs proof that it was pressed on our page; a blind one is answered alike whatever there was;
records are shown by a cookie and never by address and browser; at most five protective actions an hour for an address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clickhouse.faults import StoreError
from collector import log
from collector.cookies import showing_cookie
from collector.privacy.forms import Form, read_form, was_pressed_here
from collector.privacy.receipt import document, unseal
from collector.privacy.records import as_csv, as_json
from collector.privacy.say import KINDS, Rights
from collector.privacy.screen import HEADERS, Asked, Screen, Shown
from collector.rate import Rate
from collector.spool import SpoolError
from registry.errors import NotAllowed, RegistryError
from registry.hosts import site_host
from registry.requests import MAX_MESSAGE, MAX_REPLY_TO
from registry.site import Site

ACTIONS_AN_HOUR = 5
LOOKS_AN_HOUR = 60
"""Beginning, ending and looking at what is shown: enough for everybody behind one address, too little for a flood."""
HOUR_SECONDS = 3600
MAX_ASK_BYTES = 32_768
Act = Callable[[Asked, Site], Awaitable[Response]]


class Acts:
    """The routes. Each act is one method; `_acts` says by which button it is asked for."""

    def __init__(self, screen: Screen, rights: Rights, rate: Rate | None = None) -> None:
        self._screen = screen
        self._rights = rights
        self._rate = rate or Rate(ACTIONS_AN_HOUR, window_seconds=HOUR_SECONDS)
        self._looks = Rate(LOOKS_AN_HOUR, window_seconds=HOUR_SECONDS)
        self._acts: Mapping[str, Act] = {
            "erase": self._erase,
            "restrict": self._restrict,
            "correct": self._correct,
            "show": self._show,
            "end": self._end,
            "see": self._holding(self._see),
            "json": self._holding(self._json),
            "csv": self._holding(self._csv),
            "erase_shown": self._holding(self._erase_shown),
        }
        self._protective = frozenset(("erase", "restrict", "correct", "erase_shown"))

    def routes(self) -> list[Route]:
        return [
            Route("/privacy/records", self.records, methods=["POST"]),
            Route("/privacy/ask", self.ask, methods=["POST"]),
            Route("/privacy/receipt", self.receipt),
        ]

    async def records(self, request: Request) -> Response:
        """`POST /privacy/records`: `act` names the button."""
        form = await read_form(request)
        asked = self._screen.asked(request, form.get("lang", ""))
        act = self._acts.get(form.get("act", ""))
        if act is None or asked.site is None:
            return self._again(asked, "repeat", 400)
        if not self._was_pressed(asked, form):
            return self._again(asked, "repeat", 403)
        rate = self._rate if form["act"] in self._protective else self._looks
        if seconds := rate.wait_seconds(asked.sender.address):
            return self._too_often(asked, seconds)
        return await self._try(asked, act(asked, asked.site))

    async def ask(self, request: Request) -> Response:
        """`POST /privacy/ask`: what was typed is shown again when something is amiss."""
        form = await read_form(request, MAX_ASK_BYTES)
        asked = self._screen.asked(request, form.get("lang", ""))
        if not form:
            return self._again(asked, "too_long", 413)
        if not self._was_pressed(asked, form):
            return self._again(asked, "repeat", 403, form)
        site = asked.site or _site_named(form.get("host", ""), self._screen)
        message, reply_to = form.get("message", "").strip(), form.get("reply_to", "").strip()
        fault = _fault_of(site, form.get("kind", ""), message, reply_to)
        if fault or site is None:
            return self._again(asked, fault, 400, form)
        if seconds := self._rate.wait_seconds(asked.sender.address):
            return self._too_often(asked, seconds, form)
        return await self._try(asked, self._ask(asked, site, form["kind"], message, reply_to), form)

    async def receipt(self, request: Request) -> Response:
        """`GET /privacy/receipt`: the receipt in the address, as a file."""
        found = unseal(request.query_params.get("receipt", ""), self._screen.secret)
        if found is None:
            return self._again(self._screen.asked(request), "repeat", 404)
        name = "".join(letter for letter in found.ref if letter.isalnum())[:40]
        return _file(document(found), "application/json", f"footfall-receipt-{name}.json")

    # The acts

    async def _erase(self, asked: Asked, site: Site) -> Response:
        return self._screen.back(asked, "erased", receipt=await self._rights.erase_today(site, asked.sender))

    async def _restrict(self, asked: Asked, site: Site) -> Response:
        return self._screen.back(asked, "restricted", receipt=await self._rights.restrict_today(site, asked.sender))

    async def _correct(self, asked: Asked, site: Site) -> Response:
        return self._screen.back(asked, "corrected", receipt=await self._rights.correct_today(site, asked.sender))

    async def _show(self, asked: Asked, site: Site) -> Response:
        value = asked.showing or await self._rights.begin_showing(site)
        return self._screen.back(asked, "showing", [showing_cookie(value, secure=asked.secure)])

    async def _end(self, asked: Asked, site: Site) -> Response:
        if asked.showing:
            await self._rights.end_showing(site, asked.showing)
        return self._screen.back(asked, "hidden", [showing_cookie("", secure=asked.secure)])

    async def _see(self, asked: Asked, site: Site, cookie: str) -> Response:
        shown = Shown(records=await self._rights.recorded(site, cookie))
        return self._screen.page(asked, shown, is_below=True)

    async def _json(self, _asked: Asked, site: Site, cookie: str) -> Response:
        return _file(as_json(await self._rights.recorded(site, cookie)), "application/json", "my-records.json")

    async def _csv(self, _asked: Asked, site: Site, cookie: str) -> Response:
        return _file(as_csv(await self._rights.recorded(site, cookie)), "text/csv", "my-records.csv")

    async def _erase_shown(self, asked: Asked, site: Site, cookie: str) -> Response:
        return self._screen.back(asked, "erased_shown", receipt=await self._rights.erase_shown(site, cookie))

    async def _ask(self, asked: Asked, site: Site, kind: str, message: str, reply_to: str) -> Response:
        forwarded = asked.site is None
        receipt = await self._rights.ask(site, kind, message, reply_to, forwarded=forwarded)
        return self._screen.back(asked, "asked", receipt=receipt)

    # Around them

    def _holding(self, act: Callable[[Asked, Site, str], Awaitable[Response]]) -> Act:
        """Do it for whoever holds a cookie: the show-me cookie, else the one he agreed to."""

        async def for_holder(asked: Asked, site: Site) -> Response:
            cookie = asked.showing or asked.sender.signals.vid_cookie
            return await act(asked, site, cookie) if cookie else self._again(asked, "cookieless", 403)

        return for_holder

    def _was_pressed(self, asked: Asked, form: Form) -> bool:
        return was_pressed_here(asked.head, form, self._screen.secret, self._screen.now())

    async def _try(self, asked: Asked, work: Awaitable[Response], typed: Form | None = None) -> Response:
        """Do it; where nothing can be written down, say so: nothing was done then."""
        try:
            return await work
        except (SpoolError, RegistryError, StoreError) as error:
            log.report(error)
            return self._again(asked, "away", 503, typed)

    def _too_often(self, asked: Asked, seconds: int, typed: Form | None = None) -> Response:
        response = self._again(asked, "often", 429, typed)
        response.headers["retry-after"] = str(seconds)
        return response

    def _again(self, asked: Asked, message: str, status: int, typed: Form | None = None) -> Response:
        return self._screen.page(asked, Shown(message=message, typed=typed or {}), status, is_below=True)


def _site_named(typed: str, screen: Screen) -> Site | None:
    """Return the site a visitor means, by its host; one that is not ours has no number, and the answer is the same."""
    host = typed.strip().lower().partition("://")[2] or typed.strip().lower()
    try:
        named = site_host(host.partition("/")[0])
    except NotAllowed:
        return None
    if "." not in named:
        return None
    return screen.sites.by_host(named) or Site(id=0, host=named)


def _fault_of(site: Site | None, kind: str, message: str, reply_to: str) -> str:
    """Name what is amiss with a request, by its message; nothing: it is fine."""
    if site is None:
        return "elsewhere"
    if kind not in KINDS or not message:
        return "unwritten"
    return "too_long" if len(message) > MAX_MESSAGE or len(reply_to) > MAX_REPLY_TO else ""


def _file(body: bytes, kind: str, name: str) -> Response:
    headers = {key: HEADERS[key] for key in ("cache-control", "vary", "referrer-policy", "x-content-type-options")}
    told = f'attachment; filename="{name}"'
    return Response(body, 200, {**headers, "content-disposition": told}, media_type=kind)
