"""Tables of the last self-audits.

A migration is frozen when it is released: it repeats the tables instead of importing them.
There is no way down: to go back, restore the backup that `footfall migrate` asks for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "audits",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("passed", sa.Integer, nullable=False),
        sa.Column("warned", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False),
        sa.Column("report", sa.String, nullable=False),
        sa.Column("signature", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
