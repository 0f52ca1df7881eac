"""Importing again: the same log, a longer one, rotated, packed, joined, cut; and a crash at every point between."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from import_world import World, line, lines, write

from collector.spool import Spool, SpoolFull, SpoolHeld
from footfall.importing.bench import open_bench, spool_of
from footfall.importing.bookmarks import ENDS, NoteFile
from footfall.importing.lines import Sign
from footfall.importing.sieve import SURE, WithinAnother
from footfall.importing.worker import NotALog


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "data")


def numbers(world: World) -> list[int]:
    return [int(path.rpartition("/")[2]) for path in world.paths()]


def test_the_same_log_again_adds_nothing(world: World) -> None:
    assert world.run(lines(0, 200)).kept == 200
    again = world.run(lines(0, 200))
    assert (again.kept, again.before, again.lines) == (0, 200, 200)
    assert numbers(world) == list(range(200))


@pytest.mark.parametrize("first", [1, 3, ENDS - 1, ENDS, ENDS + 1, 100])
def test_a_longer_log_goes_on_where_it_ended(world: World, first: int) -> None:
    for after in (first, first + 1, first + 40):
        world.run(lines(0, after))
    assert numbers(world) == list(range(first + 40))


def test_a_shorter_copy_takes_nothing_back(world: World) -> None:
    world.run(lines(0, 100))
    assert world.run(lines(0, 60)).kept == 0
    assert world.run(lines(0, 110)).kept == 10


def test_a_rotated_and_packed_log_is_the_same_log(world: World, tmp_path: Path) -> None:
    world.run(write(tmp_path / "access.log", lines(0, 50)))
    packed = tmp_path / "access.log.2.gz"
    packed.write_bytes(gzip.compress(write(tmp_path / "plain", lines(0, 80)).read_bytes()))
    assert world.run(packed).kept == 30
    assert world.run(write(tmp_path / "access.log", lines(80, 100))).kept == 20
    assert numbers(world) == list(range(100))


def test_the_order_of_the_files_does_not_matter(world: World) -> None:
    world.run(lines(60, 100))
    world.run(lines(30, 60))
    world.run(lines(0, 30))
    assert sorted(numbers(world)) == list(range(100))
    assert world.run(lines(0, 120)).kept == 20, "joined to one"


def test_a_log_whose_beginning_was_cut_off_goes_on_where_the_known_one_ended(world: World) -> None:
    world.run(lines(0, 100))
    assert world.run(lines(40, 130)).kept == 30
    assert world.run(lines(95, 130)).kept == 0
    assert sorted(numbers(world)) == list(range(130))


def test_of_several_known_pieces_the_latest_end_counts(world: World) -> None:
    for first, after in ((0, 100), (90, 200), (95, 250), (50, 260)):
        world.run(lines(first, after))
    assert sorted(numbers(world)) == list(range(260))


def test_a_log_that_became_part_of_another_is_known_by_that_one(world: World) -> None:
    for first, after in ((60, 100), (0, 110), (0, 120), (60, 130), (60, 130), (0, 140)):
        world.run(lines(first, after))
    assert sorted(numbers(world)) == list(range(140))


def test_a_rotation_within_a_busy_second_loses_and_doubles_nothing(world: World) -> None:
    busy = [line(n // 40, f"/page/{n}", visitor=1 + n % 200, size=n) for n in range(400)]
    world.run(busy[:210])
    world.run(busy[210:])
    assert numbers(world) == list(range(400))


def test_lines_that_were_written_late_are_no_overlap(world: World) -> None:
    late = [line(700 + offset, f"/page/{100 + n}", size=n) for n, offset in enumerate((-12, -5, 2, -1, 9, 14))]
    world.run(lines(0, 100))
    assert world.run(late).kept == len(late)


def test_what_cannot_be_told_apart_is_an_error_and_imports_nothing(world: World) -> None:
    world.run(lines(0, 1000))
    other = [line(500 + 7 * n, f"/other/{n}", size=9_000_000 + n) for n in range(30)]
    with pytest.raises(WithinAnother, match=r"2025-11-22 12:00 to 2025-11-22 13:56 UTC.*--log"):
        world.run(other)
    with pytest.raises(WithinAnother):
        world.run([*other[:20], Sign.IDLE, *other[20:]])
    assert len(world.kept()) == 1000
    assert world.run(other, name="web2").kept == 30
    assert world.run(other, name="web2").kept == 0
    assert world.run(lines(0, 1010)).kept == 10, "the first server's log is what it was"


@settings(max_examples=20, deadline=None)
@given(
    known=st.integers(1, 120),
    cuts=st.lists(st.tuples(st.integers(SURE, 200), st.integers(0, 150)), min_size=1, max_size=4),
)
def test_any_pieces_that_meet_give_each_line_once(
    tmp_path_factory: pytest.TempPathFactory, known: int, cuts: list[tuple[int, int]]
) -> None:
    """Pieces of one log, each beginning in what is known, by a few lines at least."""
    world = World(tmp_path_factory.mktemp("data"))
    world.run(lines(0, known))
    for back, on in cuts:
        first, after = max(0, known - back), known + on
        if after > first:
            world.run(lines(first, after))
        known = max(known, after)
    assert sorted(numbers(world)) == list(range(known))


class Stopped(Exception):
    """The process ends here."""


@pytest.mark.parametrize("point", ["before the note", "before the records", "after the records"])
def test_a_crash_between_note_and_records_neither_loses_nor_doubles(
    world: World, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    world.run(lines(0, 50))
    with monkeypatch.context() as patch:
        append = Spool.append

        def fails(*_: object) -> None:
            raise Stopped

        def fails_after(spool: Spool, records: list[bytes]) -> None:
            append(spool, records)
            raise Stopped

        if point == "before the note":
            calls = iter([NoteFile.write, fails])  # the first one is of the opening
            patch.setattr(NoteFile, "write", lambda *told: next(calls)(*told))
        else:
            patch.setattr(Spool, "append", fails if point == "before the records" else fails_after)
        with pytest.raises(Stopped):
            world.run(lines(0, 120))
    world.run(lines(0, 120))
    assert numbers(world) == list(range(120))


def test_a_full_disk_stops_the_import_and_it_goes_on_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise SpoolFull("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "append", full)
        with pytest.raises(SpoolFull):
            world.run(lines(0, 50))
    assert world.run(lines(0, 50)).kept == 50


def test_a_site_is_imported_once_at_a_time(world: World) -> None:
    with open_bench(world.data, 1), pytest.raises(SpoolHeld, match="another import for this site is running"):
        world.run(lines(0, 5))


def test_the_bookmarks_hold_nothing_of_a_visitor(world: World, tmp_path: Path) -> None:
    world.run(lines(0, 50))
    before = (world.data / "imports" / "1").read_bytes()
    other = World(tmp_path / "other")
    NoteFile(other.data / "imports", 1).write(NoteFile(world.data / "imports", 1).read())
    with open_bench(other.data, 1) as bench:
        key, marks = bench.key, bench.marks
    assert b"203.0.113" not in before
    assert b"Mozilla" not in before
    assert b"/page" not in before
    swapped = [text.replace("203.0.113.", "198.51.100.").replace("Chrome", "Firefox") for text in lines(0, 50)]
    assert world.run(swapped).before == 50, "two visitors leave the same bookmark"
    assert (len(key), len(marks)) == (16, 1)
    assert (world.data / "imports" / "1").stat().st_mode & 0o777 == 0o600


def test_refused_page_views_are_counted_once_on_the_day_they_happened(world: World) -> None:
    robots = [line(-86_400 * n, "/", agent="Googlebot/2.1", size=n) for n in (2, 2, 1)]
    for _ in range(2):
        world.run(robots)
    assert [(count.day, count.reason, count.count) for count in world.refused()] == [
        (20412, "bot", 2),
        (20413, "bot", 1),
    ]


def test_what_is_no_log_is_said_to_be_none(world: World) -> None:
    with pytest.raises(NotALog):
        world.run(["hello", "world"])
    with pytest.raises(NotALog):
        world.run(["hello"] * 300)
    with pytest.raises(NotALog):
        world.run(lines(0, 3), form="caddy")
    assert world.run([]).lines == 0
    assert not world.kept()


def test_a_big_log_is_put_down_in_parts_that_are_frames(world: World) -> None:
    world.now_ms += 86_400_000
    assert world.run(lines(0, 10_000, apart=1)).kept == 10_000
    assert numbers(world) == list(range(10_000))
    (tail,) = NoteFile(world.data / "imports", 1).read().settled
    assert (tail.entries, len(tail.head), len(tail.tail)) == (10_000, ENDS, ENDS)
    assert spool_of(world.data, 1).name == "import-1"
