"""An open loop: event n is due at n / rate, whatever the server is doing, on whichever connection is free.

In: a port, a list of complete requests, events a second, seconds. Out: how long each event waited for its 202, from
when it was due: a server that stops for 50 ms pays for every event of those 50 ms. Plain sockets and `select`: an event
loop sleeps in whole milliseconds, and takes more from the machine that it shares with the server.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import time
from collections import deque

from running import HERE

CONNECTIONS = 256
QUANTILES = (0.5, 0.99, 0.999)
PATIENCE_SECONDS = 60.0


class Line:
    """One open connection: a post goes out, its answer comes back."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HERE, port), PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""
        self.due = 0.0

    def fileno(self) -> int:
        return self._socket.fileno()

    def post(self, body: bytes, due: float) -> None:
        self.due = due
        self._socket.sendall(body)

    def hear(self) -> bool:
        """Read what has come; True once the answer is whole."""
        came = self._socket.recv(65536)
        if not came:
            raise SystemExit("the server hung up before it had answered")
        self._read += came
        head, found, rest = self._read.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if not found or len(rest) < (int(length[1]) if length else 0):
            return False
        if head[9:12] != b"202":
            raise SystemExit(f"an answer was not 202: {head[:60]!r}")
        self._read = b""
        return True

    def close(self) -> None:
        self._socket.close()


def turn(port: int, posts: list[bytes], rate: int, seconds: float) -> list[float]:
    """Send `rate` events a second for so long; return the seconds each waited, in order of length."""
    with contextlib.ExitStack() as stack:
        free = deque([stack.enter_context(contextlib.closing(Line(port))) for _ in range(CONNECTIONS)])
        waiting: list[Line] = []
        waited: list[float] = []
        began = time.perf_counter()
        number, count = 0, int(rate * seconds)
        while number < count or waiting:
            due = began + number / rate
            ahead = due - time.perf_counter() if number < count and free else PATIENCE_SECONDS
            if ahead <= 0:
                line = free.popleft()
                line.post(posts[number % len(posts)], due)
                waiting.append(line)
                number += 1
            heard = select.select(waiting, [], [], max(ahead, 0))[0]
            if not heard and ahead == PATIENCE_SECONDS:
                raise SystemExit(f"no answer within {PATIENCE_SECONDS:.0f} s")
            for line in heard:
                if line.hear():
                    waited.append(time.perf_counter() - line.due)
                    waiting.remove(line)
                    free.append(line)
    return sorted(waited)


def quantiles(waited: list[float]) -> list[float]:
    """Return the median, the 99th and the 99.9th percentile of what is in order, in milliseconds."""
    return [waited[min(int(part * len(waited)), len(waited) - 1)] * 1000 for part in QUANTILES]
