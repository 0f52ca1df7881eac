"""Tables of the registry about the last self-audits.

They share `metadata`, times and keys with tables.py; a test compares them with what the migrations build.
An audit is of the whole installation: it belongs to no site, and names sites by number only.
"""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from registry.tables import Instant, metadata

audits = Table(
    "audits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("warned", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("report", String, nullable=False),  # the signed JSON, as it was handed out
    Column("signature", String, nullable=False),
    sqlite_autoincrement=True,
)
"""What each self-audit found, for 13 months."""
