"""Visits that are owed: they may be derived later than their events are stored, and never not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.drains import crash_at, drain_all, draining, numbered, paths, until_the_crash
from faults.traffic import fill

from clickhouse.client import Store, StoreAway
from clickhouse.visits import DAY_MS, Owed
from collector.drain import DrainLimits
from collector.drain.intent import NoteBook
from collector.drain.owing import LONGEST_SECONDS, joined, pause_after

LIMITS = DrainLimits(batch_rows=10)
OWED = Owed(5, 10, 20, 1000, 2000)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any batch is a large one, and after deriving once there is no time for it any more."""
    monkeypatch.setattr("collector.drain.owing.MANY_ROWS", 1)
    monkeypatch.setattr("collector.drain.owing.pause_after", lambda _: 1e9)


def derived(store: Store) -> int:
    return int(store.query("select sum(pageviews) from visits final")[0][0])


def owed(directory: Path) -> int:
    """How many rows are owed, by the note."""
    note = NoteBook(directory).read()
    return sum(some.b - some.a for some in note.owed) if note else 0


@pytest.mark.usefixtures("busy")
def test_visits_of_large_batches_wait_until_nothing_else_does(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, *(numbered(first, first + 10) for first in (0, 10, 20)))
    with draining(any_store, tmp_path, limits=LIMITS) as drain:
        assert [drain.step() for _ in range(3)] == [10, 10, 10]
        assert (len(paths(any_store)), derived(any_store), owed(tmp_path)) == (30, 10, 20)
        assert drain.step() == 0
    assert (derived(any_store), owed(tmp_path)) == (30, 0)


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(
    ("point", "times"), [("noted", 3), ("sending", 3), ("stored", 3), ("settled", 3), ("settled", 2)]
)
def test_what_is_owed_is_derived_after_a_crash(
    store: Store, tmp_path: Path, point: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, *(numbered(first, first + 10) for first in (0, 10, 20)))
    until_the_crash(store, tmp_path, at=crash_at(point, times), limits=LIMITS)
    assert derived(store) == 10
    monkeypatch.undo()
    drain_all(store, tmp_path, limits=LIMITS)
    assert (len(paths(store)), derived(store), owed(tmp_path)) == (30, 30, 0)


@pytest.mark.usefixtures("busy")
def test_visits_that_could_not_be_derived_stay_owed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, numbered(0, 10), numbered(10, 20))
    with draining(store, tmp_path, limits=LIMITS) as drain:
        drain.step()
        drain.step()

        def fail(*_: object) -> None:
            raise StoreAway("away")

        with monkeypatch.context() as patch:
            patch.setattr("collector.drain.owing.derive_owed", fail)
            with pytest.raises(StoreAway):
                drain.step()
        assert owed(tmp_path) == 10
        assert drain.step() == 0
    assert (derived(store), owed(tmp_path)) == (20, 0)


@pytest.mark.usefixtures("busy")
def test_a_batch_of_ordinary_size_pays_what_is_owed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, *(numbered(first, first + 10) for first in (0, 10, 20)))
    with draining(store, tmp_path, limits=LIMITS) as drain:
        drain.step()
        drain.step()
        monkeypatch.setattr("collector.drain.owing.MANY_ROWS", 2000)
        drain.step()
        assert (derived(store), owed(tmp_path)) == (30, 0)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (Owed(5, 20, 30, 500, 1500), [Owed(5, 10, 30, 500, 2000)]),
        (Owed(5, 21, 30, 500, 1500), [OWED, Owed(5, 21, 30, 500, 1500)]),
        (Owed(6, 20, 30, 500, 1500), [OWED, Owed(6, 20, 30, 500, 1500)]),
        (Owed(5, 20, 30, 2000, 1001 + DAY_MS), [OWED, Owed(5, 20, 30, 2000, 1001 + DAY_MS)]),
    ],
)
def test_rows_that_follow_each_other_are_owed_as_one(more: Owed, expected: list[Owed]) -> None:
    assert joined([OWED], more) == expected
    assert joined([], more) == [more]


def test_deriving_takes_a_tenth_of_the_time_and_never_waits_long() -> None:
    assert pause_after(0.1) == pytest.approx(0.9)
    assert pause_after(60) == LONGEST_SECONDS


def test_a_segment_of_which_nothing_is_stored_is_sent_without_asking_for_each_row(
    any_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, *(numbered(first, first + 10) for first in (0, 10)))

    def ask(*_: object) -> set[int]:
        raise AssertionError

    monkeypatch.setattr("collector.drain.delivery.stored_positions", ask)
    drain_all(any_store, tmp_path, limits=LIMITS)
    assert len(paths(any_store)) == 20
