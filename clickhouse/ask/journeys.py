"""Journeys: which pages come after a page, or before it, step by step.

In: a Scope, a page (none: from where visits begin), a direction. Out: Hops, each from a page of one step to a page of
the next. Under a guard a page's rare ways on are left out, and with them as many more as it takes that what is left
out tells of nobody: so a page may show fewer visits going on than came.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import msgspec

from clickhouse.ask.guard import OTHER, Guard, fold_rows
from clickhouse.ask.odd import Scope, ask_rows, too_few
from clickhouse.client import Store

MOST_STEPS = 5
NAMED = 6
"""Pages of a step that are told by name."""


class Hop(msgspec.Struct, frozen=True):
    """So many visits went from a page to another; `there` is empty where the visit ended (looking back: began)."""

    step: int
    """Of `here`, from 1."""
    here: str
    there: str
    visits: int


class Journeys(msgspec.Struct, frozen=True):
    """The ways, or `fewer_than` people walk there at all."""

    hops: tuple[Hop, ...]
    fewer_than: int = 0


def ask_journeys(store: Store, scope: Scope, page: str = "", *, back: bool = False, steps: int = MOST_STEPS,
                 guard: Guard = Guard.EXACT) -> Journeys:  # fmt: skip
    """Answer for up to `steps` pages in a row. Blocks."""
    if fewer := too_few(store, scope, guard):
        return Journeys((), fewer)
    values = {"page": page, "back": back, "steps": steps, "most": NAMED, "other": OTHER}
    rows = [Row(*row) for row in ask_rows(store, "journeys", scope, "whole visits", values)]
    return Journeys(tuple(released(rows, guard) if guard.population else [row.hop() for row in rows]))


class Row(msgspec.Struct, frozen=True):
    step: int
    here: str
    there: str
    visits: int
    visitors: int

    def hop(self) -> Hop:
        return Hop(self.step, self.here, self.there, self.visits)


def released(rows: Iterable[Row], guard: Guard) -> Iterable[Hop]:
    """Leave out what fewer than k walked, and all that leads on from a page nobody is shown to reach."""
    reached: set[tuple[int, str]] = set()
    ordered = sorted(rows, key=lambda row: (row.step, row.here))
    for (step, here), group in groupby(ordered, key=lambda row: (row.step, row.here)):
        ways = list(group)
        if step > 1 and (step, here) not in reached:
            continue
        for way in fold_rows(ways, guard, lambda way: way.visitors) or ():
            reached.add((step + 1, way.there))
            yield way.hop()
