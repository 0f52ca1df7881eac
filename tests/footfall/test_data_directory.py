"""DATA has one holder at a time, and is closed to everybody else."""

from __future__ import annotations

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from footfall.lock import DataHeld, hold_data, make_data
from footfall.private import secret_in, write_private


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


def test_a_secret_is_made_once_also_where_a_crash_left_its_file_empty(tmp_path: Path) -> None:
    file = tmp_path / "form.key"
    file.touch(0o600)
    secret = secret_in(file)
    assert (len(secret), secret_in(file), file.read_bytes()) == (32, secret, secret)
    assert secret_in(tmp_path / "other.key") != secret
    assert (tmp_path / "other.key").stat().st_mode & 0o777 == 0o600


def test_who_finds_a_secret_being_made_waits_for_it(tmp_path: Path) -> None:
    file = tmp_path / "form.key"
    with ThreadPoolExecutor(1) as other, file.open("wb") as making:
        fcntl.flock(making, fcntl.LOCK_EX)
        found = other.submit(secret_in, file)
        os.write(making.fileno(), b"s" * 32)
        fcntl.flock(making, fcntl.LOCK_UN)
        assert found.result() == b"s" * 32
