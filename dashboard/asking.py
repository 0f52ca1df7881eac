"""Asking the store without holding anyone up: questions run in threads, many of them side by side.

In: questions, and the smallest group their reader may see. Out: answers in the same order, small numbers already
guarded by the store's own rule. The event loop never waits for the store; the store bounds each question in time and
memory. Its errors pass through and become pages in app.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from starlette.requests import Request

from clickhouse.ask.answer import Answer
from clickhouse.ask.asking import ask_many
from clickhouse.ask.guard import Guard
from clickhouse.ask.question import Period, Question
from clickhouse.client import Store
from dashboard.heard import Heard
from dashboard.looking import look_at
from dashboard.people import Person
from dashboard.period import start_of, today_in
from dashboard.relabel import Scrub, relabelled
from dashboard.tools import tools_of
from registry.site import Site

EPOCH = datetime(1971, 1, 1, tzinfo=UTC)


def guard_for(person: Person, site: Site) -> Guard:
    """The guard of someone's answers about a site."""
    least = person.least_group(site)
    return Guard.for_people(least) if least > 1 else Guard.EXACT


class Asker:
    """Asks on behalf of one reader: what `report_page` and its kin are given as `ask`.

    `heard` learns what the answers held, for the note of who looked; where filters pick people out and no answer says
    how many, one more question does. `scrub` makes labels what they would be today.
    """

    def __init__(
        self,
        store: Store,
        guard: Guard = Guard.EXACT,
        heard: Heard | None = None,
        scrub: Scrub = lambda _dimension, label: label,
    ) -> None:
        self._scrub = scrub
        self._store = store
        self._guard = guard
        self._heard = heard

    async def __call__(self, questions: Sequence[Question]) -> Sequence[Answer]:
        extra = self._heard.missing(questions, self._guard) if self._heard else None
        asked = [*questions, extra] if extra else questions
        call = self._store.for_call()
        try:
            answers = await asyncio.to_thread(ask_many, call, asked, self._guard)
        except asyncio.CancelledError:  # the reader has gone away (hang_up.py)
            await asyncio.to_thread(call.end_call)
            raise
        if self._heard:
            self._heard.hear(asked, answers, self._guard)
        return [relabelled(one, answer, self._scrub) for one, answer in zip(questions, answers, strict=False)]


def asker_for(request: Request, person: Person, site: Site) -> Asker:
    """The asker of a page: guarded as its reader needs, heard for the note of who looked."""
    look, tools = look_at(request), tools_of(request)
    return Asker(tools.store, guard_for(person, site), look.heard if look else None, partial(tools.scrub, site))


async def first_day(store: Store, site: Site, now: datetime) -> date:
    """Find the first day that anything was counted on; today for a site that waits for its first event."""
    zone = ZoneInfo(site.timezone)
    today = today_in(zone, now)
    question = Question(
        site_id=site.id,
        timezone=site.timezone,
        metrics=("events",),
        dimensions=("time:day",),
        period=Period(EPOCH, start_of(today + timedelta(days=1), zone)),
        order_by=(("time:day", "asc"),),
        limit=1,
    )
    (answer,) = await Asker(store)([question])
    return date.fromisoformat(answer.rows[0].dimensions[0]) if answer.rows else today
