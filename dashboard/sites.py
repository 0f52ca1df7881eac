"""The list of sites, and adding one.

In: who is looking. Out: pages about the sites that person may see, each with the daily visitors of the last 30 days.
Adding one leads to the page of its tag (onboarding.py). What somebody sees of several sites at once is noted as a look
at each of them. The frame of every page is put together here too: what waits for an answer stands in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from clickhouse.ask.answer import Answer
from clickhouse.ask.question import Question
from dashboard import words
from dashboard.access import need_person, person_at
from dashboard.asked import waiting_requests
from dashboard.asking import Asker, guard_for
from dashboard.buckets import bucket_labels
from dashboard.charts.spark import sparkline
from dashboard.charts.svg import Markup
from dashboard.controls import Choice
from dashboard.errors import NotAllowed
from dashboard.forms import read_form
from dashboard.frame import Frame, Room, frame_of, title_of
from dashboard.looking import note_overview
from dashboard.pages import render
from dashboard.people import Person
from dashboard.period import Resolved, Span, resolve, today_in
from dashboard.signin import go, show_sign_in
from dashboard.strays import strays_for
from dashboard.tools import Tools, tools_of
from registry.errors import Denied
from registry.presets import PRESETS
from registry.site import Site
from registry.users import Grant

MOST_SITES = 200
MOST_NAMED = 5
"""New properties that a notice calls by name."""
"""Asked about at once; a longer list shows these, by host."""
SPAN = Span("30d")


class SiteRow(msgspec.Struct, frozen=True):
    """One site of the list."""

    host: str
    title: str
    href: str
    is_frozen: bool
    visitors: str
    """Empty where nothing was counted in these days."""
    spark: Markup


def base_of(request: Request) -> str:
    base: str = request.scope.get("root_path", "")
    return base


async def sites_for(tools: Tools, person: Person) -> list[Site]:
    """List the sites a person may see, by host."""
    every = await asyncio.to_thread(tools.registry.sites.list)
    return [site for site in every if person.role_at(site) is not None and site.state != "deleting"]


async def frame_at(request: Request, person: Person, site: Site | None = None, room: Room = "report") -> Frame:
    sites = await sites_for(tools_of(request), person)
    frame = frame_of(base_of(request), person, sites, site, room)
    if site is None:
        return frame
    asked = await waiting_requests(request, site) if person.may("rights", site) and room != "requests" else ()
    notices = (*frozen_notice(request, person, site), *asked, *await new_props(request, person, site, room))
    frame = msgspec.structs.replace(frame, notices=notices)
    return await with_support(request, frame, person, site)


def frozen_notice(request: Request, person: Person, site: Site) -> tuple[Choice, ...]:
    """Tell on every page of a frozen site until when it can be brought back."""
    if site.state != "frozen" or site.frozen_until is None or not person.may("remove", site):
        return ()
    told = words.say("removal.notice", until=f"{site.frozen_until:%Y-%m-%d %H:%M} UTC")
    return (Choice(told, f"{frame_root(request, site)}/remove", note=words.say("removal.notice_do")),)


async def new_props(request: Request, person: Person, site: Site, room: Room) -> tuple[Choice, ...]:
    """Tell whoever may decide on them that there are properties nobody has said anything about."""
    if room not in ("report", "settings") or not person.may("configure", site):
        return ()
    waiting = await asyncio.to_thread(tools_of(request).registry.props.waiting, site.host)
    if not waiting:
        return ()
    keys = ", ".join(one.key for one in waiting[:MOST_NAMED]) + (
        words.say("leaks.and_others") if len(waiting) > MOST_NAMED else ""
    )
    told = words.count_of("leaks.notice", len(waiting), keys=keys)
    return (Choice(told, f"{frame_root(request, site)}/leaks#props", note=words.say("leaks.notice_do")),)


async def with_support(request: Request, frame: Frame, person: Person, site: Site) -> Frame:
    """Add who is let in as support now: whoever answers for the site reads it on every page, and so does support."""
    mine = person.grant_at(site)
    if mine is not None and mine.role == "support":
        until = said_until(mine)
        return msgspec.structs.replace(frame, support=(words.say("support.you", until=until, reason=mine.reason),))
    if not person.may("people", site):
        return frame
    found = await asyncio.to_thread(tools_of(request).registry.users.at_site, site.id)
    support = tuple(
        words.say("support.here", who=email, until=said_until(grant), reason=grant.reason)
        for email, grant in found
        if grant.role == "support"
    )
    return msgspec.structs.replace(frame, support=support, support_page=f"{frame_root(request, site)}/people")


def frame_root(request: Request, site: Site) -> str:
    return f"{base_of(request)}/sites/{site.host}"


def said_until(grant: Grant) -> str:
    return grant.expires_at.strftime("%Y-%m-%d %H:%M UTC") if grant.expires_at else ""


# --- the list ------------------------------------------------------------------------------------------------------


def resolved_for(site: Site, tools: Tools) -> Resolved:
    zone, now = ZoneInfo(site.timezone), tools.now()
    return resolve(SPAN, zone, now, oldest=today_in(zone, now))


def visitors_question(site: Site, resolved: Resolved, *, by_day: bool) -> Question:
    """Daily visitors of a site: their sum, or day by day."""
    dimensions = ("time:day",) if by_day else ()
    return Question(
        site_id=site.id, timezone=site.timezone, metrics=("visitors",), period=resolved.period, dimensions=dimensions
    )


async def ask_about(site: Site, person: Person, tools: Tools) -> Sequence[Answer]:
    resolved = resolved_for(site, tools)
    ask = Asker(tools.store, guard_for(person, site))
    return await ask([visitors_question(site, resolved, by_day=by_day) for by_day in (False, True)])


def row_of(site: Site, base: str, resolved: Resolved, answers: Sequence[Answer]) -> SiteRow:
    total, days = answers
    number = total.rows[0].metrics[0] if total.rows else 0
    by_day = {row.dimensions[0]: row.metrics[0] for row in days.rows}
    labels = bucket_labels(resolved.period, "day", ZoneInfo(site.timezone))
    return SiteRow(
        host=site.host,
        title=title_of(site),
        href=f"{base}/sites/{site.host}",
        is_frozen=site.state == "frozen",
        visitors=words.said(number, "count") if number != 0 else "",
        spark=sparkline([by_day.get(label, 0) for label in labels]),
    )


async def get_sites(request: Request) -> Response:
    """`GET /`: the list, or the sign-in form."""
    person = await person_at(request)
    if person is None:
        return await show_sign_in(request)
    tools, base = tools_of(request), base_of(request)
    sites = await sites_for(tools, person)
    shown = sites[:MOST_SITES]
    answers = await asyncio.gather(*(ask_about(site, person, tools) for site in shown))
    rows = [row_of(site, base, resolved_for(site, tools), got) for site, got in zip(shown, answers, strict=True)]
    await note_overview(request, person, shown)
    strays = await strays_for(person, tools.store, tools.now().date())
    return render(request, "sites.html", frame=frame_of(base, person, sites), rows=rows,
                  may_add=person.may("add_site"), strays=strays)  # fmt: skip


# --- a new site ----------------------------------------------------------------------------------------------------


async def need_adder(request: Request) -> Person:
    person = await need_person(request)
    if not person.may("add_site"):
        raise NotAllowed("Only an owner of all sites can add one.")
    return person


async def show_form(request: Request, person: Person, status: int = 200, *, error: str = "", **values: str) -> Response:
    given = {"host": "", "timezone": "", "preset": "standard", **values}
    frame = await frame_at(request, person)
    return render(request, "site_new.html", status, frame=frame, values=given, error=error, presets=list(PRESETS))


async def get_new_site(request: Request) -> Response:
    """`GET /sites/new`."""
    return await show_form(request, await need_adder(request))


async def post_new_site(request: Request) -> Response:
    """`POST /sites/new`."""
    person = await need_adder(request)
    tools = tools_of(request)
    form = await read_form(request)
    settings = {key: form[key] for key in ("timezone", "preset") if form.get(key)}
    host = form.get("host", "")
    by = person.email or "the demo"
    try:
        site = await asyncio.to_thread(lambda: tools.registry.sites.add(host, by=by, **settings))
    except Denied as error:
        return await show_form(request, person, 400, error=str(error), host=host, **settings)
    return go(request, f"/sites/{site.host}/tag")
