"""Keeping: what was promised about how long rows stay, and when it was last proved.

In: proofs of the nightly work, days that a person confirmed. Out: the last proof of each site, and the limits that
were in force since when. A promise is never broken backwards: `first_day_of` gives a day the shortest limit that was in
force on it or after it, so lengthening a limit holds for what comes later only. Limits are read from the history of
settings, which nobody can alter. It deletes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Row, func, select

from registry.database import Database
from registry.site import Site
from registry.tables import site_changes
from registry.tables_keeping import confirmed_dates, retention_proofs

NEVER = 0
"""A number of days that means: no limit."""


class Proof(msgspec.Struct, frozen=True):
    """A night whose work was proved by reading. `first_day`: nothing older was there; `site_id` 0: of no known site."""

    site_id: int
    night: date
    first_day: date
    proved_at: datetime
    tables: int
    told: str = ""


class Limit(msgspec.Struct, frozen=True):
    """So many days were kept (0: no limit), from this moment on; None: from the beginning."""

    since: datetime | None
    days: int


class Keeping:
    """The facet of promises kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note_proofs(self, proofs: Iterable[Proof]) -> None:
        """Keep the newest proof of each site."""
        with self._database.write() as connection:
            for proof in proofs:
                mine = retention_proofs.c.site_id == proof.site_id
                connection.execute(retention_proofs.delete().where(mine))
                connection.execute(retention_proofs.insert().values(msgspec.structs.asdict(proof)))

    def last_proofs(self) -> Mapping[int, Proof]:
        """Return the last proof of every site; 0 stands for rows of no known site."""
        with self._database.read() as connection:
            rows = connection.execute(retention_proofs.select())
            return {row.site_id: _proof(row) for row in rows}

    def last_proof(self, site_id: int) -> Proof | None:
        """Return when and how it was last proved that a site keeps no more than it says."""
        return self.last_proofs().get(site_id)

    def confirm_date(self, day: date, *, by: str) -> None:
        """Note that a person said: it is really this day."""
        row = {"day": day, "confirmed_by": by, "confirmed_at": self._database.now()}
        with self._database.write() as connection:
            connection.execute(confirmed_dates.delete().where(confirmed_dates.c.day == day))
            connection.execute(confirmed_dates.insert().values(row))

    def confirmed_date(self) -> date | None:
        """Return the latest day that a person confirmed."""
        with self._database.read() as connection:
            latest: date | None = connection.scalar(select(func.max(confirmed_dates.c.day)))
        return latest

    def limits(self, key: str) -> Mapping[int, Sequence[Limit]]:
        """Return what a setting of days was for each site that ever changed it, oldest first."""
        asked = site_changes.select().where(site_changes.c.key == key).order_by(site_changes.c.id)
        found: dict[int, list[Limit]] = {}
        with self._database.read() as connection:
            for row in connection.execute(asked):
                history = found.setdefault(row.site_id, [Limit(None, int(row.before or 0))])
                history.append(Limit(row.at, int(row.after or 0)))
        return found


def first_day_of(site: Site, days: int, history: Sequence[Limit], today: date) -> date:
    """Return the first day that a site still keeps.

    `history` is what `Keeping.limits` tells; the limit of now is `days`. The day of a change keeps the older promise.
    """
    zone = ZoneInfo(site.timezone)
    begins = [limit.since.astimezone(zone).date() if limit.since else date.min for limit in history] or [date.min]
    spans = [_span(limit.days) for limit in history[:-1]] + [_span(days)]
    first = date.min
    for number, begin in enumerate(begins):
        kept = min(spans[number:])
        earliest = date.min if kept == timedelta.max else today - kept
        first = max(begin if number == 0 else begin + timedelta(days=1), earliest)
        is_last = number + 1 == len(begins)
        if is_last or first <= begins[number + 1]:
            return first
    return first


def _span(days: int) -> timedelta:
    return timedelta.max if days == NEVER else timedelta(days=days)


def _proof(row: Row[Any]) -> Proof:
    return Proof(**row._mapping)  # noqa: SLF001  # the public name of a row's columns
