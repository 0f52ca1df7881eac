"""The API keys of a site: making one, seeing which there are, ending one.

In: a form with scopes, a name, how long. Out: the page again, and once, right after it was made, the key itself. Only
keys of the site in the path can be ended here, whatever number a form names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from dashboard import words
from dashboard.access import need_person, need_site
from dashboard.forms import act_of, read_form
from dashboard.looking import tell
from dashboard.pages import render
from dashboard.people import Person
from dashboard.signin import go
from dashboard.sites import base_of, frame_at
from dashboard.tools import Tools, tools_of
from registry.errors import Denied, NotAllowed, NotThere
from registry.keys import SCOPES
from registry.site import Site

MOST_DAYS = 3650


async def show_keys(
    request: Request, person: Person, site: Site, status: int = 200, *, error: str = "", secret: str = ""
) -> Response:
    """Answer with the page; `secret`: the key just made, this once."""
    tools = tools_of(request)
    keys = await asyncio.to_thread(tools.registry.keys.list, site.host)
    now = tools.now()
    return render(
        request,
        "keys.html",
        status,
        frame=await frame_at(request, person, site, "keys"),
        keys=[(key, key.is_valid_at(now)) for key in reversed(keys)],
        scopes=[(scope, words.say(f"apikeys.scope.{scope.partition(':')[0]}")) for scope in SCOPES],
        action=f"{base_of(request)}/sites/{site.host}/keys",
        error=error,
        secret=secret,
        saved="saved" in request.query_params,
    )


async def get_keys(request: Request) -> Response:
    """`GET /sites/{host}/keys`."""
    person = await need_person(request)
    return await show_keys(request, person, await need_site(request, person, "configure"))


async def post_keys(request: Request) -> Response:
    """`POST /sites/{host}/keys`: `do=make` or `do=revoke`."""
    person = await need_person(request)
    site = await need_site(request, person, "configure")
    form = await read_form(request)
    act = act_of(form, {"make": _make, "revoke": _revoke})
    try:
        number, secret = await asyncio.to_thread(act, tools_of(request), site, form)
    except Denied as error:
        return await show_keys(request, person, site, 400, error=str(error))
    tell(request, params=f"{form['do']} {number}")
    if secret:
        return await show_keys(request, person, site, secret=secret)
    return go(request, f"/sites/{site.host}/keys?saved")


def days_in(form: Mapping[str, str]) -> int | None:
    """Read how many days something lasts; nothing: until it is ended. Raises `NotAllowed`."""
    text = form.get("days", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= MOST_DAYS):
        raise NotAllowed(f"it lasts 1 to {MOST_DAYS} days, or until you end it")
    return int(text)


def _make(tools: Tools, site: Site, form: Mapping[str, str]) -> tuple[str, str]:
    scopes = [scope for scope in SCOPES if form.get(scope)]
    key, secret = tools.registry.keys.add(site.host, scopes, form.get("name", ""), days=days_in(form))
    return key.id, secret


def _revoke(tools: Tools, site: Site, form: Mapping[str, str]) -> tuple[str, str]:
    number = form.get("key", "")
    if number not in {key.id for key in tools.registry.keys.list(site.host)}:
        raise NotThere("This site has no such key.")
    tools.registry.keys.revoke(number)
    return number, ""
