"""Onboarding: the tag to paste, and a list that says by itself how far a new site has come.

In: a request of somebody who may see the site. Out: the page of its tag: every way to put it in, then whether the
collector is up, whether the snippet has called, whether something was counted; and of what was refused, why, with the
click that mends it. All of it is read from today's books, so what the page says is what reports will show.
"""

from __future__ import annotations

import asyncio
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from clickhouse.ask.answer import Answer
from clickhouse.ask.ledger import Ledger, ask_ledger
from clickhouse.ask.question import Question
from dashboard import words
from dashboard.access import need_person, need_site
from dashboard.asking import Asker, guard_for
from dashboard.pages import render
from dashboard.people import Person
from dashboard.period import Span, resolve, today_in
from dashboard.reasons import Group, groups_of
from dashboard.sites import base_of, frame_at
from dashboard.strays import strays_for
from dashboard.tools import Tools, tools_of
from dashboard.ways import ways_for
from registry.site import Site


class Mark(msgspec.Struct, frozen=True):
    """One line of the list. `waiting`: not yet; `unknown`: not seen from here."""

    key: str
    state: Literal["done", "waiting", "failed", "unknown"]
    text: str


async def has_events(tools: Tools, site: Site) -> bool:
    """Whether anything has been counted, today's newest event included."""
    answer: Answer
    (answer,) = await Asker(tools.store)([first_question(site, tools)])
    return bool(answer.rows and answer.rows[0].metrics[0])


def first_question(site: Site, tools: Tools) -> Question:
    zone, now = ZoneInfo(site.timezone), tools.now()
    every = resolve(Span("all"), zone, now, oldest=today_in(zone, now).replace(year=1971, day=1))
    return Question(site_id=site.id, timezone=site.timezone, metrics=("events",), period=every.period)


async def books_of_today(tools: Tools, person: Person, site: Site) -> Ledger:
    today = today_in(ZoneInfo(site.timezone), tools.now())
    guard = guard_for(person, site)
    return await asyncio.to_thread(ask_ledger, tools.store, site.id, site.timezone, today, today, guard)


def mark_of_collector(tools: Tools) -> Mark:
    if tools.collector_health is None:
        return Mark("collector", "unknown", words.say("tag.collector_elsewhere"))
    if not tools.collector_health().get("spool_accepts", True):
        return Mark("collector", "failed", words.say("tag.collector_full"))
    return Mark("collector", "done", words.say("tag.collector_done"))


def marks_of(tools: Tools, books: Ledger, *, is_counted: bool) -> tuple[Mark, ...]:
    """The list: each line is about what the next one needs."""
    arrived = books.total.received.most > 0 or is_counted
    return (
        mark_of_collector(tools),
        Mark("snippet", "done", words.say("tag.snippet_done"))
        if arrived
        else Mark("snippet", "waiting", words.say("tag.snippet_waiting")),
        Mark("event", "done", words.say("tag.event_done"))
        if is_counted
        else Mark("event", "waiting", words.say("tag.event_refused" if arrived else "tag.event_waiting")),
    )


def listens_at(request: Request) -> str:
    """Where this server listens, as a proxy on the same machine reaches it."""
    host, port = request.scope.get("server") or ("127.0.0.1", 8000)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}" if port else "http://127.0.0.1:8000"


async def get_tag(request: Request) -> Response:
    """`GET /sites/{host}/tag`; it looks again by itself until something was counted."""
    tools = tools_of(request)
    person = await need_person(request)
    site = await need_site(request, person, "look")
    is_counted, books, strays = await asyncio.gather(
        has_events(tools, site),
        books_of_today(tools, person, site),
        strays_for(person, tools.store, tools.now().date()),
    )
    root = f"{base_of(request)}/sites/{site.host}"
    settings = f"{root}/settings" if person.may("configure", site) else ""
    marks = marks_of(tools, books, is_counted=is_counted)
    groups: list[Group] = groups_of(books, books, books.total.received, settings, is_today=True)
    ways = ways_for(site.host, tools.public_url(request), listens_at(request))
    return render(
        request,
        "tag.html",
        frame=await frame_at(request, person, site),
        site=site,
        ways=ways,
        is_local=tools.base_url is None,
        has_events=is_counted,
        marks=marks,
        stage=" ".join([*(mark.state for mark in marks), *(row.key for group in groups for row in group.rows)]),
        refused=[row for group in groups for row in group.rows],
        strays=None if is_counted else strays,
        root=root,
    )
