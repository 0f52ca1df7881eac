"""Keys: what programs show instead of a password, for one site and a few scopes.

In: a site, scopes, a name. Out: a `Key`, and once, when it is made, the secret itself: `ff_<id>_<43 characters>`.
Only a hash is kept. The id is the readable part, so a key found in a configuration file can be named and revoked.
Last use is kept to the minute: a busy key must not write at every request.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import Row, select

from registry import tables
from registry.database import Database
from registry.errors import NotAllowed, NotThere
from registry.setting import plain_text
from registry.sites import find_site
from registry.tokens import hash_token, new_token

Scope = Literal["stats:read", "events:write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

PREFIX = "ff_"
"""Lets scanners of leaked secrets, and people, see what it is."""

USE_GRAIN = timedelta(minutes=1)


class Key(msgspec.Struct, frozen=True):
    """An API key without its secret."""

    id: str
    site_id: int
    host: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None

    def is_valid_at(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Keys:
    """The facet of API keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, site_host: str, scopes: Iterable[str], name: str = "", *, days: int | None = None) -> tuple[Key, str]:
        """Make a key (for `days` days, or until it is revoked); return it with its secret, which is not kept."""
        wanted, title, now = checked_scopes(scopes), _checked_name(name), self._database.now()
        # Hexadecimal: the id must not hold the `_` that separates the parts.
        number = secrets.token_hex(4)
        secret = f"{PREFIX}{number}_{new_token()}"
        expires_at = None if days is None else now + timedelta(days=days)
        with self._database.write() as connection:
            site = find_site(connection, site_host)
            row = {
                "id": number,
                "site_id": site.id,
                "name": title,
                "scopes": ",".join(wanted),
                "secret_hash": hash_token(secret),
                "created_at": now,
                "expires_at": expires_at,
            }
            connection.execute(tables.keys.insert().values(row))
        return Key(number, site.id, site.host, title, wanted, now, expires_at, None, None), secret

    def list(self, site_host: str | None = None) -> list[Key]:
        """Return the keys of a site, or all, those revoked included, by age."""
        wanted = _KEYS_AND_HOSTS.order_by(tables.keys.c.created_at, tables.keys.c.id)
        with self._database.read() as connection:
            if site_host is not None:
                wanted = wanted.where(tables.keys.c.site_id == find_site(connection, site_host).id)
            return [_key(row) for row in connection.execute(wanted)]

    def revoke(self, number: str) -> None:
        """End a key for good; the row stays, to say when. Raise `NotThere` if there is none."""
        if not _ID.fullmatch(number):
            raise NotThere(f"{number!r} is not the id of a key; `footfall key list` shows all")
        living = (tables.keys.c.id == number) & tables.keys.c.revoked_at.is_(None)
        with self._database.write() as connection:
            ended = connection.execute(tables.keys.update().where(living).values(revoked_at=self._database.now()))
        if not ended.rowcount:
            raise NotThere(f"there is no living key {number}; `footfall key list` shows all")

    def check(self, secret: str) -> Key | None:
        """Return the key that `secret` belongs to if it may still be used, and note the use."""
        number = secret.removeprefix(PREFIX).partition("_")[0]
        if not _ID.fullmatch(number):
            return None
        with self._database.read() as connection:
            row = connection.execute(_KEYS_AND_HOSTS.where(tables.keys.c.id == number)).first()
        if row is None or not hmac.compare_digest(row.secret_hash, hash_token(secret)):
            return None
        key, now = _key(row), self._database.now()
        if not key.is_valid_at(now):
            return None
        if key.used_at is None or now - key.used_at >= USE_GRAIN:
            with self._database.write() as connection:
                connection.execute(tables.keys.update().where(tables.keys.c.id == number).values(used_at=now))
        return key


def checked_scopes(texts: Iterable[str]) -> tuple[Scope, ...]:
    """Return scopes in the order of `SCOPES`, or raise `NotAllowed` with all there are."""
    given = {text.strip() for text in texts} - {""}
    unknown = given - set(SCOPES)
    if unknown or not given:
        what = f"{min(unknown)!r} is not a scope" if unknown else "a key needs a scope"
        raise NotAllowed(f"{what}; scopes are: {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in given)


def _checked_name(text: str) -> str:
    try:
        return plain_text(text.strip())
    except ValueError as error:
        raise NotAllowed(f"the key's name is {error}") from None


_ID = re.compile("[0-9a-f]{8}")
_KEYS_AND_HOSTS = select(tables.keys, tables.sites.c.host).join(tables.sites)


def _key(row: Row[Any]) -> Key:
    scopes = checked_scopes(row.scopes.split(","))
    times = (row.created_at, row.expires_at, row.revoked_at, row.used_at)
    return Key(row.id, row.site_id, row.host, row.name, scopes, *times)
