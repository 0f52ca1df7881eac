"""Shared fixtures: a real embedded ClickHouse per test process, and a fresh migrated database per test.

The engine takes a process and a directory for itself, so each pytest-xdist worker has its own; opening it costs
half a second once, a database about 15 ms. Nothing here is a double: what passes here passed on ClickHouse.
"""

from __future__ import annotations

import os
import sys
import tempfile
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from clickhouse.client import Store, connect
from clickhouse.migrate import migrate

if TYPE_CHECKING:
    from facade import Facade


AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)


def stay_here(event: str, args: tuple[object, ...]) -> None:
    """Let no test, and nothing of the product in a test's process, connect to another machine."""
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = str(args[1][0])
        assert host in ("localhost", "::1", "0.0.0.0") or host.startswith("127."), f"{host} leaves this machine"


sys.addaudithook(stay_here)

STRICT = os.environ.get("FOOTFALL_TEST_STRICT") == "1"
"""Where everything is installed, a skip is a failure: a check that did not run proves nothing."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return no_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return no_skip((yield))


def no_skip(report: AnyReport) -> AnyReport:
    if STRICT and report.outcome == "skipped":
        report.outcome = "failed"
    return report


@pytest.fixture(scope="session")
def engine_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of this process's one engine, which stays open as long as the tests run."""
    pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")
    directory = tmp_path_factory.mktemp("engine")
    with connect(f"chdb://{directory}", memory_bytes=2 << 30):
        yield directory
    tempfile.tempdir = None  # the store had sent temporary files into its own directory


@pytest.fixture
def database() -> str:
    """A name that no other test has."""
    return f"t{uuid.uuid4().hex}"


@pytest.fixture
def store(engine_directory: Path, database: str) -> Iterator[Store]:
    """An embedded store with this release's schema and no rows."""
    with connect(f"chdb://{engine_directory}", database=database) as store:
        migrate(store)
        yield store
        store.writer.command(f"drop database {database} sync", use_database=False)


@pytest.fixture(scope="session")
def facade(engine_directory: Path) -> Iterator[Facade]:
    """An HTTP server that speaks as ClickHouse does, over this process's engine (one for all tests)."""
    from facade import Facade  # needs chdb, which is an optional extra

    with Facade(engine_directory) as facade:
        yield facade


@pytest.fixture
def server_store(facade: Facade, database: str) -> Iterator[Store]:
    """A store behind HTTP, reached by the real driver, with this release's schema and no rows."""
    with connect(facade.dsn(database)) as store:
        migrate(store)
        yield store
        facade.heal()
        store.writer.command(f"drop database {database} sync", use_database=False)


@pytest.fixture(params=["embedded", "server"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """Each test once on the embedded store and once over HTTP."""
    name = "store" if request.param == "embedded" else "server_store"
    found: Store = request.getfixturevalue(name)
    return found
