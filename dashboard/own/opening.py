"""Opening: what every page of its own begins with, and what it hands to its template and its files.

In: a request. Out: an Opened (who asks, about which site, in which state, how exact) and, made by the page, a Page.
The questions are asked in threads on behalf of the reader, whose guard goes with every one of them; the note of who
looked learns how many people the filters left. It draws nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
from starlette.requests import Request

from clickhouse.ask.guard import Guard
from clickhouse.ask.odd import Scope
from clickhouse.ask.question import Period
from clickhouse.client import Store
from dashboard import words
from dashboard.access import need_person, need_site
from dashboard.asking import Asker, asker_for, guard_for
from dashboard.controls import Choice, Controls, controls, days_of
from dashboard.frame import Room
from dashboard.own.sheet import Sheet
from dashboard.people import Act, Person
from dashboard.reading import scene_at, state_at
from dashboard.scene import Scene, question
from dashboard.tools import Tools, tools_of
from dashboard.url import State, write
from registry.site import Site

Given = ParamSpec("Given")
Told = TypeVar("Told")


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A request let in."""

    request: Request
    room: Room
    person: Person
    scene: Scene
    ask: Asker
    guard: Guard
    tools: Tools

    @property
    def site(self) -> Site:
        return self.scene.site

    @property
    def here(self) -> str:
        """The page's own path."""
        return f"{self.scene.paths.report}/{self.room}"

    @property
    def state(self) -> State:
        return self.scene.state

    @property
    def state_pairs(self) -> tuple[tuple[str, str], ...]:
        """The state as fields of a form."""
        return tuple(write(self.state))

    def link(self, state: State) -> str:
        """The address of this page in a state."""
        return state.url(self.here)

    def elsewhere(self, room: str, state: State | None = None) -> str:
        """Another page of the site, for the same period and filters."""
        plain = msgspec.structs.replace(state or self.state, own=(), page=1)
        return plain.url(f"{self.scene.paths.report}/{room}".rstrip("/"))

    def scope(self, period: Period | None = None) -> Scope:
        return Scope(site_id=self.site.id, timezone=self.site.timezone, period=period or self.scene.resolved.period,
                     filters=self.scene.filters)  # fmt: skip

    @property
    def against(self) -> str:
        """What a change is measured against, in words; empty where nothing is compared."""
        whole = self.scene.resolved.compare_whole
        return words.say("compare.with", days=days_of(whole, self.scene.zone)) if whole else ""

    def may(self, act: Act) -> bool:
        return self.person.may(act, self.site)

    async def odd(
        self, work: Callable[Concatenate[Store, Given], Told], *given: Given.args, **more: Given.kwargs
    ) -> Told:
        """Do a question of clickhouse/questions in a thread; the note of who looked hears how many it was about."""
        if self.state.filters and self.guard == Guard.EXACT and not getattr(self.request.state, "is_counted", False):
            self.request.state.is_counted = True  # a page asks several questions about the same people
            await self.ask([question(self.scene, ("visitors",), self.scene.resolved.period)])
        return await asyncio.to_thread(work, self.tools.store, *given, **more)


class Empty(msgspec.Struct, frozen=True):
    """Nothing to show, and what to do next."""

    title: str
    text: str
    next: tuple[Choice, ...] = ()
    code: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is made of; `body` is for its own template."""

    controls: Controls | None
    title: str
    lead: str = ""
    sheets: tuple[Sheet, ...] = ()
    fewer_than: int = 0
    empty: Empty | None = None
    body: Any = None
    period: Period | None = None
    """What the numbers are of, where it is not the period of the state."""
    said: str = ""
    """Told to a screen reader when a part of the page was changed."""


def bar(opened: Opened, *, compares: bool = False, filters: bool = True, spans: bool = True) -> Controls:
    """The controls of a page, without those that mean nothing here."""
    scene = opened.scene
    full = controls(scene.state, scene.resolved, scene.zone, scene.now, opened.here, scene.saved, scene.paths.values)
    kept = tuple(choice for choice in full.spans if choice.key != "R")
    return msgspec.structs.replace(
        full,
        spans=kept if spans else (),
        earlier=full.earlier if spans else "",
        later=full.later if spans else "",
        compares=full.compares if compares and spans else (),
        dimensions=full.dimensions if filters else (),
        chips=full.chips if filters else (),
        segments=full.segments if filters else (),
    )


async def open_page(request: Request, room: Room) -> Opened:
    """Let a request in. Raises what the door raises."""
    person = await need_person(request)
    site = await need_site(request, person, "look")
    return await open_for(request, room, person, site)


async def open_for(request: Request, room: Room, person: Person, site: Site) -> Opened:
    """Open a page for somebody who was let in."""
    scene = await scene_at(request, site, state_at(request))
    return Opened(request=request, room=room, person=person, scene=scene, ask=asker_for(request, person, site),
                  guard=guard_for(person, site), tools=tools_of(request))  # fmt: skip


def all_time(opened: Opened) -> Choice:
    """What to try where a period holds nothing: all there is."""
    return Choice(words.say("report.quiet_next"), f"{opened.here}?period=all")


def nothing_here(opened: Opened, key: str, *next_: Choice, code: str = "") -> Empty:
    """The empty state of a page: of filters that nothing fits, or `empty_page.<key>`."""
    if opened.state.filters:
        cleared = msgspec.structs.replace(opened.state, filters=())
        return Empty(words.say("report.quiet_title"), words.say("empty.filtered"),
                     (Choice(words.say("filter.clear"), opened.link(cleared)),))  # fmt: skip
    return Empty(words.say(f"empty_page.{key}_title"), words.say(f"empty_page.{key}"), next_, code)
