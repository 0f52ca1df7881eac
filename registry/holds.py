"""Holds: days of a site that must not be deleted for now, because a law or a dispute asks for them.

In: a site, days `[since, until)`, a reason, who placed it, and a day on which it has to be looked at again
(compulsory). Out: the holds, and the sentence that is told to whoever wanted these days erased. A hold ends only when
somebody releases it; one whose day of review has passed is told by `overdue`. What a hold does to rows is not known
here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row

from registry.database import Database, insert_row
from registry.errors import NotAllowed, NotThere, WrongState
from registry.tables_keeping import holds

LONGEST_REVIEW = timedelta(days=366)
MAX_REASON = 300


class Hold(msgspec.Struct, frozen=True):
    """Days of a site that stay, unseen."""

    id: int
    site_id: int
    since: date
    until: date
    reason: str
    placed_by: str
    placed_at: datetime
    review_at: date
    released_at: datetime | None = None
    released_by: str | None = None

    @property
    def sentence(self) -> str:
        """What somebody is told who wanted these days erased."""
        return f"restricted, not erased, because {self.reason} (to be reviewed on {self.review_at})"


class Holds:
    """The facet of holds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, site_id: int, since: date, until: date, reason: str, review_at: date, *, by: str) -> Hold:
        """Place a hold; raise `NotAllowed` for empty days, no reason, or a review that is past or too far away."""
        now = self._database.now()
        reason = " ".join(reason.split())
        if since >= until:
            raise NotAllowed("a hold needs at least one day: --until is the first day that it does not cover")
        if not reason or len(reason) > MAX_REASON:
            raise NotAllowed(f"a hold needs a reason of at most {MAX_REASON} characters: it is told to who asks")
        if not now.date() < review_at <= now.date() + LONGEST_REVIEW:
            raise NotAllowed("a hold needs a day of review, after today and within a year (--review)")
        row = {
            "site_id": site_id,
            "since": since,
            "until": until,
            "reason": reason,
            "placed_by": by,
            "placed_at": now,
            "review_at": review_at,
        }
        with self._database.write() as connection:
            number = insert_row(connection, holds, row)
        return self.get(number)

    def get(self, number: int) -> Hold:
        with self._database.read() as connection:
            row = connection.execute(holds.select().where(holds.c.id == number)).first()
        if row is None:
            raise NotThere(f"there is no hold {number}; `footfall hold list` shows all")
        return _hold(row)

    def release(self, number: int, *, by: str) -> Hold:
        """End a hold; raise `WrongState` when it has ended."""
        hold = self.get(number)
        if hold.released_at:
            raise WrongState(f"hold {number} was released before")
        ended = {"released_at": self._database.now(), "released_by": by}
        with self._database.write() as connection:
            connection.execute(holds.update().where(holds.c.id == number).values(ended))
        return self.get(number)

    def list(self, site_id: int | None = None, *, active: bool = False) -> Sequence[Hold]:
        """Return holds, oldest first; of one site, or those that still hold."""
        wanted = holds.select().order_by(holds.c.id)
        if site_id is not None:
            wanted = wanted.where(holds.c.site_id == site_id)
        if active:
            wanted = wanted.where(holds.c.released_at.is_(None))
        with self._database.read() as connection:
            return [_hold(row) for row in connection.execute(wanted)]

    def overdue(self) -> Sequence[Hold]:
        """Return holds that should have been reviewed by now."""
        today = self._database.now().date()
        return [hold for hold in self.list(active=True) if hold.review_at < today]


def _hold(row: Row[Any]) -> Hold:
    return Hold(**row._mapping)  # noqa: SLF001  # the public name of a row's columns
