"""The crowd: several worker processes on one port, and one keeper who brings what they received to the store.

In: settings with a server store (for the embedded one see hands.py) and salts that can be shared. Out: the same
service as one process, on more cores. Each worker has a spool of its own; the keeper holds the lock on the data,
drains every spool, executes orders, starts a worker that died again, and ends last: workers stop receiving, then the
keeper stores what is left.
Workers tell their counts on the board, so any of them can answer `/metrics` for all.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import threading
from collections.abc import Callable
from multiprocessing.context import SpawnProcess

import msgspec

from collector import log as quiet
from collector.health import Condition
from collector.settings import Settings, SettingsError
from collector.spool.record import encode_refusals
from collector.tally import Tally
from footfall.board import Board
from footfall.chores import keeping
from footfall.desk import attend, condition_of, dashboard_on, spool_accepts
from footfall.following import following
from footfall.hands import end_with_parent
from footfall.house import Keeper, open_desk, open_keeper
from footfall.retention import Retention
from footfall.web import harden, run
from registry.salts import open_salts

LOOK_SECONDS = 0.5
END_SECONDS = 10.0
_SPAWN = multiprocessing.get_context("spawn")

log = logging.getLogger(__name__)


def run_crowd(
    settings: Settings, listener: socket.socket, workers: int, with_dashboard: bool, on_ready: Callable[[Keeper], None]
) -> None:
    """Run until SIGTERM or Ctrl-C. Raises SettingsError where several processes cannot share what they need."""
    if not open_salts(settings.salts, settings.data).is_shared:
        raise SettingsError("--workers needs FOOTFALL_SALTS that processes can share: dir:/run/footfall or redis://")
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
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())

    def start(number: int) -> SpawnProcess:
        process = _SPAWN.Process(target=work, args=(settings, number, listener, with_dashboard))
        process.start()
        return process

    crowd = [start(number) for number in range(workers)]
    try:
        on_ready()
        while not stop.wait(LOOK_SECONDS):
            for number, process in enumerate(crowd):
                if not process.is_alive():
                    log.error("worker %d ended with exit code %s; starting it again", number, process.exitcode)
                    crowd[number] = start(number)
    finally:
        for process in crowd:
            process.terminate()
        for process in crowd:
            process.join(END_SECONDS)
            process.kill()


def work(settings: Settings, number: int, listener: socket.socket, with_dashboard: bool) -> None:
    """Be worker `number`: receive on the shared socket until told to stop, or until the keeper is gone."""
    quiet.set_up(settings.log_level)
    harden()
    threading.Thread(target=end_with_parent, daemon=True).start()
    board = Board(settings.data / "board")
    tally = Tally(encode_refusals)
    with open_desk(settings, number) as desk:

        def condition() -> Condition:
            return msgspec.structs.replace(board.condition(), spool_accepts=spool_accepts(desk))

        dashboard = dashboard_on(desk, condition, board.ledger) if with_dashboard else None
        with following(desk, lambda: board.post_ledger(number, tally.ledger()), desk.tools.refresh):
            run(attend(desk, [listener], tally=tally, condition=condition, ledger=board.ledger, dashboard=dashboard))
