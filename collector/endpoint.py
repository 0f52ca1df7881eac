"""The endpoint of events: `POST /e`, which is `POST /api/event`. HTTP only; it decides nothing about a visitor.

In: a raw ASGI request, before any framework. Out: 202 once everything acceptable is safe on disk, also when the arrival
was refused (`X-Refused` says why); 400, 413, 415, 429 when the sender has to change something; 503 when the spool takes
no more or today's salt cannot be had, and then nothing of the request was accepted.
It never sets a cookie and never answers with what was sent. A preflight or a readable answer is given to the hosts that
a site allows, by exact echo and without credentials; a same-origin page needs neither.
"""

from __future__ import annotations

import asyncio

import msgspec

from clickhouse.rows import Reason
from collector import log
from collector.answer import (
    FAILED,
    JSON,
    PREFLIGHT_SECONDS,
    TEXT,
    TOO_LONG,
    Answer,
    Header,
    Receive,
    Scope,
    Send,
    all_headers,
    is_too_long,
    peer_of,
    read_body,
    retry_after,
    send_answer,
)
from collector.dialects.plausible import Problem, parse
from collector.intake import CANNOT_KEEP, SAID_NO, Intake, Told, Unavailable, Verdict, reasons_of, told
from collector.sender import Head, read_head, sender_of

EVENT_PATHS = ("/e", "/api/event")

_TYPES = frozenset((b"text/plain", b"application/json"))
_EXPOSED: Header = (b"access-control-expose-headers", b"X-Refused, X-Plausible-Dropped, Retry-After")
_ALLOW: Header = (b"allow", b"POST, OPTIONS")


class Endpoint:
    """Answers one route."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI app: any method, any kind of body."""
        head = read_head(scope["headers"])
        answer: Answer | None
        if scope["method"] == "POST":
            answer = await self._receive(scope, head, receive)
        elif scope["method"] == "OPTIONS":
            answer = self._preflight(head)
        else:
            answer = Answer(405, b"Send events here by POST.\n", (TEXT, _ALLOW))
        if answer is not None:
            await send_answer(send, answer, self.headers_of(answer, head))

    def admit(self, head: Head, peer: str) -> str | Answer:
        """Return the client's address, or refuse by the head alone."""
        address, seconds = self._intake.admit(head, peer)
        if seconds:
            return Answer(429, b"Too many events from this address.\n", (TEXT, retry_after(seconds)))
        return _why_unreadable(head) or address

    async def take(self, head: Head, address: str, body: bytes) -> Answer:
        """Walk the events of one body through; return when they are safe, or with the reason why they are not."""
        verdict = self.begin(head, address, body)
        if isinstance(verdict, Answer):
            return verdict
        told: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
        self.commit(verdict, lambda fault: None if told.done() else told.set_result(fault))
        return self.finish(verdict, head, await told)

    def begin(self, head: Head, address: str, body: bytes) -> Verdict | Answer:
        """Decide on the events of one body, or answer why nothing of it can be taken."""
        try:
            arrivals = parse(body, sender_of(head, address))
            if isinstance(arrivals, Problem):
                return _bad_request(arrivals)
            return self._intake.decide(arrivals, address)
        except Unavailable:
            return _UNAVAILABLE
        except Exception as error:
            # The last line: whatever it is, it is not a 202, and what it says may be a visitor's.
            log.report(error)
            return FAILED

    def commit(self, verdict: Verdict, told: Told) -> None:
        """Call `told` once what was decided is safe, or with the reason why it is not; perhaps before this returns."""
        if not verdict.records:
            told(None)
            return
        try:
            self._intake.commit(verdict.records, told)
        except Exception as fault:
            told(fault)

    def finish(self, verdict: Verdict, head: Head, fault: BaseException | None) -> Answer:
        """Count what is safe, and answer."""
        if isinstance(fault, CANNOT_KEEP):
            return _UNAVAILABLE
        try:
            if fault is not None:
                raise fault
            self._intake.count(verdict)
            return _accepted(reasons_of(verdict.outcomes), head) if verdict.refused else ACCEPTED
        except Exception as error:
            log.report(error)
            return FAILED

    def headers_of(self, answer: Answer, head: Head) -> list[Header]:
        """Return all headers of an answer to the sender of `head`."""
        return [*all_headers(answer), *self.reader_headers(head)]

    def reader_headers(self, head: Head) -> tuple[Header, ...]:
        """Return what lets a script on the sender's origin read the answer, or nothing."""
        return for_readers(head[b"origin"]) if self.may_read(head) else ()

    def may_read(self, head: Head) -> bool:
        """Say whether a script on the sender's origin may read the answer."""
        return self._intake.may_read(head)

    async def _receive(self, scope: Scope, head: Head, receive: Receive) -> Answer | None:
        """Read a request to its end; None when the sender hung up."""
        address = self.admit(head, peer_of(scope))
        if isinstance(address, Answer):
            return address
        body = await read_body(receive)
        return await self.take(head, address, body) if isinstance(body, bytes) else body

    def _preflight(self, head: Head) -> Answer:
        if self._intake.may_read(head):
            allowed: tuple[Header, ...] = (
                (b"access-control-allow-methods", b"POST"),
                (b"access-control-allow-headers", b"content-type"),
                (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
            )
            return Answer(204, b"", allowed)
        return Answer(204, b"", ((b"x-refused", Reason.WRONG_HOST.encode()), _ALLOW))


def event_paths(base_path: str) -> frozenset[str]:
    """Return the paths that take events, with the base path of BASE_URL and without: a proxy may have stripped it."""
    return frozenset((*EVENT_PATHS, *(base_path + path for path in EVENT_PATHS)))


def for_readers(origin: bytes) -> tuple[Header, ...]:
    """Return what lets scripts on an origin read an answer."""
    return (b"access-control-allow-origin", origin), _EXPOSED


def _why_unreadable(head: Head) -> Answer | None:
    """Refuse by the head alone what could not be read or would be too long."""
    content_type = head.get(b"content-type", b"")
    if content_type not in _TYPES:
        kind, _, parameters = content_type.lower().partition(b";")
        if kind.strip() not in _TYPES or (b"charset" in parameters and b"utf-8" not in parameters):
            return Answer(415, b"Content-Type has to be text/plain or application/json, in UTF-8.\n")
    if head.get(b"content-encoding", b"identity") != b"identity":
        return Answer(415, b"Send the body as it is, without Content-Encoding.\n")
    return TOO_LONG if is_too_long(head) else None


def _accepted(reasons: list[Reason], head: Head) -> Answer:
    """Answer 202 `ok` either way: a visitor's page must not fare worse for having declined.

    A script whose visitor said no in a way that only we could see is told to stop; our snippet reads `X-Refused`.
    """
    if not reasons:
        return ACCEPTED
    refused: tuple[Header, ...] = ((b"x-refused", told(reasons)), (b"x-plausible-dropped", b"%d" % len(reasons)))
    if head.get(b"sec-fetch-dest") == b"empty" and not SAID_NO.isdisjoint(reasons):
        return Answer(202, b'{"stop":1}', (JSON, *refused))
    return Answer(202, b"ok", (TEXT, *refused))


ACCEPTED = Answer(202, b"ok")
"""Everything of the request is safe."""
_UNAVAILABLE = Answer(503, b"Cannot keep events now.\n", (TEXT, retry_after()))


def _bad_request(problem: Problem) -> Answer:
    body: dict[str, object] = {"errors": problem.errors}
    if problem.index is not None:
        body["index"] = problem.index
    return Answer(400, msgspec.json.encode(body), (JSON,))
