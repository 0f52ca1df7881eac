"""A disk that is full, or nearly: the spool says so, keeps what it acknowledged, goes on by itself (invariant 9)."""

from __future__ import annotations

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults.disk import FULL, ROOMY, Disk, open_spool
from faults.reading import read_all

from collector.spool import Limits, SpoolFull
from collector.spool.disk import Ballast, Space
from collector.spool.segment import HEADER, segments_in


@contextmanager
def longest_file(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes: writes get short, then fail with EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("space", "short"),
    [
        (Space(used=10, free=300 << 20), False),
        (Space(used=10, free=(256 << 20) - 1), True),
        (Space(used=899 << 30, free=101 << 30), False),
        (Space(used=900 << 30, free=100 << 30), True),
        (Space(used=0, free=0), True),
    ],
)
def test_9_a_disk_is_short_of_room_at_90_per_cent_or_below_256_mb(space: Space, short: bool) -> None:
    assert space.is_short(Limits()) is short


def test_9_it_stops_before_the_disk_is_full_and_goes_on_without_a_restart(tmp_path: Path) -> None:
    disk = Disk()
    limits = Limits(ballast_bytes=100)
    spool = open_spool(tmp_path, disk, limits)
    spool.append([b"a"])
    disk.room = FULL
    with pytest.raises(SpoolFull):
        spool.append([b"b"])
    Ballast(tmp_path, 100).drop()
    disk.room = ROOMY
    spool.append([b"c"])
    assert read_all(tmp_path).records == [b"a", b"c"]
    assert (tmp_path / "ballast").stat().st_size == 100
    spool.close()


def test_9_a_full_disk_gets_back_even_the_segment_that_was_being_written(tmp_path: Path) -> None:
    disk = Disk()
    spool = open_spool(tmp_path, disk, Limits(ballast_bytes=0))
    spool.append([b"a"])
    disk.room = FULL
    for _ in range(5):
        with pytest.raises(SpoolFull):
            spool.append([b"b"])
    written, fresh = segments_in(tmp_path)
    assert written.path.stat().st_size > fresh.path.stat().st_size == HEADER.size
    written.path.unlink()
    disk.room = ROOMY
    spool.append([b"c"])
    assert read_all(tmp_path).records == [b"c"]
    spool.close()


def test_9_a_disk_that_is_full_in_the_middle_of_a_write_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.append([b"a"])
    (segment,) = segments_in(tmp_path)
    with longest_file(segment.path.stat().st_size + 500), pytest.raises(SpoolFull, match=errno.errorcode[errno.EFBIG]):
        spool.append([b"x" * 2000])
    with longest_file(10), pytest.raises(SpoolFull):
        spool.append([b"y"])
    spool.append([b"b"])
    held = read_all(tmp_path)
    assert (held.records, held.lost, held.torn) == ([b"a", b"b"], 0, 0)
    spool.close()


def test_9_a_full_disk_does_not_stop_the_start(tmp_path: Path) -> None:
    disk = Disk()
    disk.room = FULL
    spool = open_spool(tmp_path, disk, Limits(ballast_bytes=100))
    with pytest.raises(SpoolFull):
        spool.append([b"a"])
    disk.room = ROOMY
    spool.append([b"b"])
    assert read_all(tmp_path).records == [b"b"]
    spool.close()
