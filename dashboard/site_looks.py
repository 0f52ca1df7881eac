"""Who looked: the chain of looks as the people who answer for a site may read it.

In: a site, a page of the list. Out: who did what when, how they came in, how many rows they got; newest first. That
this page was read is noted like any other read. Whether the chain is whole is checked here on demand, over all of it.
"""

from __future__ import annotations

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dashboard import words
from dashboard.access import need_person, need_site
from dashboard.errors import BadQuestion
from dashboard.looking import tell
from dashboard.pages import render
from dashboard.sites import base_of, frame_at
from dashboard.tools import tools_of
from registry.looks import Look

ROWS = 50


class Line(msgspec.Struct, frozen=True):
    """One look in words."""

    seq: int
    at: str
    iso: str
    who: str
    how: str
    what: str
    where: str
    params: tuple[str, ...]
    rows: str
    purpose: str


def line_of(look: Look) -> Line:
    action = words.say(f"looks.act.{look.action}") if words.knows(f"looks.act.{look.action}") else look.action
    return Line(
        seq=look.seq,
        at=look.at.strftime("%Y-%m-%d %H:%M:%S"),
        iso=look.at.isoformat(timespec="seconds"),
        who=words.say("looks.dropped") if look.is_dropped else look.actor,
        how=" · ".join(filter(None, (look.role, look.auth))),
        what=action,
        where=look.object,
        params=tuple(filter(None, look.params.split("&"))),
        rows="" if look.rows is None else words.exact(look.rows),
        purpose=look.purpose,
    )


def before_in(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadQuestion("`before` is the number of a line.")
    return int(text)


async def get_looks(request: Request) -> Response:
    """`GET /sites/{host}/looks`."""
    person = await need_person(request)
    site = await need_site(request, person, "audit")
    looks, before = tools_of(request).registry.looks, before_in(request.query_params.get("before", ""))
    found = await asyncio.to_thread(looks.of_site, site.id, limit=ROWS + 1, before=before)
    checks = "check" in request.query_params
    broken = await asyncio.to_thread(looks.verify) if checks else None
    shown, here = found[:ROWS], f"{base_of(request)}/sites/{site.host}/looks"
    tell(request, rows=len(shown))
    return render(
        request,
        "looks.html",
        frame=await frame_at(request, person, site, "looks"),
        lines=[line_of(look) for look in shown],
        later=f"{here}?before={shown[-1].seq}" if len(found) > ROWS else "",
        newest=here if before else "",
        check=f"{here}?check",
        checked=checks,
        broken=broken,
        head=await asyncio.to_thread(looks.head),
    )
