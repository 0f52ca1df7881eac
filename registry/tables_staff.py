"""Tables of the registry about who looked at what, and who may.

They share `metadata`, times and keys with tables.py; a test compares them with what the migrations build.
What must die with a site hangs on it by a cascading foreign key, but for `looks`: of a removed site the link of the
chain stays, its words go.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from registry.tables import Instant, metadata, of_site, of_user

looks = Table(
    "looks",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3, … without a gap
    Column("at", Instant, nullable=False),
    Column("site_id", Integer),  # no foreign key: the chain outlives the site; None: about no site
    Column("told", String, nullable=False),  # canonical JSON of who did what; empty once it is dropped
    Column("digest", String, nullable=False),  # of `told` as it was written
    Column("hash", String, nullable=False),  # of the hash before and of the columns above but `told`
    Index(None, "site_id"),
)
"""Who looked at what: rows are only added; triggers refuse to delete one, or to alter more than to empty `told`."""

look_heads = Table(
    "look_heads",
    metadata,
    Column("day", String, primary_key=True),  # UTC, 2026-07-01
    Column("seq", Integer, nullable=False),
    Column("hash", String, nullable=False),
)
"""The last look of each day that is over, so that a chain that was cut or rewritten shows it."""

share_links = Table(
    "share_links",
    metadata,
    Column("id", Integer, primary_key=True),
    of_site(),
    Column("name", String, nullable=False),
    Column("token_hash", String, nullable=False, unique=True),
    Column("password_hash", String),  # argon2id
    Column("state", String, nullable=False),  # the query string that stays fixed
    Column("frames", String, nullable=False),  # origins that may show it in a frame, comma list
    Column("created_by", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("used_at", Instant),  # to the minute
    Index(None, "site_id"),
    sqlite_autoincrement=True,
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="cascade"), primary_key=True),
    Column("secret", String, nullable=False),  # base 32, as authenticator programs take it
    Column("confirmed_at", Instant),  # None: offered, not yet in force
    Column("last_step", Integer, nullable=False),  # a code is good once
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", String, primary_key=True),
    of_user(),
    Index(None, "user_id"),
)
"""What opens a second factor without the device: each once."""
