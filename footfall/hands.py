"""Hands: processes that only receive events, for a house whose store is embedded and so open in one process.

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

from collector import log as quiet
from collector.passing import passage
from collector.settings import Settings
from collector.spool.record import encode_refusals
from collector.tally import Tally
from footfall.board import Board
from footfall.following import following
from footfall.house import open_hand
from footfall.processes import Processes, end_with_parent, refuse_unshared
from footfall.receiving import receive
from footfall.web import Beside, harden, run

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


def be_hand(settings: Settings, number: int, listener: socket.socket, rest: socket.socket) -> None:
    """Be hand `number` until told to stop, or until the house is gone."""
    quiet.set_up(settings.log_level)
    harden()
    end_with_parent()
    board, tally = Board(settings.data / "board"), Tally(encode_refusals)
    with (
        open_hand(settings, number) as hand,
        following(hand, lambda: board.post_ledger(number, tally.ledger()), hand.tools.refresh),
    ):
        run(receive(hand, listener, rest, tally))
