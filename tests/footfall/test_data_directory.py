"""DATA has one holder at a time, and is closed to everybody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.lock import DataHeld, hold_data, make_data, write_private


def test_one_process_holds_the_data_and_the_other_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with hold_data(data), pytest.raises(DataHeld, match="another footfall runs on"), hold_data(data):
        pass
    with hold_data(data):
        pass


def test_the_data_directory_is_closed_to_others_whoever_made_it(tmp_path: Path) -> None:
    data, everybodys = tmp_path / "data", tmp_path / "everybodys"
    data.mkdir()
    everybodys.mkdir()
    data.chmod(0o755)
    everybodys.chmod(0o1777)
    make_data(data)
    make_data(everybodys)
    assert data.stat().st_mode & 0o7777 == 0o700
    assert everybodys.stat().st_mode & 0o7777 == 0o1777, "a sticky directory is not ours alone"
    (data / "told").touch(0o644)
    write_private(data / "told", b"new")
    assert ((data / "told").stat().st_mode & 0o777, (data / "told").read_bytes()) == (0o600, b"new")
