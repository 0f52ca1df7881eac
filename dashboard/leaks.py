"""The leaks of a site as a page: `/sites/{host}/leaks`, where personal values stood in what its pages sent.

In: a request; the URL decides which days. Out: for each kind how often, in which scrubbed paths and fields, and what to
do about it; above that the properties nobody has said anything about, each answered with one click. No value is shown,
because none is kept. For those who answer for the site: a scrubbed path may be one visitor's, and no small number is
folded here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from clickhouse.ask.leaks import Leak, ask_redactions
from dashboard import words
from dashboard.access import need_person, need_site
from dashboard.controls import Controls, controls, days_of
from dashboard.errors import BadQuestion
from dashboard.forms import read_form
from dashboard.ledger import span_of
from dashboard.pages import render
from dashboard.reading import scene_at, state_at
from dashboard.scene import Scene
from dashboard.signin import go
from dashboard.sites import frame_at
from dashboard.tools import tools_of
from dashboard.url import State
from registry.errors import Denied
from registry.props import SeenProp

SHOWN = 10
"""Places of a kind that stand open; the rest is a click away."""


class Found(msgspec.Struct, frozen=True):
    """One kind: what it is, how often, what to do, and where: (place, events, last day)."""

    kind: str
    name: str
    told: str
    todo: str
    places: tuple[tuple[str, str, str], ...]


class NewProp(msgspec.Struct, frozen=True):
    """A property that waits for an answer."""

    key: str
    since: str


class LeaksPage(msgspec.Struct, frozen=True, kw_only=True):
    """All that `leaks.html` shows."""

    controls: Controls
    days: str
    found: tuple[Found, ...]
    new_props: tuple[NewProp, ...]
    may_answer: bool
    is_registered: bool
    """The site keeps registered properties only."""
    here: str


def found_of(leak: Leak) -> Found:
    """Say of a kind what a person needs to mend it."""
    known = words.knows(f"leak.{leak.kind}.name")
    kind = leak.kind if known else "other"
    name = words.say(f"leak.{kind}.name")
    where = words.count_of("leaks.places", leak.places)
    return Found(
        kind=leak.kind,
        name=name,
        told=words.count_of("leaks.told", leak.events, where=where),
        todo=words.say(f"leak.{kind}.todo"),
        places=tuple((one.place, words.exact(one.events), words.day(one.latest)) for one in leak.examples),
    )


def leaks_page(scene: Scene, leaks: Sequence[Leak], props: Sequence[SeenProp], *, may_answer: bool) -> LeaksPage:
    state, resolved, here = scene.state, scene.resolved, f"{scene.paths.report}/leaks"
    bar = controls(state, resolved, scene.zone, scene.now, here)
    return LeaksPage(
        controls=msgspec.structs.replace(bar, dimensions=(), chips=(), compares=()),
        days=days_of(resolved.period, scene.zone),
        found=tuple(map(found_of, leaks)),
        new_props=tuple(NewProp(one.key, words.day(one.first_seen.astimezone(scene.zone).date())) for one in props),
        may_answer=may_answer,
        is_registered=scene.site.props == "registered",
        here=here,
    )


async def get_leaks(request: Request) -> Response:
    """`GET /sites/{host}/leaks`."""
    person = await need_person(request)
    site = await need_site(request, person, "audit")
    tools, state = tools_of(request), state_at(request)
    scene = await scene_at(request, site, State(span=state.span))
    span = span_of(scene)
    leaks, props = await asyncio.gather(
        asyncio.to_thread(ask_redactions, tools.store, site.id, span.first, span.last),
        asyncio.to_thread(tools.registry.props.waiting, site.host),
    )
    page = leaks_page(scene, leaks, props, may_answer=person.may("configure", site))
    frame = await frame_at(request, person, site, "leaks")
    return render(request, "leaks.html", frame=frame, page=page, saved="saved" in request.query_params)


async def post_leaks(request: Request) -> Response:
    """`POST /sites/{host}/leaks`: `keep`, `register` or `redact`, each the name of a property."""
    person = await need_person(request)
    site = await need_site(request, person, "configure")
    form = await read_form(request)
    answers = [(form[what], what) for what in ("keep", "register", "redact") if form.get(what)]
    if len(answers) != 1:
        raise BadQuestion("One property at a time.")
    ((key, what),) = answers
    try:
        await asyncio.to_thread(tools_of(request).registry.props.answer, site.host, key, what, by=person.name)
    except Denied as error:
        raise BadQuestion(str(error)) from None
    return go(request, f"/sites/{site.host}/leaks?saved")
