"""The spool's invariants, under the numbers of `collector/spool/__init__.py` (9: test_spool_full, 10: committer)."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
from faults.disk import SMALL, Disk, open_spool
from faults.reading import read_all
from msgspec.structs import replace

import collector.spool
from collector.spool import Spool, SpoolClosed, SpoolFault, SpoolHeld, SpoolNewer
from collector.spool.reader import Reader
from collector.spool.segment import HEADER, LENGTH, segments_in


def numbered(first: int, after: int) -> list[bytes]:
    return [b"record %d" % number for number in range(first, after)]


def rest_of(reader: Reader) -> Iterator[memoryview]:
    while reader.peek() is not None:
        yield from reader.take().records()


def test_1_an_append_returns_after_its_data_is_synced_and_its_file_has_a_lasting_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("collector.spool.log.sync_directory", lambda _: told.append("directory"))
    monkeypatch.setattr("collector.spool.log.write_fully", lambda fd, data, at: told.append("write"))
    spool = Spool.open(tmp_path, SMALL, sync=lambda _: told.append("sync"))
    spool.append([b"a"])
    assert told == ["write", "sync", "directory", "write", "sync"]
    spool.close()


def test_2_what_is_read_is_what_was_appended(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    records = [b"a", b"\0" * 3000, bytes(range(256)), b"z" * 900_000, b"b" * 900_000, *numbered(0, 5000)]
    spool.append(records)
    assert read_all(tmp_path).records == records
    spool.close()


def test_2_a_frame_of_another_segment_is_no_frame_here(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.append([b"first"])
    spool.close()
    spool = open_spool(tmp_path)
    spool.append([b"other"])
    spool.close()
    older, newer = segments_in(tmp_path)
    newer.path.write_bytes(newer.path.read_bytes()[: HEADER.size] + older.path.read_bytes()[HEADER.size :])
    assert read_all(tmp_path).records == [b"first"]


def test_3_a_position_is_given_once_even_after_a_failed_append(tmp_path: Path) -> None:
    disk = Disk()
    given: list[tuple[int, int, int]] = []
    for _ in range(3):
        spool = open_spool(tmp_path, disk)
        given.append(spool.append([b"a", b"b"]))
        disk.faults = 1
        with pytest.raises(SpoolFault):
            spool.append([b"lost"])
        given.append(spool.append([b"c"]))
        spool.close()
    positions = [(segment, seq) for segment, a, b in given for seq in range(a, b)]
    assert len(set(positions)) == len(positions) == 9
    assert read_all(tmp_path).positions == positions


def test_4_records_are_read_in_the_order_of_their_appends_across_segments(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, limits=replace(SMALL, segment_bytes=400))
    for first in range(0, 300, 3):
        spool.append(numbered(first, first + 3))
    assert len(segments_in(tmp_path)) > 10
    assert read_all(tmp_path).records == numbered(0, 300)
    spool.close()


def test_4_a_clock_that_goes_back_does_not_change_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, now_ns in enumerate((2_000_000, 1_000_000, 1_000_000)):
        monkeypatch.setattr("collector.spool.log.time.time_ns", lambda now=now_ns: now)
        spool = open_spool(tmp_path)
        spool.append([b"%d" % number])
        spool.close()
    assert read_all(tmp_path).records == [b"0", b"1", b"2"]


def test_5_a_second_writer_is_refused_in_one_line(tmp_path: Path) -> None:
    spool = open_spool(tmp_path / "spool")
    with pytest.raises(SpoolHeld, match=r"^another process is using .*spool$"):
        open_spool(tmp_path / "spool")
    spool.close()
    open_spool(tmp_path / "spool").close()


def test_5_nobody_else_can_read_the_spool(tmp_path: Path) -> None:
    spool = open_spool(tmp_path / "spool", limits=replace(SMALL, ballast_bytes=10))
    spool.append([b"a"])
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "spool").iterdir()}
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}
    spool.close()


def test_6_a_segment_never_outgrows_its_limit(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, limits=replace(SMALL, segment_bytes=1000))
    for first in range(0, 400, 4):
        spool.append(numbered(first, first + 4))
    sizes = [segment.path.stat().st_size for segment in segments_in(tmp_path)]
    assert max(sizes) <= 1000
    assert sum(sizes) == spool.stats().bytes
    with pytest.raises(ValueError, match="do not fit in a segment"):
        spool.append(numbered(0, 100))
    spool.append([b"goes on"])
    spool.close()


def test_6_the_writer_leaves_every_earlier_segment_to_the_reader(tmp_path: Path) -> None:
    for _ in range(3):
        spool = open_spool(tmp_path)
        spool.append([b"a"])
        spool.close()
    assert len(segments_in(tmp_path)) == 3


def test_6_an_old_segment_is_closed_in_quiet_times_and_an_empty_one_is_left(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, limits=replace(SMALL, segment_seconds=0))
    assert not spool.rest()
    spool.append([b"a"])
    assert spool.rest()
    assert not spool.rest()
    assert len(segments_in(tmp_path)) == 2
    spool.close()
    assert not spool.rest()


def test_8_a_failed_sync_acknowledges_nothing_and_the_descriptor_is_never_used_again(tmp_path: Path) -> None:
    disk = Disk()
    spool = open_spool(tmp_path, disk)
    spool.append([b"before"])
    first, disk.faults = disk.syncs[-1], 1
    (segment,) = segments_in(tmp_path)
    size = segment.path.stat().st_size
    with pytest.raises(SpoolFault, match="EIO"):
        spool.append([b"never acknowledged"])
    assert segment.path.stat().st_size == size
    assert disk.syncs.count(first) == 3  # header, first append, the failure
    disk.syncs.clear()
    spool.append([b"after"])
    assert len(segments_in(tmp_path)) == 2
    assert read_all(tmp_path).records == [b"before", b"after"]
    assert read_all(tmp_path).lost == 0
    spool.close()


def test_8_a_disk_that_always_fails_leaves_no_heap_of_files(tmp_path: Path) -> None:
    disk = Disk()
    spool = open_spool(tmp_path, disk)
    disk.faults = 50
    for _ in range(20):
        with pytest.raises(SpoolFault):
            spool.append([b"a"])
    assert len(segments_in(tmp_path)) == 1
    disk.faults = 0
    spool.append([b"b"])
    assert read_all(tmp_path).records == [b"b"]
    assert spool.stats().faults == 20
    spool.close()


def test_a_closed_spool_takes_nothing(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.close()
    with pytest.raises(SpoolClosed):
        spool.append([b"a"])
    spool.close()


def test_a_spool_of_a_newer_release_is_not_guessed_at(tmp_path: Path) -> None:
    open_spool(tmp_path).close()
    (segment,) = segments_in(tmp_path)
    told = bytearray(segment.path.read_bytes())
    told[4] = 2
    told[-4:] = LENGTH.pack(crc32(told[:-4]))
    segment.path.write_bytes(told)
    with pytest.raises(SpoolNewer, match="newer release"):
        open_spool(tmp_path)


def test_a_scout_looks_ahead_without_moving_the_reader(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, limits=replace(SMALL, segment_bytes=400))
    for first in range(0, 60, 3):
        spool.append(numbered(first, first + 3))
    reader = Reader(tmp_path)
    for _ in range(7):
        reader.peek()
        reader.take()
    scout = reader.scout()
    assert [bytes(record) for record in rest_of(scout)] == numbered(21, 60)
    spool.append([b"later"])
    assert [bytes(record) for record in rest_of(scout)] == [b"later"]
    assert [bytes(record) for record in rest_of(reader)] == [*numbered(21, 60), b"later"]
    scout.close()
    reader.close()
    spool.close()


def test_every_invariant_has_a_test_with_its_number() -> None:
    folder = Path(__file__).parent
    tests = "".join(path.read_text() for path in folder.glob("test_spool_*.py"))
    doc = collector.spool.__doc__ or ""
    numbers = [line.split(".")[0] for line in doc.splitlines() if line.split(".")[0].isdigit()]
    assert numbers == [str(number) for number in range(1, 11)]
    assert [number for number in numbers if f"def test_{number}_" not in tests] == []
