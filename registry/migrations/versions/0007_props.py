"""Tables of which properties a site has seen, and which it wants.

A migration is frozen when it is released: it repeats the tables instead of importing them.
There is no way down: to go back, restore the backup that `footfall migrate` asks for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    site = sa.ForeignKey("sites.id", name="fk_seen_props_site_id", ondelete="cascade")
    op.create_table(
        "seen_props",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site_id", sa.Integer, site, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("answer", sa.String),
        sa.UniqueConstraint("site_id", "key", name="uq_seen_props_site_id_key"),
    )
