"""Tables of how long what is kept: holds, proofs of retention, confirmed dates, what is left when a site goes.

A migration is frozen when it is released: it repeats the tables instead of importing them.
There is no way down: to go back, restore the backup that `footfall migrate` asks for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    create_holds()
    create_proofs()
    create_partings()


def create_holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "site_id",
            sa.Integer,
            sa.ForeignKey("sites.id", ondelete="cascade", name="fk_holds_site_id"),
            nullable=False,
        ),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("placed_by", sa.String, nullable=False),
        sa.Column("placed_at", sa.BigInteger, nullable=False),
        sa.Column("review_at", sa.Date, nullable=False),
        sa.Column("released_at", sa.BigInteger),
        sa.Column("released_by", sa.String),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_holds_site_id", "holds", ["site_id"])


def create_proofs() -> None:
    op.create_table(
        "retention_proofs",
        sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("night", sa.Date, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("proved_at", sa.BigInteger, nullable=False),
        sa.Column("tables", sa.Integer, nullable=False),
        sa.Column("told", sa.String, nullable=False),
    )
    op.create_table(
        "confirmed_dates",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("confirmed_by", sa.String, nullable=False),
        sa.Column("confirmed_at", sa.BigInteger, nullable=False),
    )


def create_partings() -> None:
    op.create_table(
        "partings",
        site_key("partings"),
        sa.Column("keep_until", sa.Date, nullable=False),
        sa.Column("public_key", sa.String, nullable=False),
        sa.Column("instructed_by", sa.String, nullable=False),
        sa.Column("instructed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "removal_wishes",
        site_key("removal_wishes"),
        sa.Column("asked_by", sa.String, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
    )


def site_key(table: str) -> sa.Column[int]:
    foreign = sa.ForeignKey("sites.id", ondelete="cascade", name=f"fk_{table}_site_id")
    return sa.Column("site_id", sa.Integer, foreign, primary_key=True)
