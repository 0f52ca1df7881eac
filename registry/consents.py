"""Consents: the proof that somebody agreed, refused, or took it back, and nothing about who that was.

In: a site, what was decided, by which notice and text, and which signals the browser sent at the time. Out: a `Proof`
whose random number is the visitor's receipt. No address, no agent and no cookie is ever in it, so it can be shown to an
authority as it is. A row cannot be altered (a trigger); it is deleted with its site, or when it is too old to matter.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Row

from registry.database import Database
from registry.sites import find_site
from registry.tables_visitors import consents

Action = Literal["granted", "denied", "withdrawn"]
Ui = Literal["page", "script"]

KEPT = timedelta(days=390 + 3 * 365)
"""The life of a consent, and three years in which somebody may ask for its proof."""


class Proof(msgspec.Struct, frozen=True):
    """One line of the log."""

    id: str
    site_id: int
    at: datetime
    action: Action
    policy_version: str
    text_sha256: str
    """Of the text that was shown, as UTF-8; empty: the page did not tell."""
    ui: Ui
    """`page`: the form of our privacy page; `script`: the site's own banner."""
    signals: str
    """Comma list of `gpc` and `dnt`, sorted: what the browser said at the time."""


class Consents:
    """The facet of consents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self, site_id: int, action: Action, *, policy_version: str, text_sha256: str, ui: Ui, signals: str
    ) -> Proof:
        """Write down a decision; forget those of this site that are too old to matter."""
        now = self._database.now()
        proof = Proof(str(uuid.uuid4()), site_id, now, action, policy_version, text_sha256, ui, signals)
        with self._database.write() as connection:
            connection.execute(consents.insert().values(msgspec.structs.asdict(proof)))
            old = (consents.c.site_id == site_id) & (consents.c.at < now - KEPT)
            connection.execute(consents.delete().where(old))
        return proof

    def list(self, host: str, *, limit: int = 1000) -> list[Proof]:
        """Return the log of a site, newest first."""
        with self._database.read() as connection:
            site = find_site(connection, host)
            mine = consents.select().where(consents.c.site_id == site.id)
            rows = connection.execute(mine.order_by(consents.c.at.desc(), consents.c.id).limit(limit))
            return [_proof(row) for row in rows]


def _proof(row: Row[Any]) -> Proof:
    return Proof(row.id, row.site_id, row.at, row.action, row.policy_version, row.text_sha256, row.ui, row.signals)
