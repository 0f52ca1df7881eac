"""Strays: arrivals that named a site which does not exist here. They belong to no site, so to no site's page.

In: a store, who looks, the day. Out: a sentence for the list of sites, for those alone who look after the whole
installation; None for everybody else, and where there were none. Which names they gave is told most first: they are
names of hosts as a tag wrote them (docs/refusals.md says which are kept), shown as text and never as a link.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, timedelta

import msgspec

from clickhouse.ask.ledger import NOWHERE, ask_ledger
from clickhouse.client import Store
from clickhouse.rows import Reason
from dashboard import words
from dashboard.people import Person
from registry.hosts import AUDIT_HOST

DAYS = 30
MOST_NAMES = 5


class Strays(msgspec.Struct, frozen=True):
    """What the list of sites says of them; `names` may be empty."""

    text: str
    names: str


async def strays_for(person: Person, store: Store, today: date) -> Strays | None:
    """Ask for the last days, where this person looks after all sites."""
    if not person.may("configure"):
        return None
    first = today - timedelta(days=DAYS - 1)
    ledger = await asyncio.to_thread(ask_ledger, store, NOWHERE, "UTC", first, today)
    names: Counter[str] = Counter()
    for row in ledger.rules:
        if row.reason == Reason.UNKNOWN_SITE:
            names[row.rule] += row.count
    # What the self-audit itself has tried is nobody's stray.
    own = [name for name in names if AUDIT_HOST.fullmatch(name)]
    count = ledger.total.refused.get(Reason.UNKNOWN_SITE, 0) - sum(names.pop(name) for name in own)
    if not count:
        return None
    told = ", ".join(f"{name} ({words.exact(times)})" for name, times in names.most_common(MOST_NAMES))
    return Strays(
        text=words.count_of("refused.unknown", count),
        names=words.say("refused.unknown_hosts", hosts=told) if told else "",
    )
