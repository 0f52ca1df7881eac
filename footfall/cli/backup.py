"""`footfall backup DIR`, `footfall restore DIR`, `footfall move --to DSN`: whole installations.

A backup is made beside a running server (which writes the store's part, as an order) or without one. Restoring and
moving need the data for themselves: a running server has to be stopped, and says so. Nothing is put where something
is already. Salts, spools, peppers and keys that sign are in no backup. What was erased after a backup was made is
erased again before a restored one is opened.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from clickhouse.client import Store, connect
from clickhouse.migrate import migrate
from collector.drain.erased import Entry, ErasedBook
from collector.settings import Settings
from footfall.cli.awaiting import LONG_SECONDS, await_end, done
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.remarks import remark
from footfall.cli.show import waiting
from footfall.house import open_house
from footfall.lock import hold_data, make_data
from footfall.wayout.again import carry_out, prepare
from footfall.wayout.copies import copy_registry, move_store, read_backup, refuse_if_not_empty, restore_store
from footfall.wayout.remembered import book_in
from registry.errors import NotAllowed
from registry.sites import COMMAND_LINE

FOLDER = click.Path(path_type=Path, file_okay=False)
REGISTRY_FILE = "registry.sqlite"


@click.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
def backup(folder: Path) -> None:
    """Copy everything that must not be lost into a new folder."""
    settings = read_settings()
    if folder.exists() and any(folder.iterdir()):
        raise NotAllowed(f"{folder} is not empty: name a new folder")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open_registry(settings) as registry:
        order = registry.orders.file("backup", {}, COMMAND_LINE)
        with waiting("copying the store"):
            done(await_end(settings, registry, order, LONG_SECONDS), "the backup")
    inner = settings.data / "backup"
    shutil.copytree(inner, folder, dirs_exist_ok=True)
    folder.chmod(0o700)
    copied = read_backup(folder)
    shutil.rmtree(inner)
    file = _registry_file(settings)
    if file:
        copy_registry(file, folder / REGISTRY_FILE)
    else:
        remark("the registry is in PostgreSQL: back it up at the same time: pg_dump --exclude-table-data=peppers")
    click.echo(f"{sum(copied.rows.values()):,} rows in {folder}, checked; keep it no longer than you promise")


@click.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--erased", type=click.Path(path_type=Path), help="The book of what was erased since; else that in DATA.")
@click.option("--without-erased", is_flag=True, help="There is no such book: what was erased since comes back.")
def restore(folder: Path, erased: Path | None, *, without_erased: bool) -> None:
    """Bring a backup back, into an installation that is empty."""
    settings = read_settings()
    copied = read_backup(folder)
    make_data(settings.data)
    with hold_data(settings.data):
        entries = _erased_since(settings, erased, without=without_erased)
        _restore_registry(settings, folder)
        with connect(settings.store_dsn()) as store:
            migrate(store)
            refuse_if_not_empty(store)
            with open_registry(settings) as registry:
                again = prepare(registry, settings.data, entries, copied.begun_at)
            with waiting("loading the store"):
                rows = sum(restore_store(store, folder, copied))
    with open_house(settings) as house, waiting("erasing what was erased since, and what is too old"):
        for sentence in carry_out(house):
            remark(sentence)
    click.echo(f"{rows:,} rows came back, {again} erasures were repeated; nobody is signed in")


def _erased_since(settings: Settings, erased: Path | None, *, without: bool) -> list[Entry]:
    """Read the book of what was erased, and put it where it goes on. Raises NotAllowed where there is none."""
    book = book_in(settings.data)
    if erased is not None:
        if not erased.is_file():
            raise NotAllowed(f"{erased} is not there")
        book.note(ErasedBook(erased).entries())
    elif not book.file.exists() and not without:
        raise NotAllowed(
            f"{book.file} is not there, so what was erased since the backup would come back: name the book of the "
            "old installation with --erased, or say --without-erased"
        )
    return book.entries()


def _restore_registry(settings: Settings, folder: Path) -> None:
    file, kept = _registry_file(settings), folder / REGISTRY_FILE
    if file is None or not kept.exists():
        remark("the registry is not in this backup, or not in a file: restore it with pg_restore")
        return
    if file.exists():
        raise NotAllowed(f"{file} is there: restore into an empty FOOTFALL_DATA, so that nothing is overwritten")
    new = file.with_suffix(".new")
    shutil.copyfile(kept, new)
    new.chmod(0o600)
    os.replace(new, file)


@click.command()
@click.option("--to", "dsn", required=True, help="The new store, as FOOTFALL_STORE takes it.")
def move(dsn: str) -> None:
    """Copy the store to another one, as from embedded to a server."""
    settings = read_settings()
    with open_house(settings) as house:
        if settings.store_dsn() == dsn:
            raise NotAllowed("that is the store already in use")
        while house.drain.step():
            pass
        with connect(dsn) as target:
            _move(house.store, target)
    click.echo("moved and counted; set FOOTFALL_STORE to the new store now, and start the server again")
    remark("the old store is as it was: delete it when the new one has proved itself")


def _move(source: Store, target: Store) -> None:
    migrate(target)
    for table, rows in move_store(source, target):
        click.echo(f"{table}: {rows:,} rows")


def _registry_file(settings: Settings) -> Path | None:
    url = settings.registry_url()
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
