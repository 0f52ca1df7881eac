"""Express: the lane of ordinary events, answered inside the protocol without a scope, a queue or messages.

In: a `POST` to an event path with a plain head (a length, no expectation, no upgrade) on a connection that is not busy.
Out: the endpoint's own answer, byte for byte what the common lane would send, at half the cost of the common lane.
Everything else, and whatever comes while a turn is under way, goes the common way: uvicorn queues it behind the turn,
which it takes for a request of its own.
"""

from __future__ import annotations

import http
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any, Protocol

from collector.answer import MAX_BODY_BYTES, Answer, Header, all_headers
from collector.endpoint import ACCEPTED, Endpoint, for_readers
from collector.guard import Guard
from collector.intake import Verdict
from collector.sender import Head, read_head


def _lines_of(headers: Iterable[Header]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])


@lru_cache(1024)
def _reader_lines(origin: bytes) -> bytes:
    """Remembered: those who may read are our sites' own origins."""
    return _lines_of(for_readers(origin))


_always_lines = lru_cache(4)(_lines_of)
"""The date, which uvicorn tells once a second."""


def _head_of(answer: Answer) -> bytes:
    """Write what is the same whoever asked."""
    return _HEAD_OF_ACCEPTED if answer is ACCEPTED else _known_head(answer)


@lru_cache(64)
def _known_head(answer: Answer) -> bytes:
    status = http.HTTPStatus(answer.status)
    return b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode()) + _lines_of(all_headers(answer))


_HEAD_OF_ACCEPTED = _known_head(ACCEPTED)
"""Nearly all answers are this one."""


class Turn:
    """One event request under way; to uvicorn's protocol it looks like a cycle of its own."""

    __slots__ = ("address", "body", "disconnected", "head", "keep_alive", "message_event", "response_complete")

    def __init__(self, head: Head, address: str | Answer, keep_alive: bool) -> None:
        self.head = head
        self.address = address
        """Or the answer, where the head alone was enough to refuse."""
        self.body = b""
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.message_event = self

    def set(self) -> None:
        """Stand in for the event by which uvicorn wakes an app when the sender hangs up: nobody waits for it here."""


class Doors(Protocol):
    """What the lane asks of the collector's app."""

    endpoint: Endpoint
    event_paths: frozenset[str]


def express_lane(collector: Doors) -> Callable[..., Express]:
    """Return what makes the protocol of each connection, for `Config(http=…)`."""
    paths = frozenset(path.encode() for path in collector.event_paths)
    return partial(Express, endpoint=collector.endpoint, paths=paths)


class Express(Guard):
    """A guarded connection with the lane."""

    def __init__(self, *args: Any, endpoint: Endpoint, paths: frozenset[bytes], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._endpoint = endpoint
        self._paths = paths
        self._turn: Turn | None = None

    def on_message_begin(self) -> None:
        self.url, self.headers, self.expect_100_continue = b"", [], False
        if self._phase != "head":
            self._begin_head()

    def on_headers_complete(self) -> None:
        is_busy = self.cycle is not None and not self.cycle.response_complete
        if self.url not in self._paths or is_busy or not self._begin_turn():
            self._make_scope()
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._turn is None:
            super().on_body(body)
        else:
            self._turn.body += body

    def on_message_complete(self) -> None:
        turn, self._turn = self._turn, None
        if turn is None:
            super().on_message_complete()
            return
        self._end_body()
        if isinstance(turn.address, Answer):
            self._end_turn(turn, turn.address)
            return
        verdict = self._endpoint.begin(turn.head, turn.address, turn.body)
        if isinstance(verdict, Answer):
            self._end_turn(turn, verdict)
        else:
            self._endpoint.commit(verdict, partial(self._finish, turn, verdict))

    def on_response_complete(self) -> None:
        if self.pipeline or not isinstance(self.cycle, Turn) or self._phase != "work":
            super().on_response_complete()
            return
        # Idle from here: a deadline of the guard's, instead of a timer that is made and ended each time.
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._begin_idle()

    def _make_scope(self) -> None:
        """Do for the common lane what uvicorn does when a message begins; an event in the lane needs none of it."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers

    def _begin_turn(self) -> bool:
        """Take the request if it is plain; the endpoint sees its head before its body, as in the common lane."""
        if (
            self.parser.get_method() != b"POST"
            or self.parser.get_http_version() != "1.1"
            or self.parser.should_upgrade()
        ):
            return False
        head = read_head(self.headers)
        length = head.get(b"content-length", b"")
        if not length.isdigit() or len(length) > 5 or int(length) > MAX_BODY_BYTES or b"expect" in head:
            return False
        self._end_head()
        peer = self.client[0] if self.client else ""
        self._turn = Turn(head, self._endpoint.admit(head, peer), self.parser.should_keep_alive())
        self.cycle = self._turn  # type: ignore[assignment]  # it has all that uvicorn asks of a cycle
        return True

    def _finish(self, turn: Turn, verdict: Verdict, fault: BaseException | None) -> None:
        answer = self._endpoint.finish(verdict, turn.head, fault)
        if not self.flow.write_paused:
            self._end_turn(turn, answer)
            return
        task = self.loop.create_task(self._end_later(turn, answer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _end_later(self, turn: Turn, answer: Answer) -> None:
        """Wait for a peer who does not read."""
        await self.flow.drain()
        self._end_turn(turn, answer)

    def _end_turn(self, turn: Turn, answer: Answer) -> None:
        turn.response_complete = True
        if turn.disconnected:
            return
        origin = turn.head.get(b"origin")
        reader = _reader_lines(origin) if origin is not None and self._endpoint.may_read(turn.head) else b""
        always = _always_lines(tuple(self.server_state.default_headers))
        end = b"\r\n" if turn.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(b"".join((_head_of(answer), always, reader, end, answer.body)))
        if not turn.keep_alive:
            self.transport.close()
        self.on_response_complete()
