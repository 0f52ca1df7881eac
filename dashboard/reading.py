"""The pages one reads: the report of a site, one card of it, the details of a list, the same as a file.

In: a request, its session, the query string. Out: HTML, CSV or JSON made of one Scene: who asks decides which site
and how exact, the URL decides what. Which questions a page asks is `report.py`'s and `details.py`'s to say; here they
are given a store to ask. A long page is drawn in a thread: the loop also takes events in. A file holds the same
question as the page, without its limit.
"""

from __future__ import annotations

import asyncio
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from clickhouse.ask.question import Question
from dashboard import words
from dashboard.access import need_person, need_site
from dashboard.asking import Asker, asker_for, first_day, guard_for
from dashboard.assets import asset_url
from dashboard.controls import first_day as first_of
from dashboard.controls import last_day
from dashboard.details import chosen_tab, details_page, details_question
from dashboard.export import MOST_ROWS, csv_answer, json_answer
from dashboard.goal_card import goal_card
from dashboard.pages import render
from dashboard.panels import card_of
from dashboard.people import Person
from dashboard.period import today_in
from dashboard.report import SERIES, card_page, here_now_question, report_page, said_here, series_question
from dashboard.saved import saved_of
from dashboard.scene import Note, Paths, Scene
from dashboard.silence import silence_of
from dashboard.sites import base_of, frame_at
from dashboard.tools import tools_of
from dashboard.url import State, read
from registry.registry import Registry
from registry.site import Site


def paths_for(base: str, site: Site) -> Paths:
    root = f"{base}/sites/{site.host}"
    return Paths(
        report=root,
        details=f"{root}/details",
        csv=f"{root}/details.csv",
        json=f"{root}/details.json",
        world=base + asset_url("world.svg"),
        live=f"{root}/now",
        values=f"{root}/values",
    )


def state_at(request: Request) -> State:
    """Read the state; a list named in the path counts before one in the query string."""
    state = read(request.query_params.multi_items())
    named = request.path_params.get("list")
    return msgspec.structs.replace(state, detail=named) if named else state


async def scene_at(request: Request, site: Site, state: State) -> Scene:
    tools = tools_of(request)
    now, zone = tools.now(), ZoneInfo(site.timezone)
    needs_first = state.span.name == "all"
    oldest = await first_day(tools.store, site, now) if needs_first else today_in(zone, now)
    saved = saved_of(await asyncio.to_thread(tools.registry.segments.list, site.host))
    return Scene(site=site, state=state, now=now, oldest=oldest, paths=paths_for(base_of(request), site), saved=saved,
                 may_see_all=True)  # fmt: skip


async def begin(request: Request) -> tuple[Person, Scene, Asker]:
    """What every page here begins with: who asks, about which site, in which state."""
    person = await need_person(request)
    site = await need_site(request, person, "look")
    scene = await scene_at(request, site, state_at(request))
    return person, scene, asker_for(request, person, site)


async def get_report(request: Request) -> Response:
    """`GET /sites/{host}`; with `X-Fragment: <card>` that card alone."""
    person, scene, ask = await begin(request)
    card = card_of(request.headers.get("x-fragment", ""))
    if card is not None:
        return render(request, "card.html", card=await card_page(scene, card, ask))
    frame, tools = await frame_at(request, person, scene.site), tools_of(request)
    scene = msgspec.structs.replace(scene, notes=await notes_for(tools.registry, scene))
    report, goals, silence = await asyncio.gather(
        report_page(scene, ask),
        goal_card(scene, tools, ask, guard_for(person, scene.site)),
        silence_of(tools.store, scene),
    )
    report = msgspec.structs.replace(report, cards=(*report.cards, goals))
    root = scene.paths.report if person.may("annotate", scene.site) else ""
    return await asyncio.to_thread(
        render,
        request,
        "report.html",
        frame=frame,
        report=report,
        silence=silence,
        may_save=root and f"{root}/segments",
        may_note=root and f"{root}/annotations",
    )


async def notes_for(registry: Registry, scene: Scene) -> tuple[Note, ...]:
    """What was written about the days of the period."""
    first, last = first_of(scene.resolved.period, scene.zone), last_day(scene.resolved.period, scene.zone)
    found = await asyncio.to_thread(registry.annotations.list, scene.site.host, first, last)
    return tuple(Note(str(one.id), one.day, words.day(one.day, year=True), one.text) for one in found)


async def get_now(request: Request) -> Response:
    """`GET /sites/{host}/now`: how many people are here, in words."""
    _, scene, ask = await begin(request)
    (answer,) = await ask([here_now_question(scene)])
    return PlainTextResponse(said_here(answer))


async def get_details(request: Request) -> Response:
    """`GET /sites/{host}/details`, and `/details/{list}`."""
    person, scene, ask = await begin(request)
    frame = await frame_at(request, person, scene.site)
    page = await details_page(scene, ask)
    return await asyncio.to_thread(render, request, "details.html", frame=frame, page=page, here=scene.paths.details)


def file_question(scene: Scene) -> tuple[str, Question]:
    """The question of a details page without its paging, and the name of its list; or that of the chart."""
    if scene.state.detail == SERIES:
        return SERIES, series_question(scene, scene.resolved.period)
    tab = chosen_tab(scene.state)
    return tab.key, msgspec.structs.replace(details_question(scene, tab), limit=MOST_ROWS, offset=0)


async def get_csv(request: Request) -> Response:
    """`GET /sites/{host}/details.csv`, and `/details/{list}.csv`."""
    _, scene, ask = await begin(request)
    name, question = file_question(scene)
    (answer,) = await ask([question])
    return csv_answer(scene.site, name, question, answer)


async def get_json(request: Request) -> Response:
    """`GET /sites/{host}/details.json`, and `/details/{list}.json`."""
    _, scene, ask = await begin(request)
    name, question = file_question(scene)
    (answer,) = await ask([question])
    return json_answer(scene.site, name, question, answer)
