"""A machine of its own for every test of the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_world import Plant
from cli_world import Home
from tmpfs import salts_beside
from warm import Warm

from clickhouse.client import Store
from registry.registry import Registry


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm | None]:
    """What runs verbs faster, where it can."""
    if sys.platform != "linux":
        yield None
        return
    with Warm() as warm:
        yield warm


@pytest.fixture
def home(tmp_path: Path, warm: Warm | None) -> Iterator[Home]:
    with salts_beside(tmp_path):
        yield Home(tmp_path, warm=warm)


@pytest.fixture
def plant(store: Store, tmp_path: Path) -> Iterator[Plant]:
    """A small installation for the self-audit."""
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}") as registry:
        yield Plant(registry, store, tmp_path / "data")
