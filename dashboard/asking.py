"""Asking the store without holding anyone up: questions run in threads, many of them side by side.

In: questions, and the smallest group their reader may see. Out: answers in the same order, small numbers already
guarded by the store's own rule. The event loop never waits for the store; the store bounds each question in time and
memory. Its errors pass through and become pages in app.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from clickhouse.ask.answer import Answer
from clickhouse.ask.asking import ask_many
from clickhouse.ask.guard import Guard
from clickhouse.ask.question import Period, Question
from clickhouse.client import Store
from dashboard.people import Person
from dashboard.period import start_of, today_in
from registry.site import Site

EPOCH = datetime(1971, 1, 1, tzinfo=UTC)


def guard_for(person: Person, site: Site) -> Guard:
    """The guard of someone's answers about a site."""
    least = person.least_group(site)
    return Guard.for_people(least) if least > 1 else Guard.EXACT


class Asker:
    """Asks on behalf of one reader: what `report_page` and its kin are given as `ask`."""

    def __init__(self, store: Store, guard: Guard = Guard.EXACT) -> None:
        self._store = store
        self._guard = guard

    async def __call__(self, questions: Sequence[Question]) -> Sequence[Answer]:
        return await asyncio.to_thread(ask_many, self._store, questions, self._guard)


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
