"""Receiving: the spool of one process behind its event loop, and the process that has nothing else to do.

In: an open spool and the tally; for a hand, the listener and the way to the house. Out: answers until told to stop;
then everything that was answered with 202 is on disk, and so are the counts of what was refused.
A hand loads neither the dashboard nor the visitor's pages: it is small.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from collector.address import Proxies
from collector.app import create_intake, event_paths
from collector.endpoint import Endpoint
from collector.passing import Giver, passing_lane
from collector.rate import Rate
from collector.spool import Committer, Spool, SpoolError
from collector.tally import Tally
from footfall.house import Hand
from footfall.web import answer

FLUSH_SECONDS = 1.0


async def receive(hand: Hand, listener: socket.socket, rest: socket.socket, tally: Tally) -> None:
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


@contextlib.asynccontextmanager
async def committing(spool: Spool, tally: Tally) -> AsyncIterator[Committer]:
    """Have a spool that takes what is received, and about once a second the counts of what was refused."""
    committer = Committer(spool)
    flushing = asyncio.create_task(_flush(tally, committer))
    try:
        yield committer
    finally:
        flushing.cancel()
        with contextlib.suppress(SpoolError):
            await tally.flush(committer.keep)
        await committer.close()


async def _flush(tally: Tally, committer: Committer) -> None:
    """Make the counts of refusals durable about every second; a full spool gets them later."""
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        with contextlib.suppress(SpoolError):
            await tally.flush(committer.keep)
