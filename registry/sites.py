"""Sites: added, changed, frozen, restored, deleted; every change told in a history that nobody can alter.

In: hosts and settings as people type them. Out: `Site` values. Each change is one transaction that also raises
`revision()`, which is how the collector's snapshot notices. States: active -> frozen (7 days to restore) -> deleting
-> gone. A frozen site's events are refused by the collector; its rows in the store are erased by the server
(an order, see orders.py) before `purge` forgets the site here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from registry import tables
from registry.database import Conflict, Database, insert_row
from registry.errors import AlreadyThere, NotAllowed, NotThere, WrongState
from registry.hosts import site_host
from registry.looks import drop_site
from registry.orders import ending, new_order
from registry.site import Site, State, site_of
from registry.site_settings import apply, differences
from registry.tables_keeping import partings, removal_wishes

COMMAND_LINE = "command line"
"""Who acts when nobody has signed in: the person at the machine itself."""

FREEZE = timedelta(days=7)

_OWN_COLUMNS = ("id", "host", "state", "frozen_until")
"""Fields of `Site` that are columns; every other one stands in `settings`."""


class SiteChange(msgspec.Struct, frozen=True):
    """One line of a site's history: values as they are typed at `site set`."""

    at: datetime
    actor: str
    key: str
    before: str
    after: str


