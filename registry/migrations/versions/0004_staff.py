"""Tables of who looked at what, and who may: the chain of looks, share links, second factors.

A migration is frozen when it is released: it repeats the tables instead of importing them.
There is no way down: to go back, restore the backup that `footfall migrate` asks for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

LINK = ("seq", "at", "site_id", "digest", "hash")
SAME = " and ".join(f"new.{name} is not distinct from old.{name}" for name in LINK)
STAYS = "looks are not altered"
SQLITE = (
    f"""
    create trigger looks_stay before update on looks
    when not (new.told = '' and {SAME.replace("is not distinct from", "is")})
    begin select raise(abort, '{STAYS}'); end
    """,
    f"create trigger looks_remain before delete on looks begin select raise(abort, '{STAYS}'); end",
    f"create trigger look_heads_stay before update on look_heads begin select raise(abort, '{STAYS}'); end",
    f"create trigger look_heads_remain before delete on look_heads begin select raise(abort, '{STAYS}'); end",
)
POSTGRES = (
    f"""
    create trigger looks_stay before update on looks for each row
    when (not (new.told = '' and {SAME})) execute function refuse_to_alter()
    """,
    "create trigger looks_remain before delete or truncate on looks execute function refuse_to_alter()",
    """
    create trigger look_heads_remain before update or delete or truncate on look_heads
    execute function refuse_to_alter()
    """,
)


def upgrade() -> None:
    create_looks()
    widen_access()
    create_share_links()
    create_second_factors()


def create_looks() -> None:
    op.create_table(
        "looks",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("site_id", sa.Integer),
        sa.Column("told", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.create_index("ix_looks_site_id", "looks", ["site_id"])
    op.create_table(
        "look_heads",
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES:
        op.execute(statement)


def widen_access() -> None:
    for column in ("granted_at", "expires_at", "used_at"):
        op.add_column("grants", sa.Column(column, sa.BigInteger))
    for column in ("granted_by", "reason"):
        op.add_column("grants", sa.Column(column, sa.String))
    op.add_column("sessions", sa.Column("awaits_code", sa.Boolean, nullable=False, server_default=sa.false()))


def create_share_links() -> None:
    of_site = sa.ForeignKey("sites.id", ondelete="cascade", name="fk_share_links_site_id")
    op.create_table(
        "share_links",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site_id", sa.Integer, of_site, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("token_hash", sa.String, nullable=False),
        sa.Column("password_hash", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("frames", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("used_at", sa.BigInteger),
        sa.UniqueConstraint("token_hash", name="uq_share_links_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_share_links_site_id", "share_links", ["site_id"])


def create_second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Integer, of_user("second_factors"), primary_key=True),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("confirmed_at", sa.BigInteger),
        sa.Column("last_step", sa.Integer, nullable=False),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.String, primary_key=True),
        sa.Column("user_id", sa.Integer, of_user("recovery_codes"), nullable=False),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])


def of_user(table: str) -> sa.ForeignKey:
    return sa.ForeignKey("users.id", ondelete="cascade", name=f"fk_{table}_user_id")
