"""Users: the people who may look, and what each may do on which site.

In: e-mail addresses, passwords, roles. Out: `User` and `Grant` values. A change of password ends every session of that
user, in the same transaction. A grant for one site counts before a grant for every site. When the last owner of
everything goes, setup.py lets a new one in. Slowing down guesses is the dashboard's work.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, select

from registry import tables
from registry.database import Conflict, Database, insert_row
from registry.errors import AlreadyThere, NotAllowed, NotThere
from registry.passwords import Passwords
from registry.sites import find_site

Role = Literal["owner", "admin", "analyst", "viewer", "dpo"]
ROLES: tuple[Role, ...] = get_args(Role)


class User(msgspec.Struct, frozen=True):
    """A person who may sign in."""

    id: int
    email: str
    created_at: datetime


class Grant(msgspec.Struct, frozen=True):
    """What a user may do; `site_id` None: on every site, those to come included."""

    role: Role
    site_id: int | None
    host: str | None


class Users:
    """The facet of users."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._passwords = Passwords()

    def add(self, email: str, password: str, role: str, site_host: str | None = None) -> User:
        """Add a user with a first grant; raise `NotAllowed`, `AlreadyThere` or `NotThere` (the site)."""
        address, hashed = checked_email(email), self._passwords.hash(password)
        try:
            with self._database.write() as connection:
                user = insert_user(connection, address, hashed, self._database.now())
                _put_grant(connection, user.id, role, site_host)
        except Conflict:
            raise AlreadyThere(f"{address} is here already; `footfall user grant` gives another role") from None
        return user

    def list(self) -> Sequence[User]:
        """Return every user, by address."""
        with self._database.read() as connection:
            return [_user(row) for row in connection.execute(tables.users.select().order_by(tables.users.c.email))]

    def get(self, email: str) -> User:
        """Return the user with this address, or raise `NotThere`."""
        with self._database.read() as connection:
            return _user(_find(connection, email))

    def remove(self, email: str) -> None:
        """Forget a user with grants and sessions; raise `NotThere`."""
        with self._database.write() as connection:
            row = _find(connection, email)
            connection.execute(tables.users.delete().where(tables.users.c.id == row.id))

    def check(self, email: str, password: str) -> User | None:
        """Return the user if address and password fit; takes the same time when there is no such user."""
        row = self._row_of(email)
        if not self._passwords.fits(row.password_hash if row else None, password) or row is None:
            return None
        if self._passwords.is_outdated(row.password_hash):
            with self._database.write() as connection:
                connection.execute(_with_hash(row.id, self._passwords.hash(password)))
        return _user(row)

    def _row_of(self, email: str) -> Row[Any] | None:
        try:
            with self._database.read() as connection:
                return _find(connection, email)
        except (NotAllowed, NotThere):
            return None

    def set_password(self, email: str, password: str) -> None:
        """Change a password and end every session of that user."""
        hashed = self._passwords.hash(password)
        with self._database.write() as connection:
            row = _find(connection, email)
            connection.execute(_with_hash(row.id, hashed))
            connection.execute(tables.sessions.delete().where(tables.sessions.c.user_id == row.id))

    def grant(self, email: str, role: str, site_host: str | None = None) -> None:
        """Give a role on a site (None: on every site), in place of an earlier one there."""
        with self._database.write() as connection:
            _put_grant(connection, _find(connection, email).id, role, site_host)

    def revoke(self, email: str, site_host: str | None = None) -> None:
        """Take the grant for a site (None: the one for every site) away."""
        with self._database.write() as connection:
            row = _find(connection, email)
            there = _grant_at(connection, row.id, site_host)
            if not connection.execute(tables.grants.delete().where(there)).rowcount:
                raise NotThere(f"{row.email} has no role of their own on {site_host or 'every site'}")

    def grants(self, user: User) -> Sequence[Grant]:
        """Return what a user may do: the grant for every site first, then by host."""
        joined = tables.grants.outerjoin(tables.sites, tables.grants.c.site_id == tables.sites.c.id)
        columns = (tables.grants.c.role, tables.grants.c.site_id, tables.sites.c.host)
        wanted = select(*columns).select_from(joined).where(tables.grants.c.user_id == user.id)
        with self._database.read() as connection:
            found = [Grant(row.role, row.site_id, row.host) for row in connection.execute(wanted)]
        return sorted(found, key=lambda grant: grant.host or "")

    def role_at(self, user: User, site_id: int) -> Role | None:
        """Return a user's role on a site: the grant for that site, else the one for every site, else None."""
        by_site = {grant.site_id: grant.role for grant in self.grants(user)}
        return by_site.get(site_id, by_site.get(None))


def checked_email(text: str) -> str:
    """Return an address in lower case, or raise `NotAllowed`; whether it receives mail is not asked."""
    address = text.strip().lower()
    if not re.fullmatch(r"[^\s@,<>\"]{1,64}@[^\s@,<>\"]{1,189}", address) or not address.isprintable():
        raise NotAllowed(f"{text!r} is not an e-mail address")
    return address


def checked_role(text: str) -> Role:
    """Return a role, or raise `NotAllowed` with all there are."""
    for role in ROLES:
        if text == role:
            return role
    raise NotAllowed(f"{text!r} is not a role; roles are: {', '.join(ROLES)}")


def insert_user(connection: Connection, address: str, password_hash: str, now: datetime) -> User:
    """Write a user's row, without any grant, within the caller's transaction."""
    row = {"email": address, "password_hash": password_hash, "created_at": now}
    number = insert_row(connection, tables.users, row)
    return User(number, address, now)


def _put_grant(connection: Connection, user_id: int, role: str, site_host: str | None) -> None:
    checked = checked_role(role)
    site_id = None if site_host is None else find_site(connection, site_host).id
    connection.execute(tables.grants.delete().where(_grant_at(connection, user_id, site_host)))
    connection.execute(tables.grants.insert().values(user_id=user_id, site_id=site_id, role=checked))


def _grant_at(connection: Connection, user_id: int, site_host: str | None) -> ColumnElement[bool]:
    site_id = None if site_host is None else find_site(connection, site_host).id
    return (tables.grants.c.user_id == user_id) & (tables.grants.c.site_id.is_not_distinct_from(site_id))


def _find(connection: Connection, email: str) -> Row[Any]:
    address = checked_email(email)
    row = connection.execute(tables.users.select().where(tables.users.c.email == address)).first()
    if row is None:
        raise NotThere(f"there is no user {address}; `footfall user list` shows all")
    return row


def _user(row: Row[Any]) -> User:
    return User(row.id, row.email, row.created_at)


def _with_hash(user_id: int, password_hash: str) -> Any:
    return tables.users.update().where(tables.users.c.id == user_id).values(password_hash=password_hash)
