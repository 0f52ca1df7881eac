"""Bring the registry's tables to the newest version, by Alembic, from inside the program.

In: an open database. Out: the versions that were applied. Everything happens in one transaction that others wait
for, so two processes that start at once migrate once, and a failure leaves the tables as they were.
Loaded by name and only when the version differs: Alembic costs 0.1 s and 11 MB, and is needed once a release.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from registry.database import Database, version_of
from registry.errors import RegistryAway

_LOCK = 0x666F6F74
"""Number of the PostgreSQL advisory lock ("foot"); SQLite's write lock does the same work."""


def migrate(database: Database) -> list[str]:
    """Apply what is missing; raise `RegistryAway` when the tables are of a newer release than this program."""
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        config = _config(connection)
        missing = _missing(config, version_of(connection))
        if missing:
            command.upgrade(config, "head")
        return missing


def newest_version() -> str:
    """Return the version that the migrations lead to."""
    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


def _config(connection: Connection | None) -> Config:
    config = Config()
    # Alembic reads this through configparser, where a lone % has a meaning.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _missing(config: Config, present: str) -> list[str]:
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    if present and present not in known:
        raise RegistryAway(f"the registry was made by a newer Footfall (version {present}): update this one")
    return known[known.index(present) + 1 :] if present else known
