"""A backup holds everything that must not be lost and nothing that must; what moves is counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wayout_world import Yard

from clickhouse import slices
from clickhouse.client import Store, connect
from clickhouse.faults import StoreError
from clickhouse.migrate import migrate
from footfall.wayout.copies import backup_store, copy_registry, move_store, read_backup, restore_store
from registry.registry import Registry

if TYPE_CHECKING:
    from facade import Facade


@pytest.fixture
def yard(store: Store, tmp_path: Path) -> Iterator[Yard]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}") as registry:
        yield Yard(registry, store, tmp_path)


@pytest.fixture
def server_store(facade: Facade, database: str) -> Iterator[Store]:
    """Another store than the embedded one, behind HTTP."""
    with connect(facade.dsn(f"{database}b")) as store:
        migrate(store)
        yield store
        store.writer.command(f"drop database {database}b sync", use_database=False)


def test_what_is_restored_gives_the_same_answers(yard: Yard, server_store: Store) -> None:
    sites = [yard.site(host) for host in ("a.example", "b.example")]
    for site in sites:
        yard.fill(site)
    assert backup_store(yard.store, yard.data / "backup", 600)
    copied = read_backup(yard.data / "backup")
    assert copied.rows["events"] == sum(yard.counts(site)["events"] for site in sites)
    elsewhere = Yard(yard.registry, server_store, yard.data)
    assert sum(restore_store(server_store, yard.data / "backup", copied)) > 0
    for site in sites:
        assert elsewhere.counts(site) == yard.counts(site)
        assert elsewhere.answers(site) == yard.answers(site)


def test_nothing_is_restored_over_what_is_there(yard: Yard) -> None:
    yard.fill(yard.site("a.example"))
    backup_store(yard.store, yard.data / "backup", 600)
    copied = read_backup(yard.data / "backup")
    with pytest.raises(StoreError, match="not empty"):
        list(restore_store(yard.store, yard.data / "backup", copied))


def test_a_damaged_or_unfinished_backup_is_refused(yard: Yard) -> None:
    yard.fill(yard.site("a.example"))
    folder = yard.data / "backup"
    with pytest.raises(StoreError, match=r"backup\.json"):
        read_backup(folder)
    backup_store(yard.store, folder, 600)
    file = next((folder / "store" / "events").iterdir())
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StoreError, match=file.name):
        read_backup(folder)


def test_a_backup_that_is_cut_short_goes_on(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "ROWS", 10)
    yard.fill(yard.site("a.example"))
    rounds = 0
    while not backup_store(yard.store, yard.data / "backup", 0.02):
        rounds += 1
        assert rounds < 1000
    assert rounds
    assert (
        read_backup(yard.data / "backup").rows["events"] == yard.counts(yard.registry.sites.get("a.example"))["events"]
    )


def test_moving_to_a_server_keeps_every_answer_and_may_be_repeated(yard: Yard, server_store: Store) -> None:
    site = yard.site("a.example")
    yard.fill(site)
    elsewhere = Yard(yard.registry, server_store, yard.data)
    first = dict(move_store(yard.store, server_store))
    assert first["events"] == yard.counts(site)["events"]
    assert dict(move_store(yard.store, server_store)) == first
    assert elsewhere.counts(site) == yard.counts(site)
    assert elsewhere.answers(site) == yard.answers(site)


def test_a_store_that_holds_something_else_is_not_moved_into(yard: Yard, server_store: Store) -> None:
    site = yard.site("a.example")
    yard.fill(site)
    Yard(yard.registry, server_store, yard.data).fill(site, 2, visits=3)
    with pytest.raises(StoreError, match="events"):
        list(move_store(yard.store, server_store))


def test_the_copy_of_the_registry_knows_no_session(yard: Yard) -> None:
    yard.site("a.example")
    user = yard.registry.users.add("ada@example.com", "correct horse battery", role="owner")
    token = yard.registry.sessions.open(user.id)
    assert yard.registry.sessions.check(token)
    copy_registry(yard.data / "registry.sqlite", yard.data / "copy.sqlite")
    with sqlite3.connect(yard.data / "copy.sqlite") as copy:
        assert copy.execute("select count(*) from sessions").fetchone() == (0,)
        assert copy.execute("select host from sites").fetchall() == [("a.example",)]
    copy.close()
    assert yard.registry.sessions.check(token)
    assert oct((yard.data / "copy.sqlite").stat().st_mode & 0o777) == "0o600"
