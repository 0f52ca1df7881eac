"""Funnels: steps that a site hopes its visitors take one after the other.

In: a host, a name, 2 to 8 steps (a page pattern, a feature's name or a goal's name) and whether they must happen
within a visit or within a day. Out: `Funnel` values. A funnel is only a definition: it is counted over what is kept
already, so it holds for the past too, and removing it loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import Row

from registry.database import Conflict, Database, insert_value
from registry.errors import AlreadyThere, NotAllowed, NotThere
from registry.setting import path_pattern, plain_text
from registry.sites import find_site
from registry.tables_report import funnels

StepKind = Literal["page", "feature", "goal"]
Within = Literal["visit", "day"]
FEWEST_STEPS, MOST_STEPS = 2, 8
MOST = 100
"""Funnels of a site."""


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One step; `pattern` is a path pattern, a feature's name or a goal's name."""

    kind: StepKind
    pattern: str


class Funnel(msgspec.Struct, frozen=True):
    """A funnel."""

    id: int
    site_id: int
    name: str
    within: Within
    steps: tuple[Step, ...]
    created_at: datetime


class Funnels:
    """The facet of funnels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, site_host: str, name: str, steps: Sequence[tuple[str, str]], within: str = "visit") -> Funnel:
        """Save a funnel under a name."""
        title, walked, window = _checked(name, steps, within)
        try:
            with self._database.write() as connection:
                site = find_site(connection, site_host)
                funnel = Funnel(0, site.id, title, window, walked, self._database.now())
                return insert_value(connection, funnels, funnel, steps=msgspec.to_builtins(walked))
        except Conflict:
            raise AlreadyThere(f"this site has a funnel {title!r} already") from None

    def list(self, site_host: str) -> list[Funnel]:
        """Return the funnels of a site, by name."""
        with self._database.read() as connection:
            site = find_site(connection, site_host)
            wanted = funnels.select().where(funnels.c.site_id == site.id).order_by(funnels.c.name).limit(MOST)
            return [_funnel(row) for row in connection.execute(wanted)]

    def remove(self, site_host: str, name: str) -> None:
        """Forget the funnel of that name, or raise `NotThere`."""
        with self._database.write() as connection:
            site = find_site(connection, site_host)
            mine = (funnels.c.site_id == site.id) & (funnels.c.name == name)
            if not connection.execute(funnels.delete().where(mine)).rowcount:
                raise NotThere(f"{site.host} has no funnel {name!r}")


def _checked(name: str, steps: Sequence[tuple[str, str]], within: str) -> tuple[str, tuple[Step, ...], Within]:
    if not FEWEST_STEPS <= len(steps) <= MOST_STEPS:
        raise NotAllowed(f"a funnel has {FEWEST_STEPS} to {MOST_STEPS} steps")
    if within not in get_args(Within):
        raise NotAllowed("a funnel is walked within a visit or within a day")
    try:
        title = plain_text(name.strip())
        walked = tuple(step_of(kind, pattern) for kind, pattern in steps)
    except ValueError as error:
        raise NotAllowed(str(error)) from None
    if not title:
        raise NotAllowed("a funnel needs a name")
    return title, walked, msgspec.convert(within, Within)


def step_of(kind: str, pattern: str) -> Step:
    """Check one step; raises `NotAllowed` or ValueError."""
    if kind not in get_args(StepKind) or not pattern.strip():
        raise NotAllowed("a step is a page, a feature or a goal, and says which")
    check = path_pattern if kind == "page" else plain_text
    return Step(msgspec.convert(kind, StepKind), check(pattern.strip()))


def _funnel(row: Row[Any]) -> Funnel:
    steps = msgspec.convert(row.steps, tuple[Step, ...])
    return Funnel(row.id, row.site_id, row.name, row.within, steps, row.created_at)
