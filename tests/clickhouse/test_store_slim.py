"""What the embedded store leaves out: libraries that its driver would load where they are installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from clickhouse.client import Store

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")

OPEN_AND_ASK = """
import sys
from clickhouse.client import connect
from clickhouse.migrate import migrate
with connect("chdb://" + sys.argv[1]) as store:
    migrate(store)
    store.writer.insert("refusals", {"site_id": [1], "day": [0], "reason": ["bot"], "count": [1]}, token="a")
    assert store.query("select sum(count) from refusals") == [(1,)]
print(*sorted({"pyarrow", "pandas"} & {name for name, module in sys.modules.items() if module}))
"""


def test_the_store_opens_writes_and_reads_without_arrow_and_pandas(tmp_path: Path) -> None:
    assert importlib.util.find_spec("pyarrow"), "it has to be there to be left out"
    told = subprocess.run(
        [sys.executable, "-c", OPEN_AND_ASK, str(tmp_path / "store")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (told.returncode, told.stdout.strip()) == (0, ""), told.stderr


def test_others_may_import_arrow_once_the_store_is_open(tmp_path: Path) -> None:
    program = OPEN_AND_ASK + "\nimport pyarrow\nprint('arrow', pyarrow.array([1]).type)"
    told = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "store")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.stdout.split() == ["arrow", "int64"], told.stderr


def test_memory_can_be_given_back_while_the_store_is_in_use(any_store: Store) -> None:
    any_store.tidy()
    assert any_store.query("select count() from events") == [(0,)]
