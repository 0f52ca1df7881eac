"""The people of a site: who may look, as what, when they last did; letting someone in, and out again.

In: a form with an address and a role. Out: the page again. An admin hands out roles below their own; owners, and only
they, make owners and let support in, for hours and for a reason. Nobody takes their own role away, so a site is never
left without whoever is looking at this page. Grants for every site are the host's: they stand here and change on the
command line. Someone new gets a password to start with, shown once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dashboard import words
from dashboard.access import need_person, need_site
from dashboard.errors import NotAllowed as Forbidden
from dashboard.forms import act_of, read_form
from dashboard.looking import tell
from dashboard.pages import render
from dashboard.people import Person
from dashboard.signin import go
from dashboard.sites import base_of, frame_at
from dashboard.tools import Tools, tools_of
from registry.errors import Denied, NotThere
from registry.site import Site
from registry.users import MOST_SUPPORT_HOURS, Grant, Role, Term, checked_role

UNUSED = timedelta(days=90)
ADMINS_GIVE: tuple[Role, ...] = ("admin", "analyst", "viewer", "dpo")
OWNERS_GIVE: tuple[Role, ...] = ("owner", *ADMINS_GIVE, "support")
STARTING_BYTES = 12


class Member(msgspec.Struct, frozen=True):
    """One line of the page."""

    email: str
    role: str
    since: datetime | None
    by: str
    used_at: datetime | None
    expires_at: datetime | None
    reason: str
    is_everywhere: bool
    is_unused: bool
    may_remove: bool


def gives(person: Person, site: Site) -> tuple[Role, ...]:
    """The roles that a person may hand out and take away at a site."""
    return OWNERS_GIVE if person.role_at(site) == "owner" else ADMINS_GIVE


def member_of(email: str, grant: Grant, person: Person, site: Site, now: datetime) -> Member:
    last = grant.used_at or grant.granted_at
    return Member(
        email=email,
        role=grant.role,
        since=grant.granted_at,
        by=grant.granted_by,
        used_at=grant.used_at,
        expires_at=grant.expires_at,
        reason=grant.reason,
        is_everywhere=grant.site_id is None,
        is_unused=last is not None and now - last >= UNUSED,
        may_remove=grant.site_id is not None and email != person.email and grant.role in gives(person, site),
    )


async def show_people(
    request: Request,
    person: Person,
    site: Site,
    status: int = 200,
    *,
    error: str = "",
    fresh: tuple[str, str] = ("", ""),
) -> Response:
    """Answer with the page; `fresh`: address and starting password of someone new, this once."""
    tools = tools_of(request)
    found = await asyncio.to_thread(tools.registry.users.at_site, site.id)
    members = [member_of(email, grant, person, site, tools.now()) for email, grant in found]
    tell(request, rows=len(members))
    return render(
        request,
        "people.html",
        status,
        frame=await frame_at(request, person, site, "people"),
        members=members,
        unused=sum(member.is_unused for member in members),
        roles=gives(person, site),
        most_hours=MOST_SUPPORT_HOURS,
        action=f"{base_of(request)}/sites/{site.host}/people",
        error=error,
        fresh=fresh,
        saved="saved" in request.query_params,
    )


async def get_people(request: Request) -> Response:
    """`GET /sites/{host}/people`."""
    person = await need_person(request)
    return await show_people(request, person, await need_site(request, person, "people"))


async def post_people(request: Request) -> Response:
    """`POST /sites/{host}/people`: `do=give` or `do=take`."""
    person = await need_person(request)
    site = await need_site(request, person, "people")
    form = await read_form(request)
    act = act_of(form, {"give": _give, "take": _take})
    tools = tools_of(request)
    try:
        async with tools.hashing:
            fresh = await asyncio.to_thread(act, tools, person, site, form)
    except Denied as error:
        return await show_people(request, person, site, 400, error=str(error))
    email = form.get("email", "").strip().lower()
    tell(request, params=f"{form['do']} {form.get('role', '')} {email}", purpose=form.get("reason", ""))
    if fresh:
        return await show_people(request, person, site, fresh=(email, fresh))
    return go(request, f"/sites/{site.host}/people?saved")


def _give(tools: Tools, person: Person, site: Site, form: Mapping[str, str]) -> str:
    """Give a role; return the starting password of someone new, or nothing."""
    users, email, role = tools.registry.users, form.get("email", ""), checked_role(form.get("role", ""))
    if role not in gives(person, site):
        raise Forbidden(words.say("people.only_owner"))
    hours = int(form["hours"]) if form.get("hours", "").isdecimal() and len(form["hours"]) < 4 else 0
    term = Term(person.name, hours if role == "support" else 0, form.get("reason", ""))
    try:
        user = users.get(email)
    except NotThere:
        if role == "support":
            raise
        password = secrets.token_urlsafe(STARTING_BYTES)
        users.add(email, password, role, site.host, term)
        return password
    _check_above(users.grants(user), person, site)
    users.grant(email, role, site.host, term)
    return ""


def _take(tools: Tools, person: Person, site: Site, form: Mapping[str, str]) -> str:
    users = tools.registry.users
    user = users.get(form.get("email", ""))
    if user.email == person.email:
        raise Forbidden(words.say("people.not_oneself"))
    _check_above(users.grants(user), person, site)
    users.revoke(user.email, site.host)
    return ""


def _check_above(grants: Sequence[Grant], person: Person, site: Site) -> None:
    """Refuse an admin who would change what an owner gave: owners, and support."""
    held = {grant.role for grant in grants if grant.site_id == site.id}
    if not held <= set(gives(person, site)):
        raise Forbidden(words.say("people.only_owner"))
