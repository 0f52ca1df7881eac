"""The board of several processes: sums, silence, and a fresh start."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from collector.condition import Condition
from collector.tally import Ledger
from footfall.board import STALE_SECONDS, Board


def board(path: Path) -> Board:
    new = Board(path / "board")
    new.clear()
    return new


def test_the_ledgers_of_all_workers_add_up(tmp_path: Path) -> None:
    one = board(tmp_path)
    assert one.ledger() == Ledger({}, {})
    one.post_ledger(0, Ledger({1: 3}, {1: {"bot": 1}}))
    one.post_ledger(1, Ledger({1: 4, 2: 1}, {1: {"bot": 1, "gpc": 2}, 0: {"unknown_site": 5}}))
    one.post_ledger(1, Ledger({1: 5, 2: 1}, {1: {"bot": 1, "gpc": 2}, 0: {"unknown_site": 5}}))
    assert one.ledger() == Ledger({1: 8, 2: 1}, {1: {"bot": 2, "gpc": 2}, 0: {"unknown_site": 5}})


def test_a_keeper_that_is_silent_or_was_never_there_stores_nothing(tmp_path: Path) -> None:
    one = board(tmp_path)
    assert not one.condition().store_answers
    one.post_condition(Condition(waiting=7, kept={1: 2}))
    assert one.condition() == Condition(waiting=7, kept={1: 2})
    file = tmp_path / "board" / "keeper"
    os.utime(file, (file.stat().st_atime, file.stat().st_mtime - STALE_SECONDS - 1))
    assert not one.condition().store_answers
    assert one.condition().waiting == 7


def test_a_fresh_start_forgets_the_last_run(tmp_path: Path) -> None:
    board(tmp_path).post_ledger(0, Ledger({1: 3}, {}))
    assert board(tmp_path).ledger() == Ledger({}, {})
    assert (tmp_path / "board").stat().st_mode & 0o077 == 0


def test_reading_while_somebody_writes_sees_a_whole_file(tmp_path: Path) -> None:
    one = board(tmp_path)
    one.post_ledger(0, Ledger(dict.fromkeys(range(500), 1), {}))
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            one.post_ledger(0, Ledger(dict.fromkeys(range(500), 1), {}))

    writer = threading.Thread(target=write)
    writer.start()
    sizes = {len(one.ledger().received) for _ in range(200)}
    stop.set()
    writer.join()
    assert sizes == {500}
