"""The database under the registry: how it is opened, migrated and shared."""

from __future__ import annotations

import importlib
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from registry_world import run_together
from sqlalchemy import Connection, text

from registry import tables
from registry.database import Conflict, open_database
from registry.errors import NotAllowed, RegistryAway
from registry.migrate import migrate, newest_version
from registry.registry import Registry

OPEN_AND_ADD = """
from registry.registry import Registry
print("ready", flush=True)
sys.stdin.readline()
with Registry.open(sys.argv[1]) as registry:
    for number in range(5):
        registry.sites.add(f"site-{__import__('os').getpid()}-{number}.example")
"""


def sqlite_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'registry.sqlite'}"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_and_its_log_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Registry.open(sqlite_in(tmp_path)) as registry:
            registry.sites.add("example.com")
            modes = {path.name: mode(path) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"registry.sqlite": 0o600, "registry.sqlite-wal": 0o600, "registry.sqlite-shm": 0o600}


def test_sqlite_keeps_what_it_promises(tmp_path: Path) -> None:
    database = open_database(sqlite_in(tmp_path))
    with database.read() as connection:
        told = {
            name: connection.exec_driver_sql(f"pragma {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    database.close()
    assert told == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 5000, "synchronous": 2}


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection", "ignore:autogenerate skipping metadata-specified")
def test_the_tables_described_are_those_the_migrations_build(registry: Registry) -> None:
    def is_compared(_thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        # An index on an expression cannot be read back as one on every dialect; the test below proves that it works.
        return not (kind == "index" and name == "uq_grants_user_site")

    with registry._database.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_compared})
        assert compare_metadata(context, tables.metadata) == []


def test_a_user_cannot_be_granted_every_site_twice(registry: Registry) -> None:
    user = registry.users.add("ada@example.com", "correct horse battery", "owner")
    with pytest.raises(Conflict), registry._database.write() as connection:
        connection.execute(tables.grants.insert().values(user_id=user.id, role="viewer"))
    assert len(registry.users.grants(user)) == 1


def test_the_version_named_is_the_newest_there_is() -> None:
    assert newest_version() == tables.VERSION


def test_migrating_twice_does_nothing(empty_url: str) -> None:
    database = open_database(empty_url)
    assert migrate(database)[-1] == tables.VERSION
    assert migrate(database) == []
    database.close()


def test_a_registry_of_a_newer_release_is_left_alone(registry_url: str) -> None:
    Registry.open(registry_url).close()
    database = open_database(registry_url)
    with database.write() as connection:
        connection.execute(tables.alembic_version.update().values(version_num="9999"))
    database.close()
    with pytest.raises(RegistryAway, match=r"newer Footfall \(version 9999\)"):
        Registry.open(registry_url)


def test_a_failed_migration_leaves_nothing_behind(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_operations: object, *_words: object, **_more: object) -> None:
        raise RuntimeError

    database = open_database(empty_url)
    operations = importlib.import_module("alembic.operations").Operations
    monkeypatch.setattr(operations, "create_index", fail)
    with pytest.raises(RuntimeError):
        migrate(database)
    monkeypatch.undo()
    assert migrate(database)[-1] == tables.VERSION
    database.close()


def test_opening_a_registry_of_this_release_does_not_load_alembic(tmp_path: Path) -> None:
    Registry.open(sqlite_in(tmp_path)).close()
    program = (
        "import sys; from registry.registry import Registry; "
        f"Registry.open({sqlite_in(tmp_path)!r}).sites.list(); print('alembic' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert told.stdout == "False\n"


def test_processes_that_start_at_once_migrate_once_and_lose_nothing(empty_url: str) -> None:
    run_together(OPEN_AND_ADD, 4, empty_url)
    with Registry.open(empty_url) as registry:
        assert len(registry.sites.list()) == 20
        assert registry.revision() == 21


def test_a_file_that_another_one_writes_is_waited_for_before_it_gets_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself says `locked` at once here, though it was told to be patient."""
    with closing(sqlite3.connect(tmp_path / "registry.sqlite", isolation_level=None)) as other:
        other.execute("begin immediate")
        waited: list[float] = []

        def let_go(seconds: float) -> None:
            waited.append(seconds)
            other.execute("commit")

        monkeypatch.setattr("registry.database.time.sleep", let_go)
        with Registry.open(sqlite_in(tmp_path)) as registry:
            assert registry.sites.list() == []
    assert len(waited) == 1


def test_what_one_process_changes_the_other_sees(registry: Registry, registry_url: str) -> None:
    registry.sites.add("example.com")
    before = registry.revision()
    with Registry.open(registry_url) as command_line:
        command_line.sites.set("example.com", {"titles": "on"})
    assert registry.revision() > before
    assert registry.sites.get("example.com").titles


def test_a_failed_change_is_undone_as_a_whole(registry: Registry) -> None:
    def half_done(connection: Connection) -> None:
        connection.execute(tables.revision.update().values(number=99))
        raise KeyError

    before = registry.revision()
    with pytest.raises(KeyError), registry._database.write() as connection:
        half_done(connection)
    assert registry.revision() == before


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "must be sqlite:///"),
        ("nonsense", "must be sqlite:///"),
        ("mysql://user:hunter2@host/db", "mysql:// is not known"),
        ("sqlite://", "needs a file here"),
        ("sqlite:///:memory:", "needs a file here"),
    ],
)
def test_an_address_that_cannot_be_is_refused_by_name(url: str, why: str) -> None:
    with pytest.raises(NotAllowed, match=f"FOOTFALL_REGISTRY.*{why}") as told:
        Registry.open(url)
    assert "hunter2" not in str(told.value)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegistryAway, match=r"No such file or directory; see FOOTFALL_DATA"):
        Registry.open(f"sqlite:///{tmp_path}/nowhere/registry.sqlite")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    path.write_text("my diary\n" * 1000)
    with pytest.raises(RegistryAway, match="check FOOTFALL_REGISTRY"):
        Registry.open(f"sqlite:///{path}")
    assert path.read_text().startswith("my diary")


def test_a_server_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="needs pip install -e '.[postgres]'")
    with pytest.raises(RegistryAway, match="does not answer") as told:
        Registry.open(f"postgresql://footfall:hunter2@/db?host={tmp_path}")
    assert "hunter2" not in str(told.value)


def test_an_error_of_the_database_quotes_no_value(registry: Registry) -> None:
    with pytest.raises(RegistryAway) as told, registry._database.read() as connection:
        connection.execute(text("select :secret from nowhere"), {"secret": "hunter2"})
    assert "hunter2" not in str(told.value)
    assert "hunter2" not in str(told.value.__cause__)
