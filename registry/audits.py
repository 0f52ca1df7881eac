"""Audits: what the self-audits of this installation found, newest last, as the signed text that was handed out.

In: a finished audit. Out: the same, by number, or the newest. Kept for 13 months, then forgotten when the next one is
noted. A report names sites by number, so nothing of a removed site's name stays in it. Nothing is checked or signed
here (footfall/audit does).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row

from registry.database import Database, insert_row
from registry.errors import NotThere
from registry.tables import orders
from registry.tables_audits import audits

KEPT = timedelta(days=396)


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """One self-audit: how many checks passed, warned, failed, or could not be made; and its signed report."""

    id: int
    at: datetime
    passed: int
    warned: int
    failed: int
    skipped: int
    report: str
    signature: str


class Audits:
    """The facet of self-audits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self, at: datetime, *, passed: int, warned: int, failed: int, skipped: int, report: str, signature: str
    ) -> Audit:
        """Keep an audit, and forget those that are older than 13 months."""
        row = {"at": at, "passed": passed, "warned": warned, "failed": failed, "skipped": skipped}
        with self._database.write() as connection:
            connection.execute(audits.delete().where(audits.c.at < self._database.now() - KEPT))
            number = insert_row(connection, audits, {**row, "report": report, "signature": signature})
        return self.get(number)

    def get(self, number: int) -> Audit:
        """Return an audit by its number, or raise `NotThere`."""
        with self._database.read() as connection:
            row = connection.execute(audits.select().where(audits.c.id == number)).first()
        if row is None:
            raise NotThere(f"there is no self-audit {number}")
        return _audit(row)

    def last(self) -> Audit | None:
        """Return the newest audit, or None before the first."""
        with self._database.read() as connection:
            row = connection.execute(audits.select().order_by(audits.c.id.desc()).limit(1)).first()
        return None if row is None else _audit(row)

    def last_backup(self) -> datetime | None:
        """Return when a backup was last made by order, or None."""
        done = (orders.c.kind == "backup") & (orders.c.state == "done")
        with self._database.read() as connection:
            newest = orders.select().where(done).order_by(orders.c.id.desc()).limit(1)
            row = connection.execute(newest).first()
        return None if row is None else row.ended_at


def _audit(row: Row[Any]) -> Audit:
    return Audit(**row._mapping)  # noqa: SLF001  # the public name of a row's columns
