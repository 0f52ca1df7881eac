"""Tables of how long what is kept: holds, proofs of retention, confirmed dates.

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
