"""Tables of the registry about what visitors asked of us.

They share `metadata`, times and keys with tables.py; a test compares them with what the migrations build.
What must die with a site hangs on it by a cascading foreign key.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from registry.tables import Instant, metadata, of_site

requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ref", String, nullable=False, unique=True),  # random: what the receipt says
    of_site(nullable=True),  # none: nobody knows yet whose it is; the operator has it
    Column("host", String, nullable=False),  # as the visitor meant it
    Column("kind", String, nullable=False),
    Column("channel", String, nullable=False),  # page: the site's own; operator: somebody else's host
    Column("received_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("extended_to", Instant),
    Column("reason", String, nullable=False),  # why it takes longer
    Column("forward_by", Instant),  # the operator has to hand it to the site's people until then
    Column("forwarded_at", Instant),
    Column("status", String, nullable=False),  # open, closed
    Column("handled_by", String, nullable=False),
    Column("closed_at", Instant),
    Column("outcome", String, nullable=False),  # done, refused, forwarded, withdrawn
    Column("receipt_sha256", String, nullable=False),
    Column("message", String, nullable=False),  # blanked when it is closed; so is the next
    Column("reply_to", String, nullable=False),
    Column("reminded", Integer, nullable=False),  # per cent of the time that were over at the last reminder
    Index(None, "site_id"),
    Index(None, "status"),
    sqlite_autoincrement=True,
)
