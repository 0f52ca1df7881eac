"""Dump: what the registry keeps about one site, table by table, without a secret.

In: a site's number. Out: table -> rows as plain values, for the site's owner to take along. Tables are found by their
column `site_id`, so a new table cannot be forgotten; a column that holds a key, a hash or a token is left out by its
name, and so is everything of people's sign-ins. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import LargeBinary, Table

from registry.database import Database, count_rows
from registry.tables import metadata

SECRET = ("hash", "secret", "pepper", "token", "password", "nonce", "cookie")
ALIKE = {"hash", "digest"}
"""Of the chain of looks: they prove it, and tell nothing."""
PERSONAL = frozenset({"sessions", "setup_tokens", "users", "peppers"})


def dump_site(database: Database, site_id: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each table's name with the site's rows, in the order of their keys."""
    for table in metadata.sorted_tables:
        if "site_id" not in table.c or table.name in PERSONAL:
            continue
        asked = table.select().where(table.c.site_id == site_id).order_by(*table.primary_key.columns)
        with database.read() as connection:
            rows = connection.execute(asked).mappings().all()
        yield table.name, [{name: _plain(row[name]) for name in told(table)} for row in rows]


def count_site(database: Database, site_id: int) -> Iterator[tuple[str, int]]:
    """Yield how many rows of the site each table holds, secrets included; tables without any are left out."""
    with database.read() as connection:
        for table in metadata.sorted_tables:
            if "site_id" in table.c:
                rows = count_rows(connection, table, table.c.site_id == site_id)
                if rows:
                    yield table.name, rows


def told(table: Table) -> list[str]:
    """Return the columns that are no secret."""
    return [
        column.name
        for column in table.c
        if not isinstance(column.type, LargeBinary)
        and ((column.name in ALIKE and table.name == "looks") or not any(word in column.name for word in SECRET))
    ]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | date) else value
