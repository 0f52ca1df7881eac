"""Sessions: who is signed in to the dashboard. A session ends 8 hours after sign-in, or after 30 quiet minutes.

In: a user's number, or the token from the cookie. Out: a fresh token (kept here only as a hash), or the `User`.
Every sign-in makes a new token and ends the one it replaces, so a token planted beforehand is worth nothing.
Sessions end with their user (foreign key) and at a change of password (users.py). Cookies are the dashboard's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select

from registry import tables
from registry.database import Database
from registry.tokens import hash_token, new_token
from registry.users import User

LONGEST = timedelta(hours=8)
IDLE = timedelta(minutes=30)
SEEN_GRAIN = timedelta(minutes=1)
"""How exactly the last use is kept: a page of ten requests writes once."""


class Session(msgspec.Struct, frozen=True):
    """One browser that is signed in; `handle` names it and opens nothing."""

    handle: str
    opened_at: datetime
    seen_at: datetime


class Sessions:
    """The facet of sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, user_id: int, *, instead_of: str | None = None, awaits_code: bool = False) -> str:
        """Sign a user in and return the token; end the session `instead_of` was the token of, and all that are over.

        `awaits_code`: the password was right, but the session opens nothing before the second factor was.
        """
        token, now = new_token(), self._database.now()
        old = hash_token(instead_of or "")
        stale = (tables.sessions.c.opened_at <= now - LONGEST) | (tables.sessions.c.seen_at <= now - IDLE)
        row = {"token_hash": hash_token(token), "user_id": user_id, "opened_at": now, "seen_at": now}
        row["awaits_code"] = awaits_code
        with self._database.write() as connection:
            connection.execute(tables.sessions.delete().where(stale | (tables.sessions.c.token_hash == old)))
            connection.execute(tables.sessions.insert().values(row))
        return token

    def check(self, token: str, *, awaits_code: bool = False) -> User | None:
        """Return who is signed in with `token`, and note that they are here; None when it is over or unknown."""
        now, mine = self._database.now(), tables.sessions.c.token_hash == hash_token(token)
        joined = tables.sessions.join(tables.users)
        with self._database.read() as connection:
            row = connection.execute(select(tables.sessions, tables.users).select_from(joined).where(mine)).first()
        if row is None or row.awaits_code != awaits_code or _is_over(row.opened_at, row.seen_at, now):
            return None
        if now - row.seen_at >= SEEN_GRAIN:
            with self._database.write() as connection:
                connection.execute(tables.sessions.update().where(mine).values(seen_at=now))
        return User(row.user_id, row.email, row.created_at)

    def close(self, token: str) -> None:
        """Sign out; an unknown token is no error."""
        with self._database.write() as connection:
            connection.execute(tables.sessions.delete().where(tables.sessions.c.token_hash == hash_token(token)))

    def close_all(self, user_id: int) -> None:
        """Sign a user out everywhere."""
        with self._database.write() as connection:
            connection.execute(tables.sessions.delete().where(tables.sessions.c.user_id == user_id))

    def list(self, user_id: int) -> Sequence[Session]:
        """Return where a user is signed in, newest first."""
        now, mine = self._database.now(), tables.sessions.c.user_id == user_id
        wanted = tables.sessions.select().where(mine & ~tables.sessions.c.awaits_code)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(tables.sessions.c.opened_at.desc())).all()
        living = [row for row in rows if not _is_over(row.opened_at, row.seen_at, now)]
        return [Session(_handle(row.token_hash), row.opened_at, row.seen_at) for row in living]

    def end(self, user_id: int, handle: str) -> None:
        """End one session of a user by its handle; an unknown one is no error."""
        if not re.fullmatch("[0-9a-f]{16}", handle):
            return
        mine = (tables.sessions.c.user_id == user_id) & tables.sessions.c.token_hash.startswith(handle)
        with self._database.write() as connection:
            connection.execute(tables.sessions.delete().where(mine))


def handle_of(token: str) -> str:
    """Return what a session is called in lists: a piece of the hash, which opens nothing."""
    return _handle(hash_token(token))


def _handle(token_hash: str) -> str:
    return token_hash[:16]


def _is_over(opened_at: datetime, seen_at: datetime, now: datetime) -> bool:
    return now - opened_at >= LONGEST or now - seen_at >= IDLE
