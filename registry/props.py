"""Properties: which keys a site's events have had, and what its owner said about a new one.

In: keys as the store holds them (scrubbed), once an hour; later an answer. Out: `SeenProp` values, new ones first. What
is kept of an event is decided by the site's settings alone (`props`, `prop_keys`, `redact_props`): an answer changes
those, and is remembered so that nobody is asked twice. A site has so many keys and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Row

from registry.database import Database, insert_row
from registry.errors import NotAllowed, NotThere
from registry.sites import COMMAND_LINE, Sites, find_site
from registry.tables_props import seen_props

PropAnswer = Literal["keep", "register", "redact"]
ANSWERS: tuple[PropAnswer, ...] = ("keep", "register", "redact")
MOST_KEYS = 200
"""Keys known of a site: a page that makes up a key for each event must not fill the registry."""


class SeenProp(msgspec.Struct, frozen=True):
    """A property that events of a site have had; no `answer`: its owner has not said yet what becomes of it."""

    key: str
    first_seen: datetime
    answer: PropAnswer | None = None


class Props:
    """The facet of properties."""

    def __init__(self, database: Database, sites: Sites) -> None:
        self._database = database
        self._sites = sites

    def note(self, site_id: int, keys: Iterable[str], *, is_known: bool = False) -> int:
        """Remember which keys were seen; return how many are new. `is_known`: nobody has to be asked about them."""
        new = 0
        with self._database.write() as connection:
            mine = seen_props.select().where(seen_props.c.site_id == site_id)
            known = {row.key for row in connection.execute(mine)}
            for key in sorted(set(keys) - known)[: max(0, MOST_KEYS - len(known))]:
                now = self._database.now()
                answered: Mapping[str, object] = {"answered_at": now, "answer": "keep"} if is_known else {}
                insert_row(connection, seen_props, {"site_id": site_id, "key": key, "first_seen": now, **answered})
                new += 1
        return new

    def list(self, site_host: str) -> list[SeenProp]:
        """Return all keys of a site: those that wait for an answer first, the newest first among them."""
        with self._database.read() as connection:
            site = find_site(connection, site_host)
            found = [_seen(row) for row in connection.execute(
                seen_props.select().where(seen_props.c.site_id == site.id).order_by(seen_props.c.id.desc())
            )]  # fmt: skip
        return sorted(found, key=lambda one: one.answer is not None)

    def waiting(self, site_host: str) -> Sequence[SeenProp]:
        """Return the keys that nobody has said anything about."""
        return [one for one in self.list(site_host) if one.answer is None]

    def answer(self, site_host: str, key: str, answer: str, *, by: str = COMMAND_LINE) -> None:
        """Keep a property, register it, or have its values redacted from now on. Raises NotThere or NotAllowed."""
        if answer not in ANSWERS:
            raise NotAllowed(f"a property can be answered with {', '.join(ANSWERS)}")
        site = self._sites.get(site_host)
        if "," in key and answer != "keep":
            raise NotAllowed("a property whose name has a comma cannot be put in a list: rename it in the page")
        if key not in {one.key for one in self.list(site_host)}:
            raise NotThere(f"{site.host} has seen no property {key!r}")
        registered = [one for one in site.prop_keys if one != key] + [key] * (answer == "register")
        redacted = [one for one in site.redact_props if one != key] + [key] * (answer == "redact")
        # The settings first: if we die in between, the owner is asked once more and nothing is kept that should not be.
        self._sites.set(site.host, {"prop_keys": ",".join(registered), "redact_props": ",".join(redacted)}, by=by)
        with self._database.write() as connection:
            mine = (seen_props.c.site_id == site.id) & (seen_props.c.key == key)
            told = {"answered_at": self._database.now(), "answer": answer}
            connection.execute(seen_props.update().where(mine).values(**told))


def _seen(row: Row[Any]) -> SeenProp:
    return SeenProp(row.key, row.first_seen, row.answer)
