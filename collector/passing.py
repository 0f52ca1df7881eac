"""Passing: a process that only receives events gives every other connection to the one that answers the rest.

In: connections on the shared port. Out: an event is answered here, as in express.py; at the first request for anything
else the open socket itself goes, with the bytes read so far, over a socket pair to the other process (SCM_RIGHTS),
which carries on as if it had accepted it. The browser notices nothing, and nothing is copied or proxied afterwards.
Invariants: a request is answered by exactly one of the two; what was pipelined behind an event under way is not passed
on but turned away with the end of the connection, which HTTP lets a server do at any time (RFC 9112, 9.6).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from collector.endpoint import Endpoint
from collector.express import Express
from collector.guard import OverLimitError

CHUNK = 48 * 1024
"""Bytes of one datagram: below every system's limit."""
FIRST, MORE = 1, 2
"""Marks of a datagram: a connection comes with it; more of what was read follows."""
BUFFER_BYTES = 1 << 20


def passage() -> tuple[socket.socket, socket.socket]:
    """Make the two ends: what one process gives away, the other receives whole and in order."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for end in ends:
        end.setblocking(False)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            end.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
    return ends


class Giver:
    """The giving end, in an event loop. A connection that finds too long a queue is closed."""

    MOST_WAITING = 256

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[bytes, int]] = deque()

    def give(self, connection: int, read: bytes) -> bool:
        """Give a connection (its descriptor) away, with what was read of it. False: it could not be done."""
        if len(self._waiting) >= self.MOST_WAITING:
            return False
        starts = range(0, len(read), CHUNK)
        # Its own descriptor is closed as soon as this returns: what waits needs one of its own.
        handle = os.dup(connection)
        for at in starts:
            mark = FIRST * (at == 0) | MORE * (at != starts[-1])
            self._waiting.append((bytes((mark,)) + read[at : at + CHUNK], handle if at == 0 else -1))
        self._send()
        return True

    def close(self) -> None:
        self._loop.remove_writer(self._end.fileno())
        while self._waiting:
            _, handle = self._waiting.popleft()
            if handle >= 0:
                os.close(handle)
        self._end.close()

    def _send(self) -> None:
        while self._waiting:
            part, handle = self._waiting[0]
            try:
                socket.send_fds(self._end, [part], [handle] if handle >= 0 else [])
            except BlockingIOError:
                self._loop.add_writer(self._end.fileno(), self._send)
                return
            except OSError:
                pass  # the other end is gone, and this process goes with it
            self._waiting.popleft()
            if handle >= 0:
                os.close(handle)
        self._loop.remove_writer(self._end.fileno())


def receive_on(end: socket.socket, protocol: Callable[[], asyncio.Protocol]) -> Callable[[], None]:
    """Carry on with the connections that arrive at `end`; call what is returned to stop. Call it inside the loop."""
    loop = asyncio.get_running_loop()
    read: list[bytes] = []
    given: list[socket.socket] = []
    tasks: set[asyncio.Task[Any]] = set()

    def take(part: bytes, handles: list[int]) -> None:
        if part[0] & FIRST:
            # What a giver that died in the middle has left goes.
            read.clear()
            while given:
                given.pop().close()
            given.extend(socket.socket(fileno=handle) for handle in handles)
        read.append(part[1:])
        if not part[0] & MORE and given:
            task = loop.create_task(_adopt(loop, given.pop(), partial(_begun, protocol, b"".join(read))))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    def look() -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                part, handles, _, _ = socket.recv_fds(end, CHUNK + 1, 1)
                take(part, handles)

    def stop() -> None:
        loop.remove_reader(end.fileno())

    loop.add_reader(end.fileno(), look)
    return stop


async def _adopt(
    loop: asyncio.AbstractEventLoop, connection: socket.socket, protocol: Callable[[], asyncio.Protocol]
) -> None:
    connection.setblocking(False)
    try:
        await loop.connect_accepted_socket(protocol, connection)
    except OSError:  # it has hung up meanwhile
        connection.close()


def _begun(protocol: Callable[[], asyncio.Protocol], begun: bytes) -> asyncio.Protocol:
    """Make a protocol that first hears what was read before, then what comes."""
    made = protocol()
    open_as_usual = made.connection_made

    def connection_made(transport: asyncio.BaseTransport) -> None:
        open_as_usual(transport)
        made.data_received(begun)

    made.connection_made = connection_made  # type: ignore[method-assign]  # of this one connection
    return made


def passing_lane(endpoint: Endpoint, paths: frozenset[str], giver: Giver) -> Callable[..., Passing]:
    """Return what makes the protocol of each connection of a process that receives events only."""
    return partial(Passing, endpoint=endpoint, paths=frozenset(path.encode() for path in paths), giver=giver)


class Passing(Express):
    """An express connection that leaves this process at the first request for something else."""

    def __init__(self, *args: Any, giver: Giver, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._giver = giver
        self._read = b""
        """What was read since the request under way began."""
        self._heads = 0
        """Requests that began in these bytes."""
        self._leaves = False

    def data_received(self, data: bytes) -> None:
        if self._phase == "head" and self._read:
            self._read += data
        else:
            self._read, self._heads = data, 0
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._heads += 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self.url.partition(b"?")[0] in self._paths:
            super().on_headers_complete()
            self._read = b""
        else:
            self._leaves = True
            raise OverLimitError  # ends the parser; send_400_response is what it calls then

    def send_400_response(self, msg: str) -> None:
        if not self._leaves:
            super().send_400_response(msg)
            return
        is_busy = self.cycle is not None and not self.cycle.response_complete
        if self._heads == 1 and not is_busy and not self.transport.is_closing():
            self._giver.give(self.transport.get_extra_info("socket").fileno(), self._read)
            self.transport.abort()
        elif is_busy and self.cycle is not None:
            self.cycle.keep_alive = False
        else:
            self.transport.close()
