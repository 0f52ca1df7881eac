"""Looks: who of the staff read or changed what, in a chain of hashes that shows every later alteration.

In: one act at a time, told by whoever is about to answer. Out: its number; the looks of a site; whether the chain is
whole. Each row's hash is BLAKE2b(hash before ‖ canonical JSON of number, time, site and digest), the digest that of
what is told, with a random number in it. After 13 months, or with its site, what is told is dropped; digest and hash
stay, so the chain can be checked from its first row for ever. A day's last hash is kept apart as the day's head.
Rows are only added; triggers refuse the rest. It does not decide what may be looked at, nor mask what it is given.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from registry.database import Database, count_rows
from registry.tables import EPOCH, sites
from registry.tables_staff import look_heads, looks

BEGINNING = "0" * 64
"""What stands before the first row."""
KEPT = timedelta(days=396)
"""13 months: how long it can be read who looked."""
LONGEST_TEXT = 2_000
_LOCK = 0x6C6F6F6B
"""Number of the PostgreSQL advisory lock ("look"); SQLite's write lock does the same work."""
_TOLD = ("actor", "role", "auth", "action", "object", "params", "rows", "purpose", "grant_id")
_CANONICAL = msgspec.json.Encoder(order="sorted")


class Look(msgspec.Struct, frozen=True):
    """One act of one person. `is_dropped`: only that there was one is still known."""

    seq: int
    at: datetime
    site_id: int | None
    actor: str = ""
    """E-mail address, name of a key or share link, or `command line`."""
    role: str = ""
    auth: str = ""
    """How they came in: session, key, share, machine."""
    action: str = ""
    object: str = ""
    params: str = ""
    rows: int | None = None
    """How many rows the answer held; None: not a thing of rows."""
    purpose: str = ""
    grant_id: int | None = None
    is_dropped: bool = False


class Head(msgspec.Struct, frozen=True):
    """The end of the chain: at some day's end, or now (`day` empty)."""

    day: str
    seq: int
    hash: str


