"""Silence: how many a day said no, for the foot of the report, so that a product team knows how its numbers lean.

In: a scene and its store. Out: one sentence. It is a step (<10, 10–49, 50–99 …) of a middle day for everybody, owners
too: the report is what is looked at and passed on. Filters do not apply: who was not counted has no page and no place.
The exact books are on the page of what was refused, for who may see them.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec

from clickhouse.ask.ledger import Amount, ask_silence
from clickhouse.client import Store
from dashboard import words
from dashboard.ledger import Span, holds_today, span_of
from dashboard.reasons import said
from dashboard.scene import Scene


class Silence(msgspec.Struct, frozen=True):
    """What the report says, and where there is more about it."""

    text: str
    books: str


async def silence_of(store: Store, scene: Scene) -> Silence:
    """Ask, and say it in words."""
    span = days_over(scene)
    amount = await asyncio.to_thread(ask_silence, store, scene.site.id, span.first, span.last)
    return Silence(silence_in_words(amount), f"{scene.paths.report}/refused")


def days_over(scene: Scene) -> Span:
    """The days of a scene without today, which is not over; today alone where there is no other."""
    span = span_of(scene)
    if span.first == span.last or not holds_today(scene, span):
        return span
    return Span(span.first, span.last - timedelta(days=1))


def silence_in_words(amount: Amount) -> str:
    return words.say("report.declined", band=said(amount)) if amount.most else words.say("report.declined_none")
