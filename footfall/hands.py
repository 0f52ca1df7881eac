"""Hands: processes that only receive events, for a house that does the rest: all of it, or what a collector has to do.

In: settings, the bound listener, how many. Out: as long as the block lasts, they accept on the port: an event is safe
in the spool of the hand that took it, and every other connection goes on to the house (collector/passing.py), which
stores, shows and does the chores. The house answers no slower for a crowd at the door, and the door none for a big
question.
A hand that ends is started again; all end with the house, also when that is killed. Counts come by way of the board.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from collector.passing import passage
from collector.settings import Settings
from footfall.board import Board
from footfall.hand import be_hand
from footfall.processes import Processes, refuse_unshared
from footfall.web import Beside

END_SECONDS = 5.0


class Hands:
    """The processes. `look` about once a second; `end` may be called twice."""

    def __init__(self, settings: Settings, listener: socket.socket, count: int) -> None:
        self.board = Board(settings.data / "board")
        passages = self._passages = [passage() for _ in range(count)]
        # Spool 0 is the house's own: what comes with a key, and what a visitor demands.
        self._processes = Processes(
            [f"hand {number}" for number in range(1, count + 1)],
            be_hand,
            lambda number: (settings, number + 1, listener, passages[number][1]),
        )

    @property
    def beside(self) -> Beside:
        """Tell the house's server of them."""
        return Beside([ours for ours, _ in self._passages], self.end)

    def look(self) -> None:
        """Start those again that have ended."""
        self._processes.look()

    def end(self) -> None:
        """End them: they accept no more, finish what they began, and have it on disk."""
        self._processes.end(END_SECONDS)

    def close(self) -> None:
        self.end()
        for ends in self._passages:
            for one in ends:
                one.close()


@contextlib.contextmanager
def hands_on(settings: Settings, listener: socket.socket, count: int) -> Iterator[Hands]:
    """Have so many hands during the block. Raises SettingsError where they cannot share what they need."""
    refuse_unshared(settings)
    Board(settings.data / "board").clear()
    listener.listen()
    with contextlib.closing(Hands(settings, listener, count)) as hands:
        yield hands
