"""A machine of its own for every test of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import Home
from tmpfs import salts_beside


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with salts_beside(tmp_path):
        yield Home(tmp_path)
