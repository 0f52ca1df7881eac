"""Group commit for an event loop: many requests wait, one write and one sync serve them all.

In: `commit(records, told)` from the loop, or `await keep(records)` from any number of tasks. Out: each is told once its
records are on disk, or of the group's fault. The next commit starts when the last has ended, and takes whatever has
come meanwhile: no timer (a 10 ms timer cost 3.7 times the throughput), so a lone event waits for one sync and no more.
A disk that has been quick is waited for by the loop itself: a thread would have to win the interpreter's lock back
first, which takes longer than the sync. One slow commit, and a thread waits for the next ones again.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import partial

from collector.spool.errors import SpoolClosed, SpoolFull
from collector.spool.log import Spool
from collector.spool.segment import RECORD_BYTES

GROUP_BYTES = 4 << 20
"""Most that one sync carries: a crowd's first waits for no more than this."""
QUICK_SECONDS = 0.006
"""A commit that takes no longer may be waited for by the loop: a page of the dashboard takes more. The same commit in a
thread costs three changes of the interpreter's lock, and those are dear just when the drain is at work."""
TRUSTED_AFTER = 32
"""Quick commits in a row, before the loop waits for the disk itself."""

Told = Callable[[BaseException | None], None]
Waiter = tuple[Sequence[bytes], int, Told]
"""Records, their bytes, and who wants to be told."""


class Committer:
    """Owns a Spool on behalf of one event loop; make it inside that loop and close it there."""

    def __init__(self, spool: Spool, *, trusted_after: int = TRUSTED_AFTER) -> None:
        self._spool = spool
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Waiter] = deque()
        self._bytes = 0
        self._is_busy = False
        self._idle: asyncio.Future[None] | None = None
        self._trusted_after = trusted_after
        self._quick = 0
        self._closed = False
        self._rest = self._loop.call_later(spool.limits.segment_seconds, self._take_rest)

    def commit(self, records: Sequence[bytes], told: Told) -> None:
        """Bring `records` to disk soon, and then call `told(None)`, or `told(fault)` when none of them is kept.

        Raises SpoolFull, SpoolClosed at once; ValueError for a record of no bytes or of more than a frame holds: the
        fault of this caller alone.
        """
        if self._closed:
            raise SpoolClosed("the spool is closed")
        size = bytes_of(records)
        if self._bytes + size > self._spool.limits.waiting_bytes:
            raise SpoolFull("too much is waiting for the spool's disk")
        self._waiting.append((records, size, told))
        self._bytes += size
        if not self._is_busy:
            self._is_busy = True
            # Not now: what else has come in this turn of the loop shall share the sync.
            self._loop.call_soon(self._next)

    async def keep(self, records: Sequence[bytes]) -> None:
        """Return once `records` are on disk. Raises what `commit` raises or tells: SpoolFault besides."""
        kept: asyncio.Future[None] = self._loop.create_future()
        self.commit(records, partial(_settle, kept))
        await kept

    async def close(self) -> None:
        """Commit what is waiting, then close the spool. What comes later is refused."""
        if self._closed:
            return
        self._closed = True
        if self._is_busy:
            self._idle = self._loop.create_future()
            await self._idle
        self._rest.cancel()
        await self._loop.run_in_executor(self._thread, self._spool.close)
        self._thread.shutdown()

    def _next(self) -> None:
        """Commit the next group, if there is one."""
        if not self._waiting:
            self._is_busy = False
            if self._idle is not None:
                self._idle.set_result(None)
            return
        group = self._next_group()
        records = [record for some, _, _ in group for record in some]
        if self._quick >= self._trusted_after:
            self._end(group, *self._append(records))
        else:
            work = self._loop.run_in_executor(self._thread, self._append, records)
            work.add_done_callback(lambda done: self._end(group, *done.result()))

    def _append(self, records: Sequence[bytes]) -> tuple[BaseException | None, float]:
        """Return what went wrong, and how long it took in seconds."""
        began = time.perf_counter()
        fault: BaseException | None = None
        try:
            self._spool.append(records)
        except Exception as error:  # whatever it was, those who wait must hear it
            fault = error
        return fault, time.perf_counter() - began

    def _end(self, group: Sequence[Waiter], fault: BaseException | None, seconds: float) -> None:
        self._quick = 0 if fault or seconds > QUICK_SECONDS else self._quick + 1
        self._bytes -= sum(size for _, size, _ in group)
        self._loop.call_soon(self._next)
        for _, _, told in group:
            try:
                told(copy(fault))  # one that many raise would gather all their tracebacks
            except Exception as error:  # nobody of the others may wait for ever because of one
                self._loop.call_exception_handler({"message": "telling of a commit failed", "exception": error})

    def _next_group(self) -> list[Waiter]:
        group: list[Waiter] = []
        size = 0
        while self._waiting and (not group or size < GROUP_BYTES):
            waiter = self._waiting.popleft()
            group.append(waiter)
            size += waiter[1]
        return group

    def _take_rest(self) -> None:
        """Let the spool close an old segment although nothing comes: a drained one can be deleted only then."""
        self._thread.submit(self._spool.rest)
        self._rest = self._loop.call_later(self._spool.limits.segment_seconds, self._take_rest)


def bytes_of(records: Sequence[bytes]) -> int:
    """Add up `records`. Raises ValueError for one that no frame can hold."""
    size = 0
    for record in records:
        length = len(record)
        if not 0 < length <= RECORD_BYTES:
            raise ValueError(f"a record takes 1 to {RECORD_BYTES} bytes")
        size += length
    return size


def _settle(kept: asyncio.Future[None], fault: BaseException | None) -> None:
    if kept.done():  # its request was cancelled meanwhile
        return
    if fault is None:
        kept.set_result(None)
    else:
        kept.set_exception(fault)
