"""Tables of the registry about how long what is kept.

They share `metadata`, times and keys with tables.py; a test compares them with what the migrations build.
What must die with a site hangs on it by a cascading foreign key.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table

from registry.tables import Instant, metadata, of_site

holds = Table(
    "holds",
    metadata,
    Column("id", Integer, primary_key=True),
    of_site(),
    Column("since", Date, nullable=False),  # days of the site, [since, until)
    Column("until", Date, nullable=False),
    Column("reason", String, nullable=False),
    Column("placed_by", String, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("review_at", Date, nullable=False),
    Column("released_at", Instant),
    Column("released_by", String),
    Index(None, "site_id"),
    sqlite_autoincrement=True,
)
"""Days of a site that nobody may delete, and nobody sees, until the hold is released."""

retention_proofs = Table(
    "retention_proofs",
    metadata,
    Column("site_id", Integer, primary_key=True, autoincrement=False),  # 0: rows of no known site
    Column("night", Date, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("proved_at", Instant, nullable=False),
    Column("tables", Integer, nullable=False),  # how many were read, deletion marks ignored
    Column("told", String, nullable=False),  # what else there is to say of it, for people
)
"""The last night of each site whose work was proved by reading; a night that is not proved is not here."""

confirmed_dates = Table(
    "confirmed_dates",
    metadata,
    Column("day", Date, primary_key=True),
    Column("confirmed_by", String, nullable=False),
    Column("confirmed_at", Instant, nullable=False),
)
"""Days of which a person said that they are really here, when the clock had leapt."""

partings = Table(
    "partings",
    metadata,
    Column("site_id", ForeignKey("sites.id", ondelete="cascade"), primary_key=True),
    Column("keep_until", Date, nullable=False),
    Column("public_key", String, nullable=False),
    Column("instructed_by", String, nullable=False),
    Column("instructed_at", Instant, nullable=False),
)
"""Sites whose owner wants a sealed backup to be kept for a while after the removal."""

removal_wishes = Table(
    "removal_wishes",
    metadata,
    Column("site_id", ForeignKey("sites.id", ondelete="cascade"), primary_key=True),
    Column("asked_by", String, nullable=False),
    Column("asked_at", Instant, nullable=False),
)
"""Removals that one owner has asked for and a second one has not confirmed yet."""
