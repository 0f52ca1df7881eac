"""Changes made on the pages beside the report: a goal, a declared feature, a funnel, added or removed.

In: a form of somebody who may configure the site. Out: the same page again, or a sentence that says why the change
could not be made. They are definitions over what is kept already; nothing that was counted changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from dashboard.access import need_person, need_site
from dashboard.errors import BadQuestion, sentence_of
from dashboard.forms import read_form
from dashboard.signin import go
from dashboard.tools import tools_of
from registry.errors import Denied
from registry.registry import Registry

Form = Mapping[str, str]
Change = Callable[[Registry, str, Form], str]
"""Makes the change; returns the query string of the page to show then, empty for the one it was made on."""


def change_features(registry: Registry, host: str, form: Form) -> str:
    if "remove" in form:
        registry.features.remove(host, form["remove"])
    else:
        registry.features.add(host, form.get("name", ""), form.get("about", ""))
    return ""


def change_goals(registry: Registry, host: str, form: Form) -> str:
    if "remove" in form:
        registry.goals.remove(host, form["remove"])
    else:
        kind, pattern = form.get("kind", ""), form.get("pattern", "")
        page, feature = (pattern, "") if kind == "page" else ("", pattern)
        registry.goals.add(host, page=page, feature=feature, name=form.get("name", ""))
    return ""


def change_funnels(registry: Registry, host: str, form: Form) -> str:
    if "remove" in form:
        registry.funnels.remove(host, form["remove"])
        return ""
    pairs = ((form.get(f"k{nth}", ""), form.get(f"p{nth}", "").strip()) for nth in range(1, 9))
    steps = [(kind, pattern) for kind, pattern in pairs if pattern]
    saved = registry.funnels.add(host, form.get("name", ""), steps, form.get("within", ""))
    return urlencode({"funnel": saved.name}, quote_via=quote)


def changing(room: str, change: Change) -> Callable[[Request], Awaitable[Response]]:
    """`POST /sites/{host}/{room}`."""

    async def post(request: Request) -> Response:
        person = await need_person(request)
        site = await need_site(request, person, "configure")
        form = await read_form(request)
        try:
            query = await asyncio.to_thread(change, tools_of(request).registry, site.host, form)
        except Denied as error:
            raise BadQuestion(sentence_of(error)) from None
        kept = query or request.url.query
        return go(request, f"/sites/{site.host}/{room}" + (f"?{kept}" if kept else ""))

    return post


CHANGES: Mapping[str, Change] = {"features": change_features, "goals": change_goals, "funnels": change_funnels}
