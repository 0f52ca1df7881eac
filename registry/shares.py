"""Share links: a site's report for whoever has the address, with fixed filters and nobody small in it.

In: a site, a name, the query string that stays fixed; if wanted a password, an end, origins that may frame it. Out: a
`Share`, and once, when it is made, the token that stands in the address; only hashes are kept. A token opens a link
that is alive and nothing else: it is no session and no key. What the link shows is the dashboard's to guard.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, select

from registry.database import Database, insert_row
from registry.errors import NotAllowed, NotThere
from registry.passwords import Passwords
from registry.setting import plain_text
from registry.sites import find_site
from registry.tables import sites
from registry.tables_staff import share_links
from registry.tokens import hash_token, new_token

USE_GRAIN = timedelta(minutes=1)
MOST_DAYS = 3650
MOST_FRAMES = 10
LONGEST_STATE = 2_000
ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[0-9]{1,5})?")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What someone wants a link to be."""

    name: str = ""
    state: str = ""
    """A query string: its filters stay fixed, the rest is what the link opens with."""
    password: str = ""
    days: int | None = None
    frames: str = ""
    """Origins that may show it in a frame, by comma or space."""


class Share(msgspec.Struct, frozen=True):
    """A share link without its token."""

    id: int
    site_id: int
    host: str
    name: str
    state: str
    frames: tuple[str, ...]
    has_password: bool
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None
    password_hash: str | None = None
    """Signs the cookie of whoever typed the password."""

    def is_valid_at(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def __repr__(self) -> str:
        return f"Share(id={self.id}, host={self.host!r})"


class Shares:
    """The facet of share links."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._passwords = Passwords()

    def add(self, site_host: str, wish: Wish, *, by: str) -> tuple[Share, str]:
        """Make a link; return it with its token, which is not kept. Raise `NotAllowed` or `NotThere`."""
        name, frames = _checked_name(wish.name), checked_origins(wish.frames)
        if wish.days is not None and not 1 <= wish.days <= MOST_DAYS:
            raise NotAllowed(f"a link lasts 1 to {MOST_DAYS} days")
        if len(wish.state) > LONGEST_STATE:
            raise NotAllowed("these filters are too long for a link")
        hashed = self._passwords.hash(wish.password) if wish.password else None
        token, now = new_token(), self._database.now()
        with self._database.write() as connection:
            row = {
                "site_id": find_site(connection, site_host).id,
                "name": name,
                "token_hash": hash_token(token),
                "password_hash": hashed,
                "state": wish.state,
                "frames": ",".join(frames),
                "created_by": by,
                "created_at": now,
                "expires_at": None if wish.days is None else now + timedelta(days=wish.days),
            }
            number = insert_row(connection, share_links, row)
            made = connection.execute(_LINKS.where(share_links.c.id == number)).one()
        return _share(made), token

    def list(self, site_host: str) -> Sequence[Share]:
        """Return the links of a site, those that are over included, newest first."""
        with self._database.read() as connection:
            mine = share_links.c.site_id == find_site(connection, site_host).id
            return [_share(row) for row in connection.execute(_LINKS.where(mine).order_by(share_links.c.id.desc()))]

    def revoke(self, site_host: str, number: int) -> None:
        """End a link for good; raise `NotThere` if the site has none of that number."""
        with self._database.write() as connection:
            site_id = find_site(connection, site_host).id
            mine = (share_links.c.id == number) & (share_links.c.site_id == site_id)
            ending = share_links.update().where(mine & share_links.c.revoked_at.is_(None))
            if not connection.execute(ending.values(revoked_at=self._database.now())).rowcount:
                raise NotThere("there is no such link, or it is over already")

    def check(self, token: str) -> Share | None:
        """Return the living link that `token` opens, and note the use; None for every other token."""
        mine = share_links.c.token_hash == hash_token(token)
        with self._database.read() as connection:
            row = connection.execute(_LINKS.where(mine)).first()
        now = self._database.now()
        if row is None or not _share(row).is_valid_at(now):
            return None
        if row.used_at is None or now - row.used_at >= USE_GRAIN:
            with self._database.write() as connection:
                connection.execute(share_links.update().where(mine).values(used_at=now))
        return _share(row)

    def fits(self, share: Share, password: str) -> bool:
        """Say whether a password is the link's; slow, as passwords are."""
        return self._passwords.fits(share.password_hash, password)


def checked_origins(text: str) -> tuple[str, ...]:
    """Return origins as a Content-Security-Policy takes them, or raise `NotAllowed`."""
    given = tuple(dict.fromkeys(part.rstrip("/").lower() for part in text.replace(",", " ").split()))
    wrong = [origin for origin in given if not ORIGIN.fullmatch(origin)]
    if wrong:
        raise NotAllowed(f"{wrong[0][:60]!r} is not an origin, as https://example.com is")
    if len(given) > MOST_FRAMES:
        raise NotAllowed(f"a link may be framed by up to {MOST_FRAMES} origins")
    return given


def _checked_name(text: str) -> str:
    try:
        return plain_text(text.strip()) if text.strip() else ""
    except ValueError as error:
        raise NotAllowed(f"the link's name is {error}") from None


_LINKS = select(share_links, sites.c.host).join(sites)


def _share(row: Row[Any]) -> Share:
    return Share(
        id=row.id,
        site_id=row.site_id,
        host=row.host,
        name=row.name,
        state=row.state,
        frames=tuple(filter(None, row.frames.split(","))),
        has_password=row.password_hash is not None,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
        password_hash=row.password_hash,
    )
