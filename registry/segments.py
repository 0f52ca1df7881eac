"""Segments: filters that a team looks through again and again, saved under a name.

In: a host, a name, and filters as the query string has them. Out: `Segment` values. What a filter may say is the
dashboard's to check, before and after; here it is text that comes back as it went in. A segment is only a definition:
removing it loses nothing, and a link that names it says that it is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from registry.database import Conflict, Database, count_rows, insert_value
from registry.errors import AlreadyThere, NotAllowed, NotThere
from registry.setting import plain_text
from registry.sites import find_site
from registry.tables_report import segments

MOST = 100
"""Segments of a site."""
MOST_FILTERS = 20
LONGEST_FILTER = 4000


class Segment(msgspec.Struct, frozen=True):
    """Some filters, all of which hold."""

    id: int
    site_id: int
    name: str
    filters: tuple[str, ...]
    created_by: str
    created_at: datetime


class Segments:
    """The facet of segments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, site_host: str, name: str, filters: Sequence[str], *, by: str) -> Segment:
        """Save filters under a name."""
        title, kept = _checked(name, filters)
        try:
            with self._database.write() as connection:
                site = find_site(connection, site_host)
                mine = segments.c.site_id == site.id
                if count_rows(connection, segments, mine) >= MOST:
                    raise NotAllowed(f"a site has up to {MOST} segments: remove one that nobody uses")
                segment = Segment(0, site.id, title, kept, by, self._database.now())
                return insert_value(connection, segments, segment, filters=list(kept))
        except Conflict:
            raise AlreadyThere(f"this site has a segment {title!r} already") from None

    def list(self, site_host: str) -> list[Segment]:
        """Return the segments of a site, by name."""
        with self._database.read() as connection:
            site = find_site(connection, site_host)
            wanted = segments.select().where(segments.c.site_id == site.id).order_by(segments.c.name).limit(MOST)
            return [_segment(row) for row in connection.execute(wanted)]

    def remove(self, site_host: str, segment_id: int) -> None:
        """Forget a segment, or raise `NotThere`."""
        with self._database.write() as connection:
            site = find_site(connection, site_host)
            mine = (segments.c.site_id == site.id) & (segments.c.id == segment_id)
            if not connection.execute(segments.delete().where(mine)).rowcount:
                raise NotThere(f"{site.host} has no segment {segment_id}")


def _checked(name: str, filters: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    try:
        title = plain_text(name.strip())
    except ValueError as error:
        raise NotAllowed(f"the segment's name is {error}") from None
    if not title:
        raise NotAllowed("a segment needs a name")
    if not 1 <= len(filters) <= MOST_FILTERS or any(len(one) > LONGEST_FILTER for one in filters):
        raise NotAllowed(f"a segment is made of 1 to {MOST_FILTERS} filters of up to {LONGEST_FILTER} characters")
    return title, tuple(filters)


def _segment(row: Row[Any]) -> Segment:
    filters = msgspec.convert(row.filters, tuple[str, ...])
    return Segment(row.id, row.site_id, row.name, filters, row.created_by, row.created_at)
