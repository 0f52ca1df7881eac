"""A registry in one line: a real SQLite file and a real PostgreSQL, and a clock that a test may move.

PostgreSQL is the one of FOOTFALL_TEST_POSTGRES (a URL whose user may create databases), else a server started for these
tests from Debian's package, on a socket of its own, else those tests are skipped.
"""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from argon2.profiles import RFC_9106_LOW_MEMORY
from registry_lent import LentDatabase
from registry_world import DISKLESS, NO_REDIS, Clock, database_on, started_postgres, started_redis
from shelf import Shelf
from sqlalchemy import make_url

from registry import passwords
from registry.registry import Registry

HOW_TO_GET = (
    "needs PostgreSQL: apt-get install postgresql, and pip install -e '.[postgres]'; or set FOOTFALL_TEST_POSTGRES"
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def true_costs() -> None:
    """Ask for this where the costs of a password matter."""


@pytest.fixture(autouse=True)
def costs_of_a_password(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back, before a registry is opened, what all other tests hash with."""
    if "true_costs" in request.fixturenames:
        monkeypatch.setattr(passwords, "COSTS", RFC_9106_LOW_MEMORY)
        monkeypatch.setattr(passwords, "NOBODYS", passwords._unknowable())


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'registry.sqlite'}"
        return
    with database_on(request.getfixturevalue("postgres_server"), "template1") as url:
        yield url


@pytest.fixture
def registry_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with this release's tables: a copy of one that was migrated once."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "registry.sqlite")
        yield f"sqlite:///{tmp_path / 'registry.sqlite'}"
        return
    with request.getfixturevalue("postgres_shelf").lend() as url:
        yield url


@pytest.fixture
def registry(registry_url: str, clock: Clock) -> Iterator[Registry]:
    with Registry.open(registry_url, clock=clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "registry.sqlite"
    Registry.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    with database_on(postgres_server, "template1") as url:
        Registry.open(url).close()
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def postgres_shelf(postgres_server: str, postgres_template: str) -> Iterator[Shelf[str]]:
    with closing(Shelf(lambda: LentDatabase(postgres_server, postgres_template))) as shelf:
        yield shelf


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A server's address, or a skip with a word on how to get one."""
    pytest.importorskip("psycopg", reason=HOW_TO_GET)
    given = os.environ.get("FOOTFALL_TEST_POSTGRES")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if not programs:
        pytest.skip(HOW_TO_GET)
    with started_postgres(programs[-1]) as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis that keeps nothing on disk, or a skip with a word on how to get one."""
    pytest.importorskip("redis", reason=NO_REDIS)
    if not shutil.which("redis-server"):
        pytest.skip(NO_REDIS)
    with started_redis(*DISKLESS) as address:
        yield address


@pytest.fixture
def redis_address(redis_server: str) -> str:
    """The address of an empty Redis."""
    with importlib.import_module("redis").Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server
