"""Goals: what a site hopes its visitors do, as a page pattern or the name of a feature.

In: a host and a pattern (`/thanks`, `/orders/*/done`, `/docs/**`) or a feature's name. Out: `Goal` values. A goal is
only a definition: it is counted over what is kept already, so it holds for the past too, and removing it loses nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Row

from registry import tables
from registry.database import Conflict, Database, insert_value
from registry.errors import AlreadyThere, NotAllowed, NotThere
from registry.setting import path_pattern, plain_text
from registry.sites import find_site

GoalKind = Literal["page", "feature"]


class Goal(msgspec.Struct, frozen=True):
    """A goal; `pattern` is a path pattern (`*`: within a part of the path, `**`: across parts) or a feature's name."""

    id: int
    site_id: int
    name: str
    kind: GoalKind
    pattern: str
    created_at: datetime


class Goals:
    """The facet of goals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, site_host: str, *, page: str = "", feature: str = "", name: str = "") -> Goal:
        """Add a goal on a page pattern or on a feature, one of the two; it is called as it reads unless named."""
        kind, pattern = _checked(page, feature)
        title = _plain(name.strip() or (f"Visit {pattern}" if kind == "page" else pattern))
        try:
            with self._database.write() as connection:
                site = find_site(connection, site_host)
                goal = Goal(0, site.id, title, kind, pattern, self._database.now())
                return insert_value(connection, tables.goals, goal)
        except Conflict:
            raise AlreadyThere(f"this site has a goal {title!r} already") from None

    def list(self, site_host: str) -> list[Goal]:
        """Return the goals of a site, by name."""
        with self._database.read() as connection:
            site = find_site(connection, site_host)
            wanted = tables.goals.select().where(tables.goals.c.site_id == site.id).order_by(tables.goals.c.name)
            return [_goal(row) for row in connection.execute(wanted)]

    def remove(self, site_host: str, name: str) -> None:
        """Forget the goal of that name (or number), or raise `NotThere`."""
        with self._database.write() as connection:
            site = find_site(connection, site_host)
            called = tables.goals.c.name == _plain(name)
            if name.isdecimal() and len(name) < 10:
                called |= tables.goals.c.id == int(name)
            mine = (tables.goals.c.site_id == site.id) & called
            if not connection.execute(tables.goals.delete().where(mine)).rowcount:
                raise NotThere(f"{site.host} has no goal {name!r}; `footfall goal list --site {site.host}` shows all")


def _checked(page: str, feature: str) -> tuple[GoalKind, str]:
    if bool(page.strip()) == bool(feature.strip()):
        raise NotAllowed("a goal is a page pattern or a feature: give one of the two")
    try:
        return ("page", path_pattern(page.strip())) if page.strip() else ("feature", plain_text(feature.strip()))
    except ValueError as error:
        raise NotAllowed(str(error)) from None


def _plain(text: str) -> str:
    try:
        return plain_text(text)
    except ValueError as error:
        raise NotAllowed(f"the goal's name is {error}") from None


def _goal(row: Row[Any]) -> Goal:
    return Goal(row.id, row.site_id, row.name, row.kind, row.pattern, row.created_at)