class Looks:
    """The facet of who looked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self,
        actor: str,
        role: str,
        auth: str,
        action: str,
        site_id: int | None,
        object: str = "",  # noqa: A002 - the word of the audit
        params: str = "",
        rows: int | None = None,
        purpose: str = "",
        grant_id: int | None = None,
    ) -> int:
        """Add one act and return its number; raise `RegistryAway` when it cannot be kept: then answer nothing."""
        told = _told(actor, role, auth, action, object, params, rows, purpose, grant_id)
        with self._database.write() as connection:
            return self._add(connection, told, site_id)

    def note_each(self, actor: str, auth: str, action: str, roles: Mapping[int, str], object: str) -> None:  # noqa: A002
        """Add the same act at several sites, told by the role held at each, in one transaction."""
        told = [(site, _told(actor, role, auth, action, object, "", None, "", None)) for site, role in roles.items()]
        with self._database.write() as connection:
            for site_id, words in told:
                self._add(connection, words, site_id)

    def _add(self, connection: Connection, told: str, site_id: int | None) -> int:
        if self._database.dialect == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        last = _last(connection)
        seq, before = (last.seq + 1, last.hash) if last else (1, BEGINNING)
        # A clock that is set back must not bring back a day whose head is written.
        now = max(self._database.now(), last.at) if last else self._database.now()
        digest = _digest(told)
        link = _link(before, seq, now, site_id, digest)
        row = {"seq": seq, "at": now, "site_id": site_id, "told": told, "digest": digest, "hash": link}
        connection.execute(looks.insert().values(row))
        if last and last.at.date() < now.date():
            head = {"day": last.at.date().isoformat(), "seq": last.seq, "hash": last.hash}
            connection.execute(look_heads.insert().values(head))
        return seq

    def of_site(self, site_id: int, *, limit: int = 100, before: int | None = None) -> Sequence[Look]:
        """Return the looks at a site, newest first; `before`: those with a smaller number only."""
        wanted = looks.select().where(looks.c.site_id == site_id).order_by(looks.c.seq.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(looks.c.seq < before)
        with self._database.read() as connection:
            return [_look(row) for row in connection.execute(wanted)]

    def count(self, site_id: int) -> int:
        """Return how many looks at a site there are."""
        with self._database.read() as connection:
            return count_rows(connection, looks, looks.c.site_id == site_id)

    def verify(self) -> int | None:
        """Return the number of the first row that is not what was written, or None when the chain is whole."""
        before, seq = BEGINNING, 0
        with self._database.read() as connection:
            heads = {row.seq: row.hash for row in connection.execute(look_heads.select())}
            here = set(connection.scalars(select(sites.c.id)))
            late = self._database.now() - KEPT
            for row in connection.execute(looks.select().order_by(looks.c.seq)):
                seq += 1
                link = _link(before, seq, row.at, row.site_id, row.digest)
                may_be_dropped = row.at < late or (row.site_id is not None and row.site_id not in here)
                is_true = _digest(row.told) == row.digest if row.told else may_be_dropped
                if row.seq != seq or row.hash != link or not is_true or heads.pop(seq, link) != link:
                    return seq
                before = link
        # A head of a row that is not there: the chain's end was cut off.
        return seq + 1 if heads else None

    def head(self) -> Head:
        """Return the end of the chain as it is now."""
        with self._database.read() as connection:
            last = _last(connection)
        return Head("", last.seq, last.hash) if last else Head("", 0, BEGINNING)

    def heads(self, limit: int = 31) -> Sequence[Head]:
        """Return the last looks of the days that are over, newest first."""
        wanted = look_heads.select().order_by(look_heads.c.day.desc()).limit(limit)
        with self._database.read() as connection:
            return [Head(row.day, row.seq, row.hash) for row in connection.execute(wanted)]

    def is_in_chain(self, head: Head) -> bool:
        """Say whether a head that was told earlier still stands in the chain."""
        if head.seq == 0:
            return True
        with self._database.read() as connection:
            return connection.scalar(select(looks.c.hash).where(looks.c.seq == head.seq)) == head.hash

    def drop_old(self) -> int:
        """Drop what is told by looks older than 13 months; return how many."""
        late = (looks.c.at < self._database.now() - KEPT) & (looks.c.told != "")
        with self._database.write(forgets=True) as connection:
            return connection.execute(looks.update().where(late).values(told="")).rowcount


def drop_site(connection: Connection, site_id: int) -> None:
    """Drop what is told about a site that is being forgotten, within the caller's transaction."""
    mine = (looks.c.site_id == site_id) & (looks.c.told != "")
    connection.execute(looks.update().where(mine).values(told=""))


def _last(connection: Connection) -> Row[Any] | None:
    return connection.execute(looks.select().order_by(looks.c.seq.desc()).limit(1)).first()


def _digest(told: str) -> str:
    return blake2b(told.encode("utf-8"), digest_size=32).hexdigest()


def _link(before: str, seq: int, at: datetime, site_id: int | None, digest: str) -> str:
    number = (at - EPOCH) // timedelta(milliseconds=1)
    link = _CANONICAL.encode([seq, number, site_id, digest])
    return blake2b(bytes.fromhex(before) + link, digest_size=32).hexdigest()


def _told(*values: object) -> str:
    words = [_text(value) if isinstance(value, str) else value for value in values]
    told = dict(zip(_TOLD, words, strict=True)) | {"nonce": secrets.token_hex(8)}
    return _CANONICAL.encode(told).decode("utf-8")


def _text(text: str) -> str:
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


def _look(row: Row[Any]) -> Look:
    if not row.told:
        return Look(row.seq, row.at, row.site_id, is_dropped=True)
    told = msgspec.json.decode(row.told)
    del told["nonce"]
    return Look(row.seq, row.at, row.site_id, **told)
