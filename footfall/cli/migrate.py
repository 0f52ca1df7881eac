"""`footfall migrate`: bring the registry and the store to this release, before a server is started on them.

`serve` does the same by itself; this verb is for those who want it done, and seen, at a moment of their choosing.
While a server holds an embedded store, only the registry is brought up to date.
"""

from __future__ import annotations

import click

from clickhouse.client import connect
from clickhouse.migrate import migrate as migrate_store
from footfall.cli.opening import read_settings
from footfall.cli.remarks import remark
from footfall.lock import DataHeld, hold_data, make_data
from registry.database import open_database
from registry.migrate import migrate as migrate_registry


@click.command()
def migrate() -> None:
    """Bring registry and store to this release."""
    settings = read_settings()
    make_data(settings.data)
    database = open_database(settings.registry_url())
    try:
        _tell("registry", migrate_registry(database))
    finally:
        database.close()
    try:
        with hold_data(settings.data), connect(settings.store_dsn()) as store:
            _tell("store", migrate_store(store))
    except DataHeld:
        remark("a server is running on this data: it has brought the store up to date when it started")


def _tell(what: str, applied: list[str]) -> None:
    click.echo(f"{what}: applied {', '.join(applied)}" if applied else f"{what}: up to date")
