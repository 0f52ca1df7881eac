"""Tables of what visitors asked of us: the queue of requests.

A migration is frozen when it is released: it repeats the tables instead of importing them.
There is no way down: to go back, restore the backup that `footfall migrate` asks for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    link = sa.ForeignKey("sites.id", ondelete="cascade", name="fk_requests_site_id")
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("ref", sa.String, nullable=False),
        sa.Column("site_id", sa.Integer, link),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("extended_to", sa.BigInteger),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("forward_by", sa.BigInteger),
        sa.Column("forwarded_at", sa.BigInteger),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("handled_by", sa.String, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("receipt_sha256", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("reply_to", sa.String, nullable=False),
        sa.Column("reminded", sa.Integer, nullable=False),
        sa.UniqueConstraint("ref", name="uq_requests_ref"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_requests_site_id", "requests", ["site_id"])
    op.create_index("ix_requests_status", "requests", ["status"])
