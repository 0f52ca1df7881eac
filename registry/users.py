"""Users: the people who may look, and what each may do on which site.

In: e-mail addresses, passwords, roles. Out: `User` and `Grant` values. A change of password ends every session of that
user, in the same transaction. A grant for one site counts before a grant for every site. Operator's staff (`support`)
have none until an owner gives one: for at most 24 hours, for a reason. When the last owner of everything goes, setup.py
lets a new one in. Slowing down guesses is the dashboard's work.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, select

from registry import tables
from registry.database import Conflict, Database, insert_row
from registry.errors import AlreadyThere, NotAllowed, NotThere
from registry.passwords import Passwords
from registry.setting import plain_text
from registry.sites import COMMAND_LINE, find_site

Role = Literal["owner", "admin", "analyst", "viewer", "dpo", "support"]
ROLES: tuple[Role, ...] = get_args(Role)

MOST_SUPPORT_HOURS = 24
USE_GRAIN = timedelta(days=1)


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
    id: int = 0
    granted_at: datetime | None = None
    granted_by: str = ""
    reason: str = ""
    expires_at: datetime | None = None
    used_at: datetime | None = None
    """To the day."""

    def is_valid_at(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


class Term(msgspec.Struct, frozen=True):
    """For how long, why and by whom a grant is given; support is given for hours, everyone else until it is taken."""

    by: str = COMMAND_LINE
    hours: int = 0
    reason: str = ""


UNTIL_TAKEN = Term()


class Users:
    """The facet of users."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._passwords = Passwords()

    def add(self, email: str, password: str, role: str, site_host: str | None = None, term: Term = UNTIL_TAKEN) -> User:
        """Add a user with a first grant; raise `NotAllowed`, `AlreadyThere` or `NotThere` (the site).

        The role `support` comes without a grant: an owner gives one for hours, when there is a reason.
        """
        address, hashed = checked_email(email), self._passwords.hash(password)
        try:
            with self._database.write() as connection:
                user = insert_user(connection, address, hashed, self._database.now())
                if checked_role(role) != "support":
                    _put_grant(connection, user.id, role, site_host, term, self._database.now())
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
        with self._database.write(forgets=True) as connection:
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

    def grant(self, email: str, role: str, site_host: str | None = None, term: Term = UNTIL_TAKEN) -> None:
        """Give a role on a site (None: on every site), in place of an earlier one there."""
        with self._database.write() as connection:
            user_id, now = _find(connection, email).id, self._database.now()
            _put_grant(connection, user_id, role, site_host, term, now)

    def revoke(self, email: str, site_host: str | None = None) -> None:
        """Take the grant for a site (None: the one for every site) away."""
        with self._database.write() as connection:
            row = _find(connection, email)
            there = _grant_at(connection, row.id, site_host)
            if not connection.execute(tables.grants.delete().where(there)).rowcount:
                raise NotThere(f"{row.email} has no role of their own on {site_host or 'every site'}")

    def grants(self, user: User) -> Sequence[Grant]:
        """Return what a user may do now: the grant for every site first, then by host."""
        now = self._database.now()
        with self._database.read() as connection:
            rows = connection.execute(_GRANTS.where(tables.grants.c.user_id == user.id)).all()
        return sorted((each for each in map(_grant, rows) if each.is_valid_at(now)), key=lambda grant: grant.host or "")

    def at_site(self, site_id: int) -> Sequence[tuple[str, Grant]]:
        """Return everyone who may see a site now, by address: those with a grant for every site too."""
        here = (tables.grants.c.site_id == site_id) | tables.grants.c.site_id.is_(None)
        now = self._database.now()
        with self._database.read() as connection:
            rows = connection.execute(_GRANTS.where(here).order_by(tables.users.c.email, tables.grants.c.id)).all()
        found = [(row.email, _grant(row)) for row in rows]
        return [(email, grant) for email, grant in found if grant.is_valid_at(now)]

    def mark_used(self, grant: Grant) -> None:
        """Remember that a grant was used, to the day."""
        now = self._database.now()
        if grant.used_at is None or now - grant.used_at >= USE_GRAIN:
            mine = tables.grants.c.id == grant.id
            with self._database.write() as connection:
                connection.execute(tables.grants.update().where(mine).values(used_at=now))

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


def _put_grant(
    connection: Connection, user_id: int, role: str, site_host: str | None, term: Term, now: datetime
) -> None:
    checked = checked_role(role)
    site_id = None if site_host is None else find_site(connection, site_host).id
    there = _grant_at(connection, user_id, site_host)
    if checked == "support":
        _check_support(term, site_host)
        if connection.scalar(select(tables.grants.c.role).where(there & (tables.grants.c.role != "support"))):
            raise AlreadyThere(f"they have a role on {site_host} already: take it away first")
    elif term.hours:
        raise NotAllowed("only support is let in for hours")
    connection.execute(tables.grants.delete().where(there))
    row = {"user_id": user_id, "site_id": site_id, "role": checked, "granted_at": now, "granted_by": term.by}
    if checked == "support":
        row |= {"expires_at": now + timedelta(hours=term.hours), "reason": term.reason.strip()}
    connection.execute(tables.grants.insert().values(row))


def _check_support(term: Term, site_host: str | None) -> None:
    if site_host is None:
        raise NotAllowed("support is let in to one site, not to every one")
    if not 1 <= term.hours <= MOST_SUPPORT_HOURS:
        raise NotAllowed(f"support is let in for 1 to {MOST_SUPPORT_HOURS} hours")
    try:
        if not plain_text(term.reason.strip()):
            raise NotAllowed("support is let in for a reason: say which")
    except ValueError as error:
        raise NotAllowed(f"the reason is {error}") from None


def _grant_at(connection: Connection, user_id: int, site_host: str | None) -> ColumnElement[bool]:
    site_id = None if site_host is None else find_site(connection, site_host).id
    return (tables.grants.c.user_id == user_id) & (tables.grants.c.site_id.is_not_distinct_from(site_id))


def _find(connection: Connection, email: str) -> Row[Any]:
    address = checked_email(email)
    row = connection.execute(tables.users.select().where(tables.users.c.email == address)).first()
    if row is None:
        raise NotThere(f"there is no user {address}; `footfall user list` shows all")
    return row


_GRANTS = select(tables.grants, tables.sites.c.host, tables.users.c.email).select_from(
    tables.grants.join(tables.users).outerjoin(tables.sites, tables.grants.c.site_id == tables.sites.c.id)
)


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        row.role,
        row.site_id,
        row.host,
        row.id,
        row.granted_at,
        row.granted_by or "",
        row.reason or "",
        row.expires_at,
        row.used_at,
    )


def _user(row: Row[Any]) -> User:
    return User(row.id, row.email, row.created_at)


def _with_hash(user_id: int, password_hash: str) -> Any:
    return tables.users.update().where(tables.users.c.id == user_id).values(password_hash=password_hash)
