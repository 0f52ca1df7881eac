"""Every benchmark still runs: a small round of each as a person would start it. Nothing here looks at a clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")

ROOT = Path(__file__).parents[2]
SAYS = {
    "ingest.py": ("ratio (median of rounds)", "CPU us/event", "refused 0"),
    "latency.py": ("p99 at 100 events/s", "refused 0"),
    "memory.py": ("whole product, after 3 report pages", "collector alone", "a hand, started"),
    "ready.py": ("serve, first start", "serve, second start", "demo, 2,000 events"),
    "recovery.py": ("all 202", "caught up", "drained in", "accounted for"),
    "soak.py": ("descriptors", "at rest", "accounted for"),
    "verify.py": ("the last segment", "one that is not stored", "of CPU"),
    "report_page.py": ("30 days, no filter", "12 months, one filter", "over the wire"),
}


@pytest.mark.parametrize("script", SAYS)
def test_a_benchmark_runs_from_start_to_end_and_leaves_nothing(script: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script), "--smoke"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(words in done.stdout for words in SAYS[script]), done.stdout
    assert not list(tmp_path.iterdir())


def test_each_script_that_one_can_start_is_tried() -> None:
    scripts = {path.name for path in (ROOT / "benchmarks").glob("*.py") if "--smoke" in path.read_text()}
    assert scripts == set(SAYS)
