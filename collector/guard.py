"""Guard: uvicorn's HTTP protocol with the limits the open internet needs.

In: bytes from anybody. Out: the same requests, unless the sender is too slow or too big; then the connection ends.
By itself uvicorn kept half-open connections for ever and took 100 MiB of headers. Here a head has 5 s, 32 KiB and 100
lines, a body 10 s, a reader who does not read 30 s; waiting requests on one connection are counted; a shutdown waits
for unfinished requests one second only. Each connection carries one deadline and one lazy timer: moving a deadline
costs an assignment, not a timer. The size of a body is its endpoint's business.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 5.0
BODY_SECONDS = 10.0
IDLE_SECONDS = 5.0
STALLED_WRITE_SECONDS = 30.0
FAREWELL_SECONDS = 1.0
MAX_HEAD_BYTES = 32 * 1024
MAX_HEADERS = 100
MAX_WAITING = 32
"""Pipelined requests that may wait for their turn."""
_TICK_SECONDS = min(HEAD_SECONDS, BODY_SECONDS, IDLE_SECONDS)
"""The timer looks at least this often; no deadline is shorter, so none is overlooked."""
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 24\r\nconnection: close\r\n\r\nrequest header too large"
)

Phase = Literal["idle", "head", "body", "work"]


class OverLimitError(Exception):
    """Raised inside the parser's callbacks to end the request; carries nothing of it."""


class Guard(HttpToolsProtocol):
    """One connection. `Config(http=Guard)`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._phase: Phase = "head"
        self._read_by = math.inf
        self._write_by = math.inf
        self._head_bytes = self._chunk_bytes = 0
        self._is_over = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(transport)
        self._read_by = self.loop.time() + HEAD_SECONDS
        self._timer = self.loop.call_later(_TICK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._phase == "idle":
            # uvicorn forgets its idle timer at the first byte, be it only a line break: so ours starts here.
            self._begin_head()
        self._chunk_bytes = len(data)
        self._head_bytes += self._chunk_bytes
        super().data_received(data)
        if self._phase == "head" and self._head_bytes > MAX_HEAD_BYTES and not self._is_over:
            self._is_over = True
            self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._phase != "head":
            self._begin_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        # Sixteen times for each event: what can wait for the end of the head does. A trailer after a chunked body comes
        # here too; it must not become a header of a request already under way.
        if self._phase == "head":
            headers = self.headers
            headers.append((name.lower(), value))
            if len(headers) > MAX_HEADERS:
                self._check(False)

    def on_headers_complete(self) -> None:
        self._end_head()
        self._see_expectation()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._end_body()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._phase == "work" and self.cycle.response_complete:
            self._phase = "idle"

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_by = self.loop.time() + STALLED_WRITE_SECONDS

    def resume_writing(self) -> None:
        super().resume_writing()
        self._write_by = math.inf

    def shutdown(self) -> None:
        super().shutdown()
        if self._phase in ("head", "body"):
            self.loop.call_later(FAREWELL_SECONDS, self._abort)

    def send_400_response(self, msg: str) -> None:
        if not self._is_over:
            super().send_400_response(msg)
        elif not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def _begin_head(self) -> None:
        self._phase, self._head_bytes = "head", 0
        self._read_by = self.loop.time() + HEAD_SECONDS

    def _begin_idle(self) -> None:
        self._phase, self._read_by = "idle", self.loop.time() + IDLE_SECONDS

    def _end_head(self) -> None:
        if self._head_bytes + self._chunk_bytes > MAX_HEAD_BYTES:
            # Perhaps only because other requests, or a body, came with it: count exactly.
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            self._check(size <= MAX_HEAD_BYTES)
        self._check(len(self.pipeline) < MAX_WAITING)
        self._phase = "body"
        self._read_by = self.loop.time() + BODY_SECONDS

    def _see_expectation(self) -> None:
        """Note what uvicorn looks for at each line."""
        for name, value in self.headers:
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True

    def _end_body(self) -> None:
        if self.cycle is not None and self.cycle.response_complete:
            # Answered before the body was read (413): uvicorn has no timer for the idle time that follows.
            self._begin_idle()
        else:
            self._phase, self._read_by = "work", math.inf

    def _check(self, is_within: bool) -> None:
        if not is_within:
            self._is_over = True
            raise OverLimitError

    def _look(self) -> None:
        """Close what is overdue; otherwise look again when the next deadline may have passed."""
        now, due = self.loop.time(), min(self._read_by, self._write_by)
        if now >= due:
            self._abort()
        else:
            self._timer = self.loop.call_later(min(due - now, _TICK_SECONDS), self._look)

    def _abort(self) -> None:
        # Also where it is closing already: a peer who never reads would keep the last bytes, and so the socket.
        self.transport.abort()
