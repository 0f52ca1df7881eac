"""`GET /api/v2/pages/{page}`: the pages beside the report, asked for with a key.

In: a bearer key with the scope `stats:read`, `site_id`, and whatever the page's own address says: copy the query string
of what you see. Out: the JSON that the page's download holds. Keys, rate and exactness are those of the Stats API
(endpoint.py). The privacy report is not here: it names who looked, and a key is nobody who may hear that.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.api.endpoint import check_key, find_site
from dashboard.errors import NotHere
from dashboard.heard import Heard
from dashboard.looking import LEAST_GROUP, PLAIN, Look, params_of
from dashboard.own.opening import open_for
from dashboard.own_pages import OWN, told_of
from dashboard.people import Person
from dashboard.tools import Tools, tools_of

SITE = "site_id"
PAGES = {own.room: own for own in OWN if own.room != "privacy"}


async def get_page(request: Request) -> Response:
    """Answer one page."""
    tools = tools_of(request)
    key = await check_key(request, tools)
    site = await find_site(tools, key, dict(request.query_params))
    own = PAGES.get(request.path_params["page"])
    if own is None:
        raise NotHere(f"There is no such page. There are {', '.join(sorted(PAGES))}.")
    # A key sees exact numbers: whoever made it could see them.
    person = Person(f"key {key.id} {key.name}".strip(), {site.id: "admin"}, auth="key")
    picks = not PLAIN.issuperset(name for name in request.query_params if name != SITE)
    look = Look(person, site, Heard(has_identity=site.mode != "none", wants_people=picks))
    request.state.look = look
    opened = await open_for(request, own.room, person, site)
    told = told_of(opened, await own.make(opened))
    await asyncio.to_thread(note_page, tools, look, own.room, request.query_params.multi_items())
    request.state.look = None
    return JSONResponse(told)


def note_page(tools: Tools, look: Look, page: str, pairs: list[tuple[str, str]]) -> None:
    """Note who asked, before the answer leaves."""
    people, site = look.heard.people, look.site
    is_known = people is not None and people >= max(site.min_group, LEAST_GROUP)
    params = params_of((pair for pair in pairs if pair[0] != SITE), is_known=is_known)
    tools.registry.looks.note(look.person.name, "token", "key", "query", site.id, f"api {page}", params,
                              look.heard.rows)  # fmt: skip