class Sites:
    """The facet of sites."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, host: str, *, by: str = COMMAND_LINE, **settings: str) -> Site:
        """Add a site with settings as typed; raise `NotAllowed` or `AlreadyThere`."""
        plain = Site(id=0, host=site_host(host))
        wanted = apply(plain, {"preset": plain.preset} | settings)
        row = {"host": wanted.host, "state": "active", "created_at": self._database.now(), "settings": _kept(wanted)}
        try:
            with self._database.write() as connection:
                self._refuse_taken_alias(connection, wanted)
                number = insert_row(connection, tables.sites, row)
                site = msgspec.structs.replace(wanted, id=number)
                self._tell(connection, site, by, [("site", "", "added"), *differences(plain, site)])
        except Conflict:
            raise AlreadyThere(f"the site {plain.host} is here already") from None
        return site

    def list(self) -> Sequence[Site]:
        """Return every site, by host."""
        with self._database.read() as connection:
            return [_site(row) for row in connection.execute(tables.sites.select().order_by(tables.sites.c.host))]

    def get(self, host: str) -> Site:
        """Return the site of `host` (with or without `www.`), or raise `NotThere`."""
        with self._database.read() as connection:
            return find_site(connection, host)

    def set(self, host: str, changes: Mapping[str, str], *, by: str = COMMAND_LINE) -> Site:
        """Change settings as typed; raise `NotAllowed` or `NotThere`."""
        with self._database.write() as connection:
            before = find_site(connection, host, to_change=True)
            after = apply(before, changes)
            self._refuse_taken_alias(connection, after)
            told = differences(before, after)
            if told:
                connection.execute(_update(before.id, settings=_kept(after)))
                self._tell(connection, after, by, told)
            if before.timezone != after.timezone:
                # A day of the new zone must not share its key with a day of the old one (privacy promise).
                order = new_order("forget_salt", {"site_id": after.id}, by, self._database.now())
                insert_row(connection, tables.orders, order)
        return after

    def freeze(self, host: str, *, by: str = COMMAND_LINE) -> Site:
        """Stop counting; the site is deleted in 7 days unless it is restored. Freezing twice changes nothing."""
        with self._database.write() as connection:
            site = find_site(connection, host, to_change=True)
            if site.state == "active":
                site = self._move(connection, site, "frozen", by, until=self._database.now() + FREEZE)
        return site

    def restore(self, host: str, *, by: str = COMMAND_LINE) -> Site:
        """Count again; raise `WrongState` unless the site is frozen."""
        with self._database.write() as connection:
            site = find_site(connection, host, to_change=True)
            if site.state != "frozen":
                raise WrongState(f"{site.host} is {site.state}: only a frozen site can be restored")
            for said in (partings, removal_wishes):
                connection.execute(said.delete().where(said.c.site_id == site.id))
            return self._move(connection, site, "active", by)

    def condemn(self, host: str, *, by: str = COMMAND_LINE) -> Site:
        """Mark a site as being deleted: from here there is no way back."""
        with self._database.write() as connection:
            site = find_site(connection, host, to_change=True)
            return site if site.state == "deleting" else self._move(connection, site, "deleting", by)

    def overdue(self) -> Sequence[Site]:
        """Return frozen sites whose 7 days are over."""
        frozen = tables.sites.c.state == "frozen"
        late = tables.sites.select().where(frozen & (tables.sites.c.frozen_until <= self._database.now()))
        with self._database.read() as connection:
            return [_site(row) for row in connection.execute(late)]

    def by_id(self, site_id: int) -> Site | None:
        """Return the site of that number, or None."""
        with self._database.read() as connection:
            row = connection.execute(tables.sites.select().where(tables.sites.c.id == site_id)).first()
        return None if row is None else _site(row)

    def purge(self, host: str, *, order_id: int | None = None, certificate: Mapping[str, Any] | None = None) -> None:
        """Forget the site and what hangs on it: history, grants, keys, goals. The store must be erased before.

        The order that asked for it is done in the same transaction, so its certificate cannot be lost.
        """
        with self._database.write(forgets=True) as connection:
            site = find_site(connection, host, to_change=True)
            drop_site(connection, site.id)
            connection.execute(tables.sites.delete().where(tables.sites.c.id == site.id))
            _raise_revision(connection)
            if order_id is not None:
                connection.execute(ending(order_id, "done", certificate or {}, self._database.now()))

    def history(self, host: str) -> Sequence[SiteChange]:
        """Return who changed what when, oldest first."""
        changes = tables.site_changes
        with self._database.read() as connection:
            site = find_site(connection, host)
            rows = connection.execute(changes.select().where(changes.c.site_id == site.id).order_by(changes.c.id))
            return [SiteChange(row.at, row.actor, row.key, row.before, row.after) for row in rows]

    def revision(self) -> int:
        """Return a number that grows with every change to a site."""
        with self._database.read() as connection:
            return int(connection.scalar(select(tables.revision.c.number)) or 0)

    def _move(self, connection: Connection, site: Site, state: State, by: str, until: datetime | None = None) -> Site:
        connection.execute(_update(site.id, state=state, frozen_until=until))
        self._tell(connection, site, by, [("state", site.state, state)])
        return msgspec.structs.replace(site, state=state, frozen_until=until)

    def _tell(self, connection: Connection, site: Site, by: str, changes: Iterable[tuple[str, str, str]]) -> None:
        now = self._database.now()
        rows = [
            {"site_id": site.id, "at": now, "actor": by, "key": key, "before": before, "after": after}
            for key, before, after in changes
        ]
        connection.execute(tables.site_changes.insert(), rows)
        _raise_revision(connection)

    @staticmethod
    def _refuse_taken_alias(connection: Connection, site: Site) -> None:
        if not site.alias:
            return
        for row in connection.execute(tables.sites.select().where(tables.sites.c.id != site.id)):
            taken = {alias.lower() for alias in site.alias} & {alias.lower() for alias in _site(row).alias}
            if taken:
                raise NotAllowed(f"the alias {min(taken)} already means {row.host}")


def find_site(connection: Connection, host: str, *, to_change: bool = False) -> Site:
    """Return the site of `host`, or raise `NotThere`; `to_change` keeps others from changing it meanwhile."""
    wanted = site_host(host)
    named = tables.sites.select().where(tables.sites.c.host == wanted)
    row = connection.execute(named.with_for_update() if to_change else named).first()
    if row is None:
        raise NotThere(f"there is no site {wanted}; `footfall site list` shows all, `footfall site add` adds one")
    return _site(row)


def _site(row: Row[Any]) -> Site:
    return site_of(row.settings, **{name: getattr(row, name) for name in _OWN_COLUMNS})


def _kept(site: Site) -> dict[str, object]:
    fields: dict[str, object] = msgspec.to_builtins(site)
    return {name: value for name, value in fields.items() if name not in _OWN_COLUMNS}


def _update(site_id: int, **values: object) -> Any:
    return tables.sites.update().where(tables.sites.c.id == site_id).values(values)


def _raise_revision(connection: Connection) -> None:
    connection.execute(tables.revision.update().values(number=tables.revision.c.number + 1))
