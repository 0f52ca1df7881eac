"""Hands: processes that only receive events, for a house whose store is embedded and so open in one process.

In: settings, the bound listener, how many. Out: as long as the block lasts, they accept on the port: an event is safe
in the spool of the hand that took it, and every other connection goes on to the house (collector/passing.py), which
stores, shows and does the chores. The house answers no slower for a crowd at the door, and the door none for a big
question.
A hand that ends is started again; all end with the house, also when that is killed. Counts come by way of the board.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Iterator
from multiprocessing.context import SpawnProcess

from collector import log as quiet
from collector.passing import passage
from collector.settings import Settings, SettingsError
from collector.spool.record import encode_refusals
from collector.tally import Tally
from footfall.board import Board
from footfall.following import following
from footfall.house import open_hand
from footfall.receiving import receive
from footfall.web import Beside, harden, run
from registry.salts import open_salts

END_SECONDS = 5.0
_SPAWN = multiprocessing.get_context("spawn")

log = logging.getLogger(__name__)


class Hands:
    """The processes. `look` about once a second; `end` may be called twice."""

    def __init__(self, settings: Settings, listener: socket.socket, count: int) -> None:
        self.board = Board(settings.data / "board")
        self._settings = settings
        self._listener = listener
        self._passages = [passage() for _ in range(count)]
        self._processes = [self._start(number) for number in range(count)]
        self._is_over = threading.Event()

    @property
    def beside(self) -> Beside:
        """Tell the house's server of them."""
        return Beside([ours for ours, _ in self._passages], self.end)

    def look(self) -> None:
        """Start those again that have ended."""
        for number, process in enumerate(self._processes):
            if not process.is_alive() and not self._is_over.is_set():
                log.error("hand %d ended with exit code %s; starting it again", number + 1, process.exitcode)
                self._processes[number] = self._start(number)

    def end(self) -> None:
        """End them: they accept no more, finish what they began, and have it on disk."""
        self._is_over.set()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(END_SECONDS)
            process.kill()

    def close(self) -> None:
        self.end()
        for ends in self._passages:
            for one in ends:
                one.close()

    def _start(self, number: int) -> SpawnProcess:
        # Spool 0 is the house's own: what comes with a key, and what a visitor demands.
        args = (self._settings, number + 1, self._listener, self._passages[number][1])
        process = _SPAWN.Process(target=be_hand, args=args)
        process.start()
        return process


@contextlib.contextmanager
def hands_on(settings: Settings, listener: socket.socket, count: int) -> Iterator[Hands]:
    """Have so many hands during the block. Raises SettingsError where they cannot share what they need."""
    if not open_salts(settings.salts, settings.data).is_shared:
        raise SettingsError("--workers needs FOOTFALL_SALTS that processes can share: dir:/run/footfall or redis://")
    Board(settings.data / "board").clear()
    listener.listen()
    with contextlib.closing(Hands(settings, listener, count)) as hands:
        yield hands


def be_hand(settings: Settings, number: int, listener: socket.socket, rest: socket.socket) -> None:
    """Be hand `number` until told to stop, or until the house is gone."""
    quiet.set_up(settings.log_level)
    harden()
    threading.Thread(target=end_with_parent, daemon=True).start()
    board, tally = Board(settings.data / "board"), Tally(encode_refusals)
    with (
        open_hand(settings, number) as hand,
        following(hand, lambda: board.post_ledger(number, tally.ledger()), hand.tools.refresh),
    ):
        run(receive(hand, listener, rest, tally))


def end_with_parent() -> None:
    """Wait for the end of the process that started this one, and end too.

    One that was killed leaves nobody to store: better to be unreachable than to fill the disk unseen.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
