"""Tables of what a product team adds to its report: annotations, segments, funnels, declared features.

A migration is frozen when it is released: it repeats the tables instead of importing them.
There is no way down: to go back, restore the backup that `footfall migrate` asks for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    named("funnels", sa.Column("within", sa.String, nullable=False), sa.Column("steps", sa.JSON, nullable=False))
    named("declared_features", sa.Column("about", sa.String, nullable=False))
    named("segments", sa.Column("filters", sa.JSON, nullable=False), sa.Column("created_by", sa.String, nullable=False))
    op.create_table(
        "annotations",
        sa.Column("id", sa.Integer, primary_key=True),
        site_id("annotations"),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_annotations_site_id", "annotations", ["site_id"])


def named(table: str, *columns: sa.Column[object]) -> None:
    """A thing of a site that has a name there of its own."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True),
        site_id(table),
        sa.Column("name", sa.String, nullable=False),
        *columns,
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("site_id", "name", name=f"uq_{table}_site_id_name"),
    )


def site_id(table: str) -> sa.Column[int]:
    key = sa.ForeignKey("sites.id", name=f"fk_{table}_site_id", ondelete="cascade")
    return sa.Column("site_id", sa.Integer, key, nullable=False)
