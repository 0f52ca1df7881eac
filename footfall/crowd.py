"""The crowd: several worker processes on one port, and one keeper who brings what they received to the store.

In: settings with a server store (for the embedded one see hands.py) and salts that can be shared. Out: the same
service as one process, on more cores. Each worker has a spool of its own; the keeper holds the lock on the data,
drains every spool, executes orders, starts a worker that died again, and ends last: workers stop receiving, then the
keeper stores what is left.
Workers tell their counts on the board, so any of them can answer `/metrics` for all.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import msgspec

from collector import log as quiet
from collector.condition import Condition
from collector.settings import Settings
from collector.spool.record import encode_refusals
from collector.tally import Tally
from footfall.board import Board
from footfall.chores import keeping
from footfall.desk import attend, condition_of, load_dashboard, spool_accepts
from footfall.following import following
from footfall.house import Keeper, open_desk, open_keeper
from footfall.processes import Processes, end_with_parent, refuse_unshared
from footfall.retention import Retention
from footfall.signals import Told
from footfall.web import harden, run

LOOK_SECONDS = 0.5
END_SECONDS = 10.0


def run_crowd(
    settings: Settings, listener: socket.socket, workers: int, with_dashboard: bool, on_ready: Callable[[Keeper], None]
) -> None:
    """Run until SIGTERM or Ctrl-C. Raises SettingsError where several processes cannot share what they need."""
    refuse_unshared(settings)
    board = Board(settings.data / "board")
    with open_keeper(settings, workers) as keeper:
        board.clear()
        listener.listen()
        retention = Retention(keeper)

        def post() -> None:
            board.post_condition(condition_of(keeper.drain.status(), is_overdue=retention.is_overdue()))

        with keeping(keeper, retention, post):
            _watch(settings, listener, workers, with_dashboard, lambda: on_ready(keeper))


def _watch(
    settings: Settings, listener: socket.socket, workers: int, with_dashboard: bool, on_ready: Callable[[], None]
) -> None:
    """Keep so many workers alive until a signal comes; then end them all."""
    stop = threading.Event()
    Told().then(stop.set)
    crowd = Processes(
        [f"worker {number}" for number in range(workers)],
        work,
        lambda number: (settings, number, listener, with_dashboard),
    )
    try:
        on_ready()
        while not stop.wait(LOOK_SECONDS):
            crowd.look()
    finally:
        crowd.end(END_SECONDS)


def work(settings: Settings, number: int, listener: socket.socket, with_dashboard: bool) -> None:
    """Be worker `number`: receive on the shared socket until told to stop, or until the keeper is gone."""
    quiet.set_up(settings.log_level)
    harden()
    end_with_parent()
    board = Board(settings.data / "board")
    tally = Tally(encode_refusals)
    with open_desk(settings, number) as desk:

        def condition() -> Condition:
            return msgspec.structs.replace(board.condition(), spool_accepts=spool_accepts(desk))

        dashboard = load_dashboard()(desk, condition, board.ledger) if with_dashboard else None
        with following(desk, lambda: board.post_ledger(number, tally.ledger()), desk.tools.refresh):
            run(attend(desk, [listener], tally=tally, condition=condition, ledger=board.ledger, dashboard=dashboard))
