"""A registry in one line: a real SQLite file and a real PostgreSQL, and a clock that a test may move.

PostgreSQL is the one of FOOTFALL_TEST_POSTGRES (a URL whose user may create databases), else a server started for these
tests from Debian's package, on a socket of its own, else those tests are skipped.
"""

from __future__ import annotations

import importlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from registry_world import DISKLESS, NO_REDIS, Clock, started_postgres, started_redis
from sqlalchemy import create_engine, make_url, text

from registry.registry import Registry

HOW_TO_GET = (
    "needs PostgreSQL: apt-get install postgresql, and pip install -e '.[postgres]'; or set FOOTFALL_TEST_POSTGRES"
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'registry.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def registry_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def registry(registry_url: str, clock: Clock) -> Iterator[Registry]:
    with Registry.open(registry_url, clock=clock) as opened:
        yield opened


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database on the server."""
    name = f"footfall_{uuid.uuid4().hex}"
    server = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f"create database {name}"))
        yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
        with server.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))
    finally:
        server.dispose()


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
