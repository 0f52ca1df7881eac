"""Partings: what owners say about the removal of a site before it is done.

In: a site, who speaks; until when a sealed backup is to be kept and for whose key; that one owner wants the site gone.
Out: the instruction, or None (nothing is kept, the default); who asked, while the wish is fresh. Both go with the site,
and the instruction when it is brought back. Nothing is sealed or removed here. Whether a key is a key is the caller's
to check.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from registry.database import Database
from registry.errors import NotAllowed
from registry.sites import FREEZE
from registry.tables_keeping import partings, removal_wishes

LONGEST = timedelta(days=366)
"""Twelve months, whichever."""
WISH = FREEZE
"""An owner who has asked waits so long for another; then it is as if nobody had asked."""


class Parting(msgspec.Struct, frozen=True):
    """Keep a backup until the end of that day, sealed for this key."""

    keep_until: date
    public_key: str
    instructed_by: str
    instructed_at: datetime


class Wish(msgspec.Struct, frozen=True):
    """An owner wants a site to be removed."""

    asked_by: str
    asked_at: datetime


class Partings:
    """The facet of partings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def instruct(self, site_id: int, keep_until: date, public_key: str, *, by: str) -> None:
        """Note that a sealed backup is to be kept; raise `NotAllowed` for a day that is over or too far away."""
        now = self._database.now()
        if not now.date() < keep_until <= now.date() + LONGEST:
            raise NotAllowed("a backup is kept until a day to come, within twelve months")
        row = {
            "site_id": site_id,
            "keep_until": keep_until,
            "public_key": public_key,
            "instructed_by": by,
            "instructed_at": now,
        }
        with self._database.write() as connection:
            connection.execute(partings.delete().where(partings.c.site_id == site_id))
            connection.execute(partings.insert().values(row))

    def of_site(self, site_id: int) -> Parting | None:
        """Return what was instructed for a site, or None."""
        with self._database.read() as connection:
            row = connection.execute(partings.select().where(partings.c.site_id == site_id)).first()
        return None if row is None else Parting(row.keep_until, row.public_key, row.instructed_by, row.instructed_at)

    def withdraw(self, site_id: int) -> None:
        """Forget that somebody wanted the site to be removed."""
        with self._database.write() as connection:
            connection.execute(removal_wishes.delete().where(removal_wishes.c.site_id == site_id))

    def wish(self, site_id: int, *, by: str) -> None:
        """Note that an owner wants the site to be removed; a later wish takes the place of an earlier one."""
        row = {"site_id": site_id, "asked_by": by, "asked_at": self._database.now()}
        with self._database.write() as connection:
            connection.execute(removal_wishes.delete().where(removal_wishes.c.site_id == site_id))
            connection.execute(removal_wishes.insert().values(row))

    def wished(self, site_id: int) -> Wish | None:
        """Return who wants the site to be removed, unless that was too long ago."""
        with self._database.read() as connection:
            row = connection.execute(removal_wishes.select().where(removal_wishes.c.site_id == site_id)).first()
        is_fresh = row is not None and self._database.now() - row.asked_at < WISH
        return Wish(row.asked_by, row.asked_at) if row is not None and is_fresh else None
