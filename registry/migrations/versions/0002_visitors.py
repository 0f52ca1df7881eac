"""Tables of what visitors agreed to: peppers and the consent log.

A migration is frozen when it is released: it repeats the tables instead of importing them.
There is no way down: to go back, restore the backup that `footfall migrate` asks for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SQLITE_CONSENTS_STAY = """
create trigger consents_stay before update on consents
begin select raise(abort, 'a proof is not altered'); end
"""
POSTGRES_CONSENTS_STAY = "create trigger consents_stay before update on consents execute function refuse_to_alter()"


def upgrade() -> None:
    op.create_table(
        "peppers",
        site_id("peppers", primary_key=True),
        sa.Column("pepper", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.String, primary_key=True),
        site_id("consents"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("policy_version", sa.String, nullable=False),
        sa.Column("text_sha256", sa.String, nullable=False),
        sa.Column("ui", sa.String, nullable=False),
        sa.Column("signals", sa.String, nullable=False),
    )
    op.create_index("ix_consents_site_id_at", "consents", ["site_id", "at"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(SQLITE_CONSENTS_STAY if sqlite else POSTGRES_CONSENTS_STAY)


def site_id(table: str, *, primary_key: bool = False) -> sa.Column[int]:
    link = sa.ForeignKey("sites.id", ondelete="cascade", name=f"fk_{table}_site_id")
    return sa.Column("site_id", sa.Integer, link, nullable=False, primary_key=primary_key, autoincrement=False)
