"""Salts: one per site and day, the same for every process, and gone for good afterwards (docs/privacy.md)."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from registry_world import run_together
from tmpfs import NO_TMPFS, salts_beside, salts_in

from registry import salts as salts_module
from registry.errors import SaltsRefused
from registry.salt_files import is_in_memory
from registry.salts import Salts, open_salts

TODAY = date(2026, 11, 22)
TOMORROW = TODAY + timedelta(days=1)

ASK_TOGETHER = """
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from registry.salts import open_salts
salts = open_salts(sys.argv[1], Path(sys.argv[2]))
day = date(2026, 11, 22)
with ThreadPoolExecutor(8) as pool:
    print("ready", flush=True)
    sys.stdin.readline()
    asked = [pool.submit(salts.today, 7, day + timedelta(days=later)) for later in (0,) * 8 + (1,) * 8]
    print(*(each.result().hex() for each in asked))
"""


def spec_of(place: str, request: pytest.FixtureRequest) -> str:
    if place == "memory":
        return "memory:"
    if place == "dir":
        return f"dir:{request.getfixturevalue('folder')}"
    address: str = request.getfixturevalue("redis_address")
    return address


@pytest.fixture(params=["memory", "dir", "redis"])
def spec(request: pytest.FixtureRequest) -> str:
    return spec_of(request.param, request)


@pytest.fixture(params=["dir", "redis"])
def shared_spec(request: pytest.FixtureRequest) -> str:
    return spec_of(request.param, request)


@pytest.fixture
def salts(spec: str, tmp_path: Path) -> Salts:
    return open_salts(spec, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with salts_beside(tmp_path):
        if not (tmp_path / "memory").exists():
            pytest.skip(NO_TMPFS)
        yield salts_in(tmp_path).resolve()


@pytest.fixture
def filed(folder: Path, tmp_path: Path) -> Salts:
    return open_salts(f"dir:{folder}", tmp_path)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.glob("*/*"))


def test_a_salt_is_random_for_each_site_and_stays_for_its_day(salts: Salts) -> None:
    first, second = salts.today(1, TODAY), salts.today(2, TODAY)
    assert len(first) == len(second) == 32
    assert first != second
    assert (salts.today(1, TODAY), salts.today(2, TODAY)) == (first, second)


def test_two_installations_never_have_the_same_salt(folder: Path, tmp_path: Path) -> None:
    one, other = (open_salts(f"dir:{folder / name}", tmp_path) for name in ("one", "other"))
    assert one.today(1, TODAY) != other.today(1, TODAY)


def test_the_salt_of_a_new_day_is_another_and_the_old_one_never_returns(salts: Salts) -> None:
    old = salts.today(1, TODAY)
    new = salts.today(1, TOMORROW)
    assert new != old
    assert salts.today(1, TOMORROW) == new
    assert salts.today(1, TODAY) == new


def test_a_salt_far_ahead_came_from_a_wrong_clock_and_is_destroyed(salts: Salts) -> None:
    wrong = salts.today(1, TODAY + timedelta(days=365))
    right = salts.today(1, TODAY)
    assert right != wrong
    assert salts.today(1, TODAY) == right


def test_forgetting_now_gives_the_site_a_new_salt_and_leaves_others(salts: Salts) -> None:
    before, other = salts.today(1, TODAY), salts.today(2, TODAY)
    salts.destroy(1)
    salts.destroy(99)
    assert salts.today(1, TODAY) != before
    assert salts.today(2, TODAY) == other


def test_a_restart_on_the_same_day_keeps_the_salt(shared_spec: str, tmp_path: Path) -> None:
    before = open_salts(shared_spec, tmp_path).today(1, TODAY)
    assert open_salts(shared_spec, tmp_path).today(1, TODAY) == before


def test_a_process_that_has_not_seen_midnight_yet_does_not_bring_the_old_salt_back(
    shared_spec: str, tmp_path: Path
) -> None:
    early, late = open_salts(shared_spec, tmp_path), open_salts(shared_spec, tmp_path)
    new = early.today(1, TOMORROW)
    assert late.today(1, TODAY) == new
    assert late.today(1, TOMORROW) == new


def test_a_site_without_visitors_loses_its_salt_at_midnight_too(shared_spec: str, tmp_path: Path) -> None:
    salts = open_salts(shared_spec, tmp_path)
    old = {site: salts.today(site, TODAY) for site in (1, 2, 3)}
    salts.expire({1: TODAY, 2: TOMORROW})
    after = open_salts(shared_spec, tmp_path)
    assert after.today(1, TODAY) == old[1]
    assert after.today(2, TODAY) != old[2], "its day was over"
    assert after.today(3, TODAY) != old[3], "it is no site any more"


def test_many_processes_that_ask_at_once_get_one_salt(shared_spec: str, tmp_path: Path) -> None:
    """64 ask for today and 64 for tomorrow, from 8 processes; whoever comes first, none gets a third one."""
    told = [line.split() for line in run_together(ASK_TOGETHER, 8, shared_spec, str(tmp_path))]
    todays = {salt for line in told for salt in line[:8]}
    tomorrows = {salt for line in told for salt in line[8:]}
    assert len(tomorrows) == 1
    assert len(todays - tomorrows) <= 1
    assert open_salts(shared_spec, tmp_path).today(7, TOMORROW).hex() == tomorrows.pop()


def test_the_old_salt_is_overwritten_with_zeros_and_unlinked(filed: Salts, folder: Path) -> None:
    old = filed.today(1, TODAY)
    path = folder / "1" / "2026-11-22"
    with path.open("rb", buffering=0) as still_open:
        assert still_open.read() == old
        filed.today(1, TOMORROW)
        still_open.seek(0)
        assert still_open.read() == bytes(32)
    assert files(folder) == ["1/2026-11-23"]


def test_nothing_of_a_salt_is_left_below_its_directory(filed: Salts, folder: Path) -> None:
    old = filed.today(1, TODAY)
    filed.destroy(1)
    assert [path.name for path in folder.iterdir()] == ["lock"]
    assert not [path for path in folder.rglob("*") if path.is_file() and old in path.read_bytes()]


def test_salts_are_for_this_user_alone(filed: Salts, folder: Path) -> None:
    before = os.umask(0)
    try:
        filed.today(1, TODAY)
    finally:
        os.umask(before)
    modes = {path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    assert modes == {"lock": 0o600, "1": 0o700, "1/2026-11-22": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_torn_file_is_replaced(filed: Salts, folder: Path, tmp_path: Path) -> None:
    (folder / "1").mkdir(mode=0o700)
    (folder / "1" / "2026-11-22").write_bytes(b"half")
    salt = filed.today(1, TODAY)
    assert len(salt) == 32
    assert open_salts(f"dir:{folder}", tmp_path).today(1, TODAY) == salt


@pytest.mark.parametrize("trap", ["open to others", "a link", "a file"])
def test_a_directory_that_others_could_enter_is_refused(trap: str, folder: Path, tmp_path: Path) -> None:
    if trap == "a file":
        folder.write_text("")
    elif trap == "a link":
        (folder.parent / "theirs").mkdir(mode=0o700)
        folder.symlink_to(folder.parent / "theirs")
    else:
        folder.mkdir()
        folder.chmod(0o750)
    with pytest.raises(SaltsRefused, match="FOOTFALL_SALTS"):
        open_salts(f"dir:{folder}", tmp_path)


def test_the_usual_question_touches_neither_disk_nor_lock(folder: Path, tmp_path: Path) -> None:
    time = [100.0]
    salts = open_salts(f"dir:{folder}", tmp_path)
    salts._monotonic = lambda: time[0]
    salt = salts.today(1, TODAY)
    shutil.rmtree(folder)
    time[0] += 0.9
    assert salts.today(1, TODAY) == salt


def test_forgetting_in_one_process_reaches_the_others_within_a_second(folder: Path, tmp_path: Path) -> None:
    time = [100.0]
    server, command_line = (open_salts(f"dir:{folder}", tmp_path) for _ in range(2))
    server._monotonic = lambda: time[0]
    before = server.today(1, TODAY)
    command_line.destroy(1)
    time[0] += 1.0
    after = server.today(1, TODAY)
    assert after != before
    assert command_line.today(1, TODAY) == after


def test_a_directory_that_disappears_is_told_with_the_setting(filed: Salts, folder: Path) -> None:
    shutil.rmtree(folder)
    with pytest.raises(SaltsRefused, match="FOOTFALL_SALTS"):
        filed.today(1, TODAY)


def test_auto_takes_a_directory_in_memory_where_there_is_one(tmp_path: Path) -> None:
    salts = open_salts("auto", tmp_path)
    if salts.name == "memory":
        pytest.skip("needs a tmpfs at /run/footfall or /dev/shm")
    place = Path(salts.name)
    try:
        assert is_in_memory(place)
        assert not place.is_relative_to(tmp_path)
        assert salts.is_shared
        assert open_salts("auto", tmp_path).today(1, TODAY) == salts.today(1, TODAY)
        assert open_salts("auto", tmp_path / "other").name != salts.name
    finally:
        shutil.rmtree(place)
        shutil.rmtree(open_salts("auto", tmp_path / "other").name)


def test_auto_keeps_salts_in_the_process_where_no_directory_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(salts_module, "is_in_memory", lambda _: False)
    salts = open_salts("auto", tmp_path)
    assert (salts.name, salts.is_shared) == ("memory", False)


def test_a_directory_on_disk_is_not_in_memory() -> None:
    assert not is_in_memory(Path("/usr"))
    assert not is_in_memory(Path("/proc"))


def test_a_directory_on_disk_is_refused_even_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    monkeypatch.setattr(Path, "mkdir", lambda path, **_: made.append(path))
    with pytest.raises(SaltsRefused, match="FOOTFALL_SALTS: /usr/footfall-salts is on a disk"):
        open_salts("dir:/usr/footfall-salts", Path("/nowhere"))
    assert made == []


@pytest.mark.parametrize("spec", ["", "dir:", "dir:relative", "file:/x", "memory", "disk:/x"])
def test_a_place_that_cannot_be_is_refused_by_name(spec: str, tmp_path: Path) -> None:
    if spec == "memory":
        assert open_salts(spec, tmp_path).name == "memory"
        return
    with pytest.raises(SaltsRefused, match="FOOTFALL_SALTS must be auto, dir:/path, memory: or redis://"):
        open_salts(spec, tmp_path)
