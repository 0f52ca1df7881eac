"""The tables of the registry, as the newest migration leaves them.

A test compares this file with what the migrations build, so neither can drift. Times are aware UTC in Python and
milliseconds since 1970 in the database, the same in every dialect. Numbers of sites are never used twice: the
analytics store knows sites by number only. What must die with a site hangs on it by a cascading foreign key.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    func,
)

VERSION = "0008"
"""The newest migration: this file and its neighbours `tables_*.py` describe what it leaves."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time, kept as whole milliseconds since 1970 (SQLite has no time type, ClickHouse says it so too)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // timedelta(milliseconds=1)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(milliseconds=value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def of_site(*, nullable: bool = False) -> Column[int]:
    return Column("site_id", ForeignKey("sites.id", ondelete="cascade"), nullable=nullable)


def of_user() -> Column[int]:
    return Column("user_id", ForeignKey("users.id", ondelete="cascade"), nullable=False)


alembic_version = Table("alembic_version", MetaData(), Column("version_num", String))
"""Kept by Alembic; outside `metadata`, since it is not ours to compare."""

revision = Table(
    "revision",
    metadata,
    Column("number", Integer, nullable=False),  # one row; grows with every change to a site
)

sites = Table(
    "sites",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("host", String, nullable=False, unique=True),
    Column("state", String, nullable=False),  # active, frozen, deleting
    Column("frozen_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("settings", JSON, nullable=False),  # the fields of registry.site.Site, but those of this table
    sqlite_autoincrement=True,
)

site_changes = Table(
    "site_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    of_site(),
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),  # e-mail address of the user, or `command line`
    Column("key", String, nullable=False),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
    Index(None, "site_id"),
)
"""Who changed what when: rows are added and, with their site, deleted; a trigger refuses to alter one."""

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String, nullable=False, unique=True),
    Column("password_hash", String, nullable=False),  # argon2id
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

grants = Table(
    "grants",
    metadata,
    Column("id", Integer, primary_key=True),
    of_user(),
    of_site(nullable=True),
    Column("role", String, nullable=False),  # owner, admin, analyst, viewer, dpo, support
    Column("granted_at", Instant),
    Column("granted_by", String),
    Column("reason", String),  # why a grant that ends was given
    Column("expires_at", Instant),
    Column("used_at", Instant),  # to the day
)
"""What a user may do on a site; no site: on every site, those to come included."""
Index("uq_grants_user_site", grants.c.user_id, func.coalesce(grants.c.site_id, 0), unique=True)

keys = Table(
    "keys",
    metadata,
    Column("id", String, primary_key=True),  # also the readable part of the key itself
    of_site(),
    Column("name", String, nullable=False),
    Column("scopes", String, nullable=False),  # comma list
    Column("secret_hash", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("used_at", Instant),  # to the minute
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String, primary_key=True),
    of_user(),
    Column("opened_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),  # to the minute
    Column("awaits_code", Boolean, nullable=False, default=False),  # the password fits, the second factor is due
    Index(None, "user_id"),
)

setup_tokens = Table(
    "setup_tokens",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("created_at", Instant, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("args", JSON, nullable=False),
    Column("state", String, nullable=False),  # waiting, done, failed
    Column("result", JSON, nullable=False),
    Column("filed_by", String, nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(None, "state"),
    sqlite_autoincrement=True,
)

goals = Table(
    "goals",
    metadata,
    Column("id", Integer, primary_key=True),
    of_site(),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),  # page, feature
    Column("pattern", String, nullable=False),  # a path pattern, or a feature's name
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("site_id", "name"),
)
