"""The share links of a site: making one, seeing which there are, ending one.

In: a form with a name, filters as they stand in a report's address, and if wanted a password, an end, who may frame it.
Out: the page again, and once, right after it was made, the address itself. What a link shows is shared.py's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from clickhouse.ask.guard import MOST_PUBLIC_FILTERS
from dashboard.access import need_person, need_site
from dashboard.chips import said_filter
from dashboard.forms import act_of, number_of, read_form
from dashboard.looking import tell
from dashboard.pages import render
from dashboard.people import Person
from dashboard.saved import saved_of, taken_apart
from dashboard.signin import go
from dashboard.site_keys import days_in
from dashboard.sites import base_of, frame_at
from dashboard.tools import Tools, tools_of
from dashboard.url import State, read
from registry.errors import Denied, NotAllowed
from registry.shares import Share, Wish
from registry.site import Site


async def show_shares(
    request: Request, person: Person, site: Site, status: int = 200, *, error: str = "", token: str = ""
) -> Response:
    """Answer with the page; `token`: of the link just made, this once."""
    tools = tools_of(request)
    found = await asyncio.to_thread(tools.registry.shares.list, site.host)
    now = tools.now()
    return render(
        request,
        "shares.html",
        status,
        frame=await frame_at(request, person, site, "shares"),
        shares=[(share, share.is_valid_at(now), fixed_in_words(share)) for share in found],
        most_filters=MOST_PUBLIC_FILTERS,
        action=f"{base_of(request)}/sites/{site.host}/shares",
        state=plain_state(request.query_params.get("state", "")),
        error=error,
        address=f"{tools.public_url(request)}/share/{token}" if token else "",
        saved="saved" in request.query_params,
    )


def plain_state(text: str) -> str:
    """Take the query string out of a report's address."""
    return text.partition("?")[2] if "?" in text else text.strip()


def state_of(share: Share) -> State:
    """Read what a link fixes; what an older release wrote and this one cannot read is nothing."""
    return read(parse_qsl(share.state))


def fixed_in_words(share: Share) -> str:
    return ", ".join(" ".join(said_filter(filter_)) for filter_ in state_of(share).filters)


async def get_shares(request: Request) -> Response:
    """`GET /sites/{host}/shares`."""
    person = await need_person(request)
    return await show_shares(request, person, await need_site(request, person, "share"))


async def post_shares(request: Request) -> Response:
    """`POST /sites/{host}/shares`: `do=make` or `do=revoke`."""
    person = await need_person(request)
    site = await need_site(request, person, "share")
    form = await read_form(request)
    act = act_of(form, {"make": _make, "revoke": _revoke})
    tools = tools_of(request)
    try:
        async with tools.hashing:
            number, token = await asyncio.to_thread(act, tools, person, site, form)
    except Denied as error:
        return await show_shares(request, person, site, 400, error=str(error))
    tell(request, params=f"{form['do']} {number}")
    if token:
        return await show_shares(request, person, site, token=token)
    return go(request, f"/sites/{site.host}/shares?saved")


def _make(tools: Tools, person: Person, site: Site, form: Mapping[str, str]) -> tuple[int, str]:
    state = read(parse_qsl(plain_state(form.get("state", ""))))
    saved = saved_of(tools.registry.segments.list(site.host))
    # A link goes on showing what it was made for, whatever becomes of a segment.
    state = msgspec.structs.replace(state, filters=taken_apart(state.filters, saved))
    if len(state.filters) > MOST_PUBLIC_FILTERS:
        raise NotAllowed(f"a link takes at most {MOST_PUBLIC_FILTERS} filters")
    frames, password = form.get("frames", ""), form.get("password", "")
    if frames.strip() and password:
        raise NotAllowed("a page in a frame cannot ask for a password: choose one of the two")
    wish = Wish(name=form.get("name", ""), state=state.query(), password=password, days=days_in(form), frames=frames)
    share, token = tools.registry.shares.add(site.host, wish, by=person.name)
    return share.id, token


def _revoke(tools: Tools, _person: Person, site: Site, form: Mapping[str, str]) -> tuple[int, str]:
    number = number_of(form.get("share", ""))
    tools.registry.shares.revoke(site.host, number)
    return number, ""
