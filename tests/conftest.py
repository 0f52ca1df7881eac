"""Shared fixtures: a real embedded ClickHouse per test process, and for each test a database as new.

The engine takes a process and a directory for itself, so each pytest-xdist worker has its own; opening it costs
half a second once, a database 0.1 s, so those are lent (shelf.py). Nothing here is a double: what passes here passed
on ClickHouse.
"""

from __future__ import annotations

import os
import sys
import tempfile
import uuid
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from argon2.profiles import CHEAPEST
from chromium import open_browser
from shelf import LentStore, Shelf
from tmpfs import SHARED_MEMORY, has_room

from clickhouse.client import Store, connect
from registry import passwords

if TYPE_CHECKING:
    from facade import Facade


AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)


def stay_here(event: str, args: tuple[object, ...]) -> None:
    """Let no test, and nothing of the product in a test's process, connect to another machine."""
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = str(args[1][0])
        assert host in ("localhost", "::1", "0.0.0.0") or host.startswith("127."), f"{host} leaves this machine"


sys.addaudithook(stay_here)

if has_room(SHARED_MEMORY):
    # Where pytest makes `tmp_path`. What we keep is synced to the disk before it is acknowledged, thousands of times
    # in these tests: half of their time went into waiting for a disk.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(SHARED_MEMORY))

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


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Let tests hash as cheaply as argon2id can: 64 MiB of work each is no part of what they say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COSTS", CHEAPEST)
        patch.setattr(passwords, "NOBODYS", passwords._unknowable())
        yield


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


@pytest.fixture(scope="session")
def shelf(engine_directory: Path) -> Iterator[Shelf[Store]]:
    def open_store(name: str) -> Store:
        return connect(f"chdb://{engine_directory}", database=name)

    with closing(Shelf(lambda: LentStore(open_store))) as shelf:
        yield shelf


@pytest.fixture
def store(shelf: Shelf[Store]) -> Iterator[Store]:
    """An embedded store with this release's schema and no rows."""
    with shelf.lend() as store:
        yield store


@pytest.fixture(scope="session")
def facade(engine_directory: Path) -> Iterator[Facade]:
    """An HTTP server that speaks as ClickHouse does, over this process's engine (one for all tests)."""
    from facade import Facade  # needs chdb, which is an optional extra

    with Facade(engine_directory) as facade:
        yield facade


@pytest.fixture(scope="session")
def server_shelf(facade: Facade) -> Iterator[Shelf[Store]]:
    with closing(Shelf(lambda: LentStore(lambda name: connect(facade.dsn(name))))) as shelf:
        yield shelf


@pytest.fixture
def server_store(facade: Facade, server_shelf: Shelf[Store]) -> Iterator[Store]:
    """A store behind HTTP, reached by the real driver, with this release's schema and no rows."""
    with server_shelf.lend() as store:
        facade.heal()
        yield store
        facade.heal()


@pytest.fixture(params=["embedded", "server"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """Each test once on the embedded store and once over HTTP."""
    name = "store" if request.param == "embedded" else "server_store"
    found: Store = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for a file of tests; every context of it is a fresh profile."""
    pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")
    with open_browser() as browser:
        yield browser
