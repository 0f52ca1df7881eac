"""Leaks: where a site puts personal values into what it sends, so that its owner can mend the site.

In: a Store, a site, days on its calendar. Out: a Leak for each kind, most events first, with the places it stood in.
A place is a scrubbed path or the name of a field, so nothing here is a person's; it is for those who may change the
site's settings. Values are not stored anywhere.
"""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import msgspec

from clickhouse.ask.question import QuestionError
from clickhouse.client import Store

ELSEWHERE = "(elsewhere)"
"""What the collector says once a day of a site has named enough places."""
MOST_ROWS = 5_000
MOST_EXAMPLES = 20
BY_PLACE = (files("clickhouse") / "questions" / "redactions_by_place.sql").read_text(encoding="utf-8")


class LeakPlace(msgspec.Struct, frozen=True):
    """A place, and in how many events something stood there; `latest` is the last day it did."""

    place: str
    events: int
    latest: date


class Leak(msgspec.Struct, frozen=True):
    """One kind of personal value that had to be taken out."""

    kind: str
    events: int
    places: int
    """How many places are known; there may be more."""
    examples: tuple[LeakPlace, ...]
    latest: date


def ask_redactions(store: Store, site_id: int, first: date, last: date) -> list[Leak]:
    """Answer for the days `first` to `last`, both inclusive. Blocks. Raises QuestionError, StoreError."""
    if last < first:
        raise QuestionError("the period ends before it begins")
    binds = {"site": site_id, "first": first, "last": last, "most": MOST_ROWS}
    by_kind: dict[str, list[LeakPlace]] = {}
    for kind, place, events, latest in store.query(BY_PLACE, binds, name="redactions"):
        by_kind.setdefault(kind, []).append(LeakPlace(place, events, latest))
    leaks = [_leak(kind, places) for kind, places in by_kind.items()]
    return sorted(leaks, key=lambda leak: (-leak.events, leak.kind))


def _leak(kind: str, places: list[LeakPlace]) -> Leak:
    named = [place for place in places if place.place != ELSEWHERE]
    return Leak(
        kind=kind,
        events=sum(place.events for place in places),
        places=len(named),
        examples=tuple(named[:MOST_EXAMPLES]),
        latest=max(place.latest for place in places),
    )
