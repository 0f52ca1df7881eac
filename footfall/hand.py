"""A hand: the process that does nothing but receive events, for the house that started it (hands.py).

In: settings, its number, the listener, and the way to the house for every connection that wants something else. Out:
answers until told to stop; then everything that was answered with 202 is on disk, and so are the counts of what was
refused. It is small, since there may be many: what it imports is loaded in each of them (docs/decisions/0009), so no
store, no pages, no dashboard, no command line; a test looks at one that runs.
"""

from __future__ import annotations

import socket

from collector import log as quiet
from collector.address import Proxies
from collector.door import create_intake
from collector.endpoint import Endpoint, event_paths
from collector.passing import Giver, passing_lane
from collector.rate import Rate
from collector.settings import Settings
from collector.spool.record import encode_refusals
from collector.tally import Tally
from footfall.board import Board
from footfall.following import following
from footfall.footing import Hand, open_hand
from footfall.processes import end_with_parent
from footfall.receiving import committing
from footfall.web import answer, harden, run


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
        run(_receive(hand, listener, rest, tally))


async def _receive(hand: Hand, listener: socket.socket, rest: socket.socket, tally: Tally) -> None:
    """Receive events until told to stop; every other connection goes to the house, at the other end of `rest`."""
    settings = hand.settings
    async with committing(hand.spool, tally) as committer:
        intake = create_intake(
            snapshot=hand.snapshot,
            tools=hand.tools,
            keep=committer.keep,
            commit=committer.commit,
            tally=tally,
            rate=Rate(settings.rate_limit),
            proxies=Proxies(settings.trusted_proxies),
        )
        endpoint, giver = Endpoint(intake), Giver(rest)
        lane = passing_lane(endpoint, event_paths(settings.base_path()), giver)
        try:
            await answer(endpoint, [listener], lambda: None, lane)
        finally:
            giver.close()
