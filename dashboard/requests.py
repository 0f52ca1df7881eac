"""Requests of visitors as a page: `/sites/{host}/requests`, each with its days, its steps and its letters.

In: a request; who asks must answer for rights on the site. Out: what is open, the one due first at the top, and what
was closed lately; a letter as text to copy, in the visitor's language; or a step taken: extended with a reason, or
closed with an outcome. What a visitor wrote is shown while his request is open and is blanked when it is closed. The
rules are the registry's (requests.py, letters.py); every look and step is noted (looking.py), without what was written.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dashboard import words
from dashboard.access import need_person, need_site
from dashboard.controls import Choice
from dashboard.errors import BadQuestion, NotHere
from dashboard.forms import number_of, read_form
from dashboard.looking import tell
from dashboard.pages import render
from dashboard.signin import go
from dashboard.sites import base_of, frame_at
from dashboard.tools import tools_of
from registry import requests as queue
from registry.errors import Denied
from registry.letters import LANGUAGES, LETTERS, letter_of
from registry.site import Site

SHOWN_CLOSED = 20
SOON_PERCENT = 80


class Row(msgspec.Struct, frozen=True):
    """One request as the page says it."""

    id: int
    kind: str
    ref: str
    received: str
    due: str
    left: str
    """How long there is; empty when it is closed."""
    mood: str
    """`bad`: overdue, `soon`: nearly, or nothing."""
    channel: str
    message: str
    reply_to: str
    reason: str
    may_extend: bool
    outcome: str
    closed: str


async def get_requests(request: Request) -> Response:
    """`GET /sites/{host}/requests`; with `?letter=` and `?id=`, a letter in `?lang=` stands above the list."""
    person = await need_person(request)
    site = await need_site(request, person, "rights")
    requests = tools_of(request).registry.requests
    opened, closed = await asyncio.gather(
        asyncio.to_thread(requests.list, site.id), asyncio.to_thread(requests.list, site.id, closed=True)
    )
    tell(request, rows=len(opened))
    latest = sorted(closed, key=lambda one: one.closed_at or one.received_at, reverse=True)[:SHOWN_CLOSED]
    now, zone = tools_of(request).now(), ZoneInfo(site.timezone)
    return render(
        request,
        "requests.html",
        frame=await frame_at(request, person, site, "requests"),
        rows=[row_of(one, now, zone) for one in opened],
        closed=[row_of(one, now, zone) for one in latest],
        letter=await letter_at(request, site),
        letters=LETTERS,
        languages=[Choice(words.say(f"requests.lang.{language}"), language) for language in LANGUAGES],
        outcomes=("done", "refused", "withdrawn"),
        here=f"{base_of(request)}/sites/{site.host}/requests",
        saved="saved" in request.query_params,
        most=queue.MAX_REASON,
    )


async def post_requests(request: Request) -> Response:
    """`POST /sites/{host}/requests`: `do` is `extend` (with `reason`) or `close` (with `outcome`)."""
    person = await need_person(request)
    site = await need_site(request, person, "rights")
    form = await read_form(request)
    try:
        one = await find(request, site, form.get("id", ""))
    except NotHere:
        return go(request, f"/sites/{site.host}/requests")  # somebody else was quicker: the list says how it is
    requests, do = tools_of(request).registry.requests, form.get("do", "")
    by = person.email or "the demo"
    try:
        if do == "extend":
            await asyncio.to_thread(requests.extend, one.id, form.get("reason", ""), by=by)
        elif do == "close":
            await asyncio.to_thread(requests.close, one.id, form.get("outcome", ""), by=by)
        else:
            raise BadQuestion("A step is to extend or to close.")
    except Denied as error:
        raise BadQuestion(str(error)) from None
    tell(request, action="request step", object=f"request {one.id}", params=do)
    return go(request, f"/sites/{site.host}/requests?saved")


async def find(request: Request, site: Site, number: str) -> queue.Request:
    """Return a request of this very site; another site's is not there."""
    nothing = NotHere("There is no such request on this site.")
    try:
        one = await asyncio.to_thread(tools_of(request).registry.requests.get, number_of(number))
    except Denied:
        raise nothing from None
    if one.site_id != site.id:
        raise nothing
    return one


async def letter_at(request: Request, site: Site) -> tuple[str, str] | None:
    """Write the letter that the address names: its name and its text."""
    asked = request.query_params
    if "letter" not in asked:
        return None
    one = await find(request, site, asked.get("id", ""))
    try:
        today = tools_of(request).now().astimezone(ZoneInfo(site.timezone)).date()
        text = letter_of(one, site, asked["letter"], asked.get("lang", LANGUAGES[0]), today)
    except Denied as error:
        raise BadQuestion(str(error)) from None
    tell(request, object=f"request {one.id}", params=f"letter {asked['letter']}")
    return words.say(f"requests.letter.{asked['letter']}"), text


def row_of(one: queue.Request, now: datetime, zone: ZoneInfo) -> Row:
    """Say a request."""
    days = (one.answer_by - now).days
    late, soon = one.is_overdue(now), one.used(now) >= SOON_PERCENT
    return Row(
        id=one.id,
        kind=words.say(f"requests.kind.{one.kind}"),
        ref=one.ref,
        received=words.day(one.received_at.astimezone(zone).date()),
        due=words.day(one.answer_by.astimezone(zone).date()),
        left="" if one.status == "closed" else words.say("requests.late") if late else told_left(days),
        mood="bad" if late else "soon" if soon else "",
        channel=words.say("requests.forwarded") if one.channel == "operator" else "",
        message=one.message,
        reply_to=one.reply_to,
        reason=one.reason,
        may_extend=one.extended_to is None and one.due_at > now,
        outcome=words.say(f"requests.outcome.{one.outcome}") if one.outcome else "",
        closed=words.day(one.closed_at.astimezone(zone).date()) if one.closed_at else "",
    )


def told_left(days: int) -> str:
    return words.count_of("requests.left", days)
