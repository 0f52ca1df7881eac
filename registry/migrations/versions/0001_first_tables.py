"""The first tables: sites and their history, users, grants, keys, sessions, setup token, orders, goals.

A migration is frozen when it is released: it repeats the tables instead of importing `registry.tables`, which moves on.
There is no way down: to go back, restore the backup that `footfall migrate` asks for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SQLITE_HISTORY_STAYS = """
create trigger site_changes_stay before update on site_changes
begin select raise(abort, 'history is not altered'); end
"""
POSTGRES_HISTORY_STAYS = (
    """
    create function refuse_to_alter() returns trigger language plpgsql as
    $$ begin raise exception 'history is not altered'; end $$
    """,
    "create trigger site_changes_stay before update on site_changes execute function refuse_to_alter()",
)


def upgrade() -> None:
    create_sites()
    create_people()
    create_access()
    create_work()


def create_sites() -> None:
    numbers = op.create_table("revision", sa.Column("number", sa.Integer, nullable=False))
    op.bulk_insert(numbers, [{"number": 1}])
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("frozen_until", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.UniqueConstraint("host", name="uq_sites_host"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "site_changes",
        sa.Column("id", sa.Integer, primary_key=True),
        site_id("site_changes"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("before", sa.String, nullable=False),
        sa.Column("after", sa.String, nullable=False),
    )
    op.create_index("ix_site_changes_site_id", "site_changes", ["site_id"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (SQLITE_HISTORY_STAYS,) if sqlite else POSTGRES_HISTORY_STAYS:
        op.execute(statement)


def create_people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.Integer, primary_key=True),
        user_id("grants"),
        site_id("grants", nullable=True),
        sa.Column("role", sa.String, nullable=False),
    )
    # NULL equals nothing, not even NULL: without coalesce a user could be granted "every site" twice.
    op.create_index("uq_grants_user_site", "grants", ["user_id", sa.text("coalesce(site_id, 0)")], unique=True)


def create_access() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String, primary_key=True),
        site_id("keys"),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("scopes", sa.String, nullable=False),
        sa.Column("secret_hash", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String, primary_key=True),
        user_id("sessions"),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "setup_tokens",
        sa.Column("token_hash", sa.String, primary_key=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )


def create_work() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("result", sa.JSON, nullable=False),
        sa.Column("filed_by", sa.String, nullable=False),
        sa.Column("filed_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_orders_state", "orders", ["state"])
    op.create_table(
        "goals",
        sa.Column("id", sa.Integer, primary_key=True),
        site_id("goals"),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("pattern", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("site_id", "name", name="uq_goals_site_id_name"),
    )


def site_id(table: str, *, nullable: bool = False) -> sa.Column[int]:
    link = sa.ForeignKey("sites.id", ondelete="cascade", name=f"fk_{table}_site_id")
    return sa.Column("site_id", sa.Integer, link, nullable=nullable)


def user_id(table: str) -> sa.Column[int]:
    link = sa.ForeignKey("users.id", ondelete="cascade", name=f"fk_{table}_user_id")
    return sa.Column("user_id", sa.Integer, link, nullable=False)
