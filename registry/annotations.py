"""Annotations: what happened on a day, in a few words, beside what was counted on it.

In: a host, a day of the site's own calendar, a text. Out: `Annotation` values. They say something about the site, never
about a visitor, and change nothing that is counted.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from registry.database import Database, count_rows, insert_value
from registry.errors import NotAllowed, NotThere
from registry.setting import plain_text
from registry.sites import find_site
from registry.tables_report import annotated

MOST = 1000
"""Annotations of a site."""
FIRST_YEAR, LAST_YEAR = 1971, 2199


class Annotation(msgspec.Struct, frozen=True):
    """A few words about a day."""

    id: int
    site_id: int
    day: date
    text: str
    created_by: str
    created_at: datetime


class Annotations:
    """The facet of annotations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, site_host: str, day: date, text: str, *, by: str) -> Annotation:
        """Note something about a day."""
        words = _checked(day, text)
        with self._database.write() as connection:
            site = find_site(connection, site_host)
            mine = annotated.c.site_id == site.id
            if count_rows(connection, annotated, mine) >= MOST:
                raise NotAllowed(f"a site has up to {MOST} notes: remove some that nobody needs")
            note = Annotation(0, site.id, day, words, by, self._database.now())
            return insert_value(connection, annotated, note)

    def list(self, site_host: str, first: date, last: date) -> list[Annotation]:
        """Return the notes about `first` to `last`, both included, in order."""
        with self._database.read() as connection:
            site = find_site(connection, site_host)
            mine = (annotated.c.site_id == site.id) & annotated.c.day.between(first, last)
            wanted = annotated.select().where(mine).order_by(annotated.c.day, annotated.c.id)
            return [_annotation(row) for row in connection.execute(wanted)]

    def remove(self, site_host: str, annotation_id: int) -> None:
        """Forget a note, or raise `NotThere`."""
        with self._database.write() as connection:
            site = find_site(connection, site_host)
            mine = (annotated.c.site_id == site.id) & (annotated.c.id == annotation_id)
            if not connection.execute(annotated.delete().where(mine)).rowcount:
                raise NotThere(f"{site.host} has no note {annotation_id}")


def _checked(day: date, text: str) -> str:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NotAllowed(f"a note is about a day of the years {FIRST_YEAR} to {LAST_YEAR}")
    try:
        words = plain_text(text.strip())
    except ValueError as error:
        raise NotAllowed(f"the note is {error}") from None
    if not words:
        raise NotAllowed("a note needs a text")
    return words


def _annotation(row: Row[Any]) -> Annotation:
    return Annotation(row.id, row.site_id, row.day, row.text, row.created_by, row.created_at)
