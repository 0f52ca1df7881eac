"""Tables of the registry about which properties a site has seen.

They share `metadata`, times and keys with tables.py; a test compares them with what the migrations build.
What must die with a site hangs on it by a cascading foreign key.
"""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint

from registry.tables import Instant, metadata, of_site

seen_props = Table(
    "seen_props",
    metadata,
    Column("id", Integer, primary_key=True),
    of_site(),
    Column("key", String, nullable=False),  # scrubbed, as its events have it
    Column("first_seen", Instant, nullable=False),
    Column("answered_at", Instant),  # when somebody said what becomes of it; empty: it waits for that
    Column("answer", String),  # keep, register, redact
    UniqueConstraint("site_id", "key"),
)
"""The keys of properties that events of a site have had. What is kept of them say the site's settings."""
