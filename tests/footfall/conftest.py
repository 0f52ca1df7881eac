"""A machine of its own for every test of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_world import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)
