"""Peppers: 32 random bytes per site, with which the cookie of a visitor who agreed becomes a number.

In: nothing but the sites there are. Out: the pepper of each, made when it is first asked for. Unlike a salt it stays,
because a consented visitor is known again: it is in the registry, in no log and in no analytics store, and it is
deleted with its site; from then on no number of that site leads back to a cookie, not even for who holds the cookie.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from sqlalchemy import Connection, select

from registry.database import Conflict, Database
from registry.tables import sites
from registry.tables_visitors import peppers

PEPPER_BYTES = 32


class Peppers:
    """The facet of peppers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Mapping[int, bytes]:
        """Return the pepper of every site; make those that are missing."""
        with self._database.read() as connection:
            # First what is missing: where nothing is, what is read after it is complete.
            if not _missing(connection):
                return _known(connection)
        try:
            with self._database.write() as connection:
                now = self._database.now()
                rows = [
                    {"site_id": site_id, "pepper": os.urandom(PEPPER_BYTES), "created_at": now}
                    for site_id in _missing(connection)
                ]
                if rows:
                    connection.execute(peppers.insert(), rows)
                return _known(connection)
        except Conflict:
            # Another process was quicker: its peppers are the ones.
            return self.all()


def _known(connection: Connection) -> dict[int, bytes]:
    return {row.site_id: bytes(row.pepper) for row in connection.execute(peppers.select())}


def _missing(connection: Connection) -> list[int]:
    without = select(sites.c.id).where(sites.c.id.not_in(select(peppers.c.site_id)))
    return list(connection.scalars(without))
