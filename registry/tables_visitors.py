"""Tables of the registry about what visitors agreed to.

They share `metadata`, times and keys with tables.py; a test compares them with what the migrations build.
What must die with a site hangs on it by a cascading foreign key.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table

from registry.tables import Instant, metadata, of_site

peppers = Table(
    "peppers",
    metadata,
    Column("site_id", ForeignKey("sites.id", ondelete="cascade"), primary_key=True),
    Column("pepper", LargeBinary, nullable=False),  # 32 random bytes
    Column("created_at", Instant, nullable=False),
)
"""With which a site's cookies become numbers: one for each site, never changed, gone with it."""

consents = Table(
    "consents",
    metadata,
    Column("id", String, primary_key=True),  # a random UUID: the visitor's receipt
    of_site(),
    Column("at", Instant, nullable=False),
    Column("action", String, nullable=False),  # granted, denied, withdrawn
    Column("policy_version", String, nullable=False),  # of the notice that was shown
    Column("text_sha256", String, nullable=False),  # of the text that was shown; empty: not told
    Column("ui", String, nullable=False),  # page, script
    Column("signals", String, nullable=False),  # comma list of gpc, dnt: what the browser said at the time
    Index(None, "site_id", "at"),
)
"""Proof that somebody agreed (GDPR 7(1)): no address, no agent, no cookie. A trigger refuses to alter a row."""
