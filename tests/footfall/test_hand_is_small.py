"""A process that only receives loads what receiving takes, and nothing that stands beside it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "alembic", "argon2", "chdb", "clickhouse_connect", "dashboard", "jinja2", "numpy", "pandas", "pyarrow", "rich",
    "sqlalchemy", "starlette", "clickhouse.client", "clickhouse.store", "collector.app", "collector.drain",
    "footfall.cli", "footfall.house", "registry.registry",
}  # fmt: skip


@pytest.mark.parametrize("module", ["footfall.hand", "footfall.__main__"])
def test_what_a_hand_is_started_with_loads_nothing_heavy(module: str) -> None:
    words = [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"]
    loaded = set(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split())
    assert module in loaded
    assert loaded & HEAVY == set()


def test_a_collector_alone_loads_neither_a_dashboard_nor_what_draws_tables() -> None:
    words = [sys.executable, "-c", "import sys, footfall.cli.serve; print(*sys.modules)"]
    loaded = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    assert "footfall.desk" in loaded
    assert [name for name in loaded if name.split(".")[0] in ("dashboard", "rich")] == []
