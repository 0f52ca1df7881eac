"""What the drain remembers: ids seen lately, generations, the note of what is being sent, and the quarantine."""

from __future__ import annotations

import errno
import stat
from array import array
from pathlib import Path

import pytest
from faults.traffic import event

from clickhouse.rows import Position, RefusalCount
from collector.drain.generations import Generations
from collector.drain.intent import NOTE, Intent, NoteBook
from collector.drain.quarantine import KEPT_SECONDS, Quarantine, Rejected
from collector.drain.seen import RESEND_SECONDS, Seen
from collector.spool import SpoolFault

ID = bytes(range(16))


def test_an_id_is_new_once_for_each_site() -> None:
    seen = Seen()
    assert [seen.is_new(1, ID), seen.is_new(1, ID), seen.is_new(2, ID), seen.is_new(2, ID)] == [
        True,
        False,
        True,
        False,
    ]


def test_an_event_without_an_id_is_always_new() -> None:
    seen = Seen()
    assert seen.is_new(1, b"")
    assert seen.is_new(1, b"")
    assert len(seen) == 0


@pytest.mark.parametrize("first", [0.0, 599.0])
def test_an_id_is_known_for_ten_minutes_whenever_it_came(first: float) -> None:
    seen = Seen()
    seen.turn(0.0)
    seen.turn(first)
    seen.is_new(1, ID)
    for second in range(int(first), int(first) + RESEND_SECONDS + 1, 50):
        seen.turn(float(second))
    assert not seen.is_new(1, ID)


def test_ids_are_forgotten_after_twenty_minutes() -> None:
    seen = Seen()
    for second in range(0, 1300, 50):
        seen.turn(float(second))
        if not second:
            seen.is_new(1, ID)
    assert len(seen) == 0


def test_an_hour_without_turns_forgets_nothing() -> None:
    kept: Generations[int] = Generations(600)
    kept.turn(0.0)
    kept.put(1, 11)
    kept.turn(3600.0)
    assert kept.get(1) == 11


def test_a_flood_shortens_memory_instead_of_filling_it() -> None:
    kept: Generations[int] = Generations(600, most=100)
    for number in range(1000):
        kept.turn(0.0)
        kept.put(number, 1)
    assert len(kept) <= 200
    assert kept.get(999) == 1


def test_the_newest_value_hides_the_older_one() -> None:
    kept: Generations[str] = Generations(10)
    kept.turn(0.0)
    kept.put(1, "old")
    kept.turn(11.0)
    kept.put(1, "new")
    assert kept.get(1) == "new"


INTENT = Intent(number=5, segment=bytes(16), a=3, b=5, marks=array("Q", [0, 1 << 40]).tobytes())


def test_a_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    notes = NoteBook(tmp_path)
    assert notes.read() is None
    notes.write(INTENT)
    assert notes.read() == INTENT
    assert list(INTENT.decisions().marks) == [0, 1 << 40]
    assert stat.S_IMODE((tmp_path / NOTE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [NOTE]


def test_a_damaged_note_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / NOTE).write_bytes(b"\x00garbage")
    with pytest.raises(SpoolFault, match="remove it"):
        NoteBook(tmp_path).read()


def test_on_a_full_disk_the_ballast_goes_overboard_for_the_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballast = tmp_path / "ballast"
    ballast.write_bytes(b"heavy")

    def write(path: Path, data: bytes) -> None:
        if ballast.exists():
            raise OSError(errno.ENOSPC, "full")
        path.write_bytes(data)

    monkeypatch.setattr("collector.drain.intent.replace_durably", write)
    NoteBook(tmp_path).write(INTENT)
    assert NoteBook(tmp_path).read() == INTENT


def test_a_disk_that_fails_otherwise_keeps_its_ballast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ballast").write_bytes(b"heavy")

    def write(path: Path, data: bytes) -> None:
        raise OSError(errno.EIO, "failed")

    monkeypatch.setattr("collector.drain.intent.replace_durably", write)
    with pytest.raises(OSError, match="failed"):
        NoteBook(tmp_path).write(INTENT)
    assert (tmp_path / "ballast").exists()


def test_quarantine_keeps_the_row_and_why_but_not_the_visitors_number(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    rows = [
        Rejected(Position(2**64 - 1, 7), "ClickHouse error 53", event(0, visitor=987_654_321, path="/pricing")),
        Rejected(Position(1, 8), "ClickHouse error 6", RefusalCount(1, 20_000, "bot", 3)),
        Rejected(Position(1, 9), "not a record", None),
    ]
    quarantine.put(rows)
    quarantine.put(rows)
    one, two, three = quarantine.lines()
    assert (one.segment, one.seq, one.why, one.row["path"]) == ("f" * 16, 7, "ClickHouse error 53", "/pricing")
    assert (two.row["reason"], three.row) == ("bot", {})
    text = (tmp_path / "quarantine.jsonl").read_text()
    assert "987654321" not in text
    assert stat.S_IMODE((tmp_path / "quarantine.jsonl").stat().st_mode) == 0o600


def test_quarantine_forgets_after_seven_days(tmp_path: Path) -> None:
    now = [1000.0]
    quarantine = Quarantine(tmp_path, lambda: now[0])
    quarantine.put([Rejected(Position(1, 1), "why", None)])
    now[0] += KEPT_SECONDS - 1
    quarantine.put([Rejected(Position(1, 2), "why", None)])
    quarantine.sweep()
    assert len(quarantine.lines()) == 2
    now[0] += 1
    quarantine.sweep()
    assert [line.seq for line in quarantine.lines()] == [2]


def test_quarantine_is_capped_and_keeps_the_latest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.drain.quarantine.MOST_BYTES", 1000)
    quarantine = Quarantine(tmp_path)
    quarantine.put([Rejected(Position(1, seq), "why", None) for seq in range(100)])
    assert (tmp_path / "quarantine.jsonl").stat().st_size <= 1000
    assert [line.seq for line in quarantine.lines()][-1] == 99
