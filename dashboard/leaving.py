"""Leaving: taking a site's events along, and removing the site.

In: a reason and some days, for the file of single events; the site's host as typed, and a code where the person has a
second factor, for the removal. Out: NDJSON or CSV, slice by slice, never held whole; a site that is frozen for seven
days, or brought back; where there are more owners, only after a second one said so too (second_owner.py). Single
events go to owners and data protection officers alone, with the reason they gave, which stands among who looked.
Deleting itself is no work of a page: it follows by the calendar, or from the command line.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from clickhouse.days import second_of
from clickhouse.slices import Kept, Slice, kept_tables, read_slice, slices_of
from dashboard.access import need_person, need_site
from dashboard.errors import BadQuestion
from dashboard.export import attachment
from dashboard.forms import read_form
from dashboard.looking import tell
from dashboard.pages import render
from dashboard.people import Person
from dashboard.second_owner import may_begin, other_owners, wish_of
from dashboard.signin import go
from dashboard.sites import base_of, frame_at
from dashboard.tools import Tools, tools_of
from dashboard.words import say
from registry.errors import Denied
from registry.site import Site

KINDS: Mapping[str, tuple[str, str, str]] = {
    "ndjson": ("JSONEachRow", "JSONEachRow", "application/x-ndjson"),
    "csv": ("CSVWithNames", "CSV", "text/csv; charset=utf-8"),
}
"""Format of the first slice, of the others, and the media type."""
LEAST_REASON, MOST_REASON = 5, 300


# --- taking along ---------------------------------------------------------------------------------------------------


async def show_export(
    request: Request, person: Person, site: Site, status: int = 200, *, error: str = "", typed: Mapping[str, str] = {}
) -> Response:
    return render(
        request,
        "export.html",
        status,
        frame=await frame_at(request, person, site, "export"),
        action=f"{base_of(request)}/sites/{site.host}/export",
        host=site.host,
        may_take=person.may("take", site),
        error=error,
        typed=typed,
    )


async def get_export(request: Request) -> Response:
    """`GET /sites/{host}/export`."""
    person = await need_person(request)
    return await show_export(request, person, await need_site(request, person, "export"))


async def post_export(request: Request) -> Response:
    """`POST /sites/{host}/export`: the file, after a reason."""
    person = await need_person(request)
    site = await need_site(request, person, "take")
    form = await read_form(request)
    reason = " ".join(form.get("reason", "").split())
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        return await show_export(request, person, site, 400, error=say("export.no_reason"), typed=form)
    kind = form.get("kind", "ndjson")
    if kind not in KINDS:
        raise BadQuestion("There is no such format.")
    since, until = read_day(form.get("from", "")), read_day(form.get("to", ""))
    kept, parts = await asyncio.to_thread(choose, tools_of(request), site, since, until)
    rows = sum(part.rows for part in parts)
    tell(request, action="export", object=f"single events ({kind})", rows=rows, purpose=reason)
    name = f"{site.host}-events.{kind}"
    return StreamingResponse(
        lines_of(tools_of(request), kept, parts, kind), headers=attachment(name), media_type=KINDS[kind][2]
    )


def read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadQuestion("A day is written as 2026-03-04.") from None


def choose(tools: Tools, site: Site, since: date | None, until: date | None) -> tuple[Kept, Sequence[Slice]]:
    """Find the slices of some days (UTC, the last one included)."""
    (kept,) = (each for each in kept_tables(tools.store) if each.table == "events")
    first = second_of(since, "UTC") if since else 0
    end = second_of(until + timedelta(days=1), "UTC") if until else int(tools.now().timestamp()) + 1
    found = slices_of(tools.store, kept, site.id, end)
    return kept, [msgspec.structs.replace(part, since=max(part.since, first)) for part in found if part.until > first]


async def lines_of(tools: Tools, kept: Kept, parts: Sequence[Slice], kind: str) -> AsyncIterator[bytes]:
    """Read slice after slice, as fast as the browser takes them."""
    for number, part in enumerate(parts):
        yield await asyncio.to_thread(read_slice, tools.store, kept, part, KINDS[kind][min(number, 1)])


# --- removing -------------------------------------------------------------------------------------------------------


async def show_removal(request: Request, person: Person, site: Site, status: int = 200, *, error: str = "") -> Response:
    tools = tools_of(request)
    holds = await asyncio.to_thread(tools.registry.holds.list, site.id, active=True)
    wish = await asyncio.to_thread(wish_of, tools.registry, site)
    return render(
        request,
        "remove.html",
        status,
        frame=await frame_at(request, person, site, "settings"),
        action=f"{base_of(request)}/sites/{site.host}/remove",
        export=f"{base_of(request)}/sites/{site.host}/export",
        site=site,
        needs_code=await asyncio.to_thread(_has_factor, tools, person),
        holds=holds,
        others=[] if person.is_guest else await asyncio.to_thread(other_owners, tools.registry, person, site),
        wish=wish,
        is_mine=wish is not None and wish.asked_by == person.email,
        error=error,
        until=f"{site.frozen_until:%Y-%m-%d %H:%M} UTC" if site.frozen_until else "",
    )


async def get_removal(request: Request) -> Response:
    """`GET /sites/{host}/remove`."""
    person = await need_person(request)
    return await show_removal(request, person, await need_site(request, person, "remove"))


async def post_removal(request: Request) -> Response:
    """`POST /sites/{host}/remove`: `do=freeze` with the host typed (and a code), `do=restore` or `do=withdraw`."""
    person = await need_person(request)
    site = await need_site(request, person, "remove")
    form = await read_form(request)
    tools, does_freeze = tools_of(request), form.get("do") == "freeze"
    error = await asyncio.to_thread(_obstacle, tools, person, site, form) if does_freeze else ""
    done = ""
    if not error:
        try:
            done = await asyncio.to_thread(_act, tools, person, site, form.get("do", ""))
        except Denied as refusal:
            error = str(refusal)
    if error:
        return await show_removal(request, person, site, 400, error=error)
    tell(request, action="remove" if does_freeze else "restore", object=done)
    return go(request, f"/sites/{site.host}/remove")


def _act(tools: Tools, person: Person, site: Site, act: str) -> str:
    """Do what was asked for, or note that it was; return what was done, for who looks later. Raises Denied."""
    registry = tools.registry
    if act == "withdraw":
        registry.partings.withdraw(site.id)
        return "the wish to remove the site"
    if act != "freeze":
        registry.sites.restore(site.host, by=person.name)
        return "the site"
    if not may_begin(registry, person, site, has_shown_code=_has_factor(tools, person)):
        registry.partings.wish(site.id, by=person.name)
        return "asked for; a second owner has to confirm"
    registry.sites.freeze(site.host, by=person.name)
    return "the site"


def _obstacle(tools: Tools, person: Person, site: Site, form: Mapping[str, str]) -> str:
    """Say what keeps a removal from beginning; empty: nothing."""
    if form.get("host", "").strip().lower() != site.host:
        return say("removal.not_typed", site=site.host)
    if _has_factor(tools, person):
        user = tools.registry.users.get(person.email)
        if not tools.registry.factors.check(user.id, form.get("code", "")):
            return say("removal.wrong_code")
    return ""


def _has_factor(tools: Tools, person: Person) -> bool:
    if person.is_guest:
        return False
    return tools.registry.factors.is_on(tools.registry.users.get(person.email).id)
