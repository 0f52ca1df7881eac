"""Noting: what a team adds to its own report. Filters saved under a name, and a few words about a day.

In: a form of somebody who may annotate the site. Out: the report again, in the state it was in. They are definitions
and remarks: nothing that was counted changes. What could not be saved is told on the error page, with the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from dashboard.access import need_person, need_site
from dashboard.errors import BadQuestion, sentence_of
from dashboard.forms import number_of, read_form
from dashboard.looking import tell
from dashboard.saved import Saved, saved_of, written_of
from dashboard.signin import go
from dashboard.tools import tools_of
from dashboard.url import State, read, with_changes
from registry.errors import Denied, NotAllowed
from registry.registry import Registry

Form = Mapping[str, str]
Work = Callable[[Registry, str, str, Form, State], tuple[str, State]]
"""Does it for a host, by somebody; returns what the note of who looked says, and the state to show then."""


def change_segments(registry: Registry, host: str, by: str, form: Form, state: State) -> tuple[str, State]:
    if "remove" in form:
        number = number_of(form["remove"])
        registry.segments.remove(host, number)
        return f"remove {number}", state.without(Saved(str(number), "", ()).filter)
    if not state.filters:
        raise NotAllowed("a segment is made of filters: put some on first")
    written = written_of(state.filters, saved_of(registry.segments.list(host)))
    segment = registry.segments.add(host, form.get("name", ""), written, by=by)
    return f"add {segment.id}", with_changes(state, filters=(Saved(str(segment.id), "", ()).filter,))


def change_annotations(registry: Registry, host: str, by: str, form: Form, state: State) -> tuple[str, State]:
    if "remove" in form:
        number = number_of(form["remove"])
        registry.annotations.remove(host, number)
        return f"remove {number}", state
    try:
        day = date.fromisoformat(form.get("day", ""))
    except ValueError:
        raise NotAllowed("a note needs a day, like 2026-01-31") from None
    note = registry.annotations.add(host, day, form.get("text", ""), by=by)
    return f"add {note.id}", state


async def change(request: Request, work: Work) -> Response:
    person = await need_person(request)
    site = await need_site(request, person, "annotate")
    form = await read_form(request)
    state = read(parse_qsl(form.get("query", "").rpartition("?")[2]))
    registry = tools_of(request).registry
    try:
        told, state = await asyncio.to_thread(work, registry, site.host, person.name, form, state)
    except Denied as error:
        raise BadQuestion(sentence_of(error)) from None
    tell(request, params=told)
    return go(request, state.url(f"/sites/{site.host}"))


async def post_segments(request: Request) -> Response:
    """`POST /sites/{host}/segments`: `name` saves the filters of `query`, `remove` forgets a segment."""
    return await change(request, change_segments)


async def post_annotations(request: Request) -> Response:
    """`POST /sites/{host}/annotations`: `day` and `text`, or `remove`."""
    return await change(request, change_annotations)
