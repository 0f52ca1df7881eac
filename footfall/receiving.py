"""Receiving: the spool of one process behind its event loop.

In: an open spool and the tally. Out: what takes records as long as the block lasts; at its end everything that was
answered with 202 is on disk, and so are the counts of what was refused.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from collector.spool import Committer, Spool, SpoolError
from collector.tally import Tally

FLUSH_SECONDS = 1.0


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
