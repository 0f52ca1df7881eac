"""Declared features: what a site says it offers, so that what nobody uses can be seen too.

In: a host and the name of a feature as the page tells it, with a line about it. Out: `DeclaredFeature` values. It is
only a list of names: an event of a feature that is not declared counts all the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from registry.database import Conflict, Database, insert_value
from registry.errors import AlreadyThere, NotAllowed, NotThere
from registry.setting import plain_text
from registry.sites import find_site
from registry.tables_report import declared_features

MOST = 500
"""Features of a site; a list that nobody reads to its end declares nothing."""


class DeclaredFeature(msgspec.Struct, frozen=True):
    """A feature that the site says it has."""

    id: int
    site_id: int
    name: str
    about: str
    created_at: datetime


class Features:
    """The facet of declared features."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, site_host: str, name: str, about: str = "") -> DeclaredFeature:
        """Declare a feature by the name its events have."""
        name, about = checked(name, about)
        try:
            with self._database.write() as connection:
                site = find_site(connection, site_host)
                feature = DeclaredFeature(0, site.id, name, about, self._database.now())
                return insert_value(connection, declared_features, feature)
        except Conflict:
            raise AlreadyThere(f"this site has declared {name!r} already") from None

    def list(self, site_host: str) -> list[DeclaredFeature]:
        """Return the declared features of a site, by name."""
        with self._database.read() as connection:
            site = find_site(connection, site_host)
            mine = declared_features.c.site_id == site.id
            wanted = declared_features.select().where(mine).order_by(declared_features.c.name).limit(MOST)
            return [_feature(row) for row in connection.execute(wanted)]

    def remove(self, site_host: str, name: str) -> None:
        """Declare a feature no more, or raise `NotThere`; its events stay."""
        with self._database.write() as connection:
            site = find_site(connection, site_host)
            mine = (declared_features.c.site_id == site.id) & (declared_features.c.name == name)
            if not connection.execute(declared_features.delete().where(mine)).rowcount:
                raise NotThere(f"{site.host} has declared no feature {name!r}")


def checked(name: str, about: str) -> tuple[str, str]:
    try:
        name, about = plain_text(name.strip()), plain_text(about.strip())
    except ValueError as error:
        raise NotAllowed(f"the feature's name or description is {error}") from None
    if not name or name in ("pageview", "engagement"):
        raise NotAllowed("a feature needs a name of its own, as its events have it")
    return name, about


def _feature(row: Row[Any]) -> DeclaredFeature:
    return DeclaredFeature(row.id, row.site_id, row.name, row.about, row.created_at)
