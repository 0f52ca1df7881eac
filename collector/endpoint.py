"""The endpoint of events: `POST /e`, which is `POST /api/event`. HTTP only; it decides nothing about a visitor.

In: a raw ASGI request, before any framework. Out: 202 once everything acceptable is safe on disk, also when the arrival
was refused (`X-Refused` says why); 400, 413, 415, 429 when the sender has to change something; 503 when the spool takes
no more or today's salt cannot be had, and then nothing of the request was accepted.
It never sets a cookie and never answers with what was sent. A preflight or a readable answer is given to the hosts that
a site allows, by exact echo and without credentials; a same-origin page needs neither.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

import msgspec

from clickhouse.rows import Event, Reason, Refusal
from collector import log
from collector.address import Proxies
from collector.arrival import Arrival
from collector.dialects.plausible import Problem, parse
from collector.rate import Rate
from collector.sender import Head, address_of, host_of, origin_host, read_head, sender_of
from collector.spool import SpoolError
from collector.tally import Tally
from registry.errors import SaltsRefused
from registry.site import Site

EVENT_PATHS = ("/e", "/api/event")
MAX_BODY_BYTES = 64 * 1024
RETRY_SECONDS = 5
PREFLIGHT_SECONDS = 600

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

_ORIGIN = re.compile(rb"https?://[A-Za-z0-9._-]+(:\d{1,5})?")
_TYPES = frozenset((b"text/plain", b"application/json"))
_TEXT: Header = (b"content-type", b"text/plain; charset=utf-8")
_JSON: Header = (b"content-type", b"application/json")
_ALWAYS: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"vary", b"Origin"),
    (b"x-content-type-options", b"nosniff"),
)
_EXPOSED: Header = (b"access-control-expose-headers", b"X-Refused, X-Plausible-Dropped, Retry-After")
_ALLOW: Header = (b"allow", b"POST, OPTIONS")


class Answer(msgspec.Struct, frozen=True):
    """What goes back."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = (_TEXT,)


FAILED = Answer(500, b"Something went wrong here; it has been noted.\n")


class Bridge(Protocol):
    """`distill`, with its tools already in hand."""

    def __call__(self, arrival: Arrival, site: Site, now_ms: int) -> Event | Refusal: ...


class Sites(Protocol):
    """What the endpoint asks of the registry's snapshot."""

    def by_host(self, host: str) -> Site | None: ...
    def resolve(self, name: str) -> Site | None: ...


class Endpoint:
    """Answers one route. `keep` returns when its records are safe, or raises a SpoolError."""

    def __init__(
        self,
        *,
        sites: Sites,
        distill: Bridge,
        encode: Callable[[Event, str], bytes],
        keep: Callable[[list[bytes]], Awaitable[None]],
        tally: Tally,
        rate: Rate,
        proxies: Proxies,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._sites = sites
        self._distill = distill
        self._encode = encode
        self._keep = keep
        self._tally = tally
        self._rate = rate
        self._proxies = proxies
        self._now_ms = now_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI app: any method, any kind of body."""
        head = read_head(scope["headers"])
        answer: Answer | None
        if scope["method"] == "POST":
            answer = await self._receive(scope, head, receive)
        elif scope["method"] == "OPTIONS":
            answer = self._preflight(head)
        else:
            answer = Answer(405, b"Send events here by POST.\n", (_TEXT, _ALLOW))
        if answer is not None:
            await send(
                {"type": "http.response.start", "status": answer.status, "headers": self.headers_of(answer, head)}
            )
            await send({"type": "http.response.body", "body": answer.body})

    def admit(self, head: Head, peer: str) -> str | Answer:
        """Return the client's address, or refuse by the head alone."""
        address = address_of(head, peer, self._proxies)
        seconds = self._rate.wait_seconds(address) if self._names_a_client(head, address) else 0
        if seconds:
            return Answer(429, b"Too many events from this address.\n", (_TEXT, _retry(seconds)))
        return _why_unreadable(head) or address

    async def take(self, head: Head, address: str, body: bytes) -> Answer:
        """Walk the events of one body through; return when they are safe, or with the reason why they are not."""
        try:
            arrivals = parse(body, sender_of(head, address))
            if isinstance(arrivals, Problem):
                return _bad_request(arrivals)
            if len(arrivals) > 1:
                self._rate.charge(address, len(arrivals) - 1)
            return await self._accept(arrivals)
        except Exception as error:
            # The last line: whatever it is, it is not a 202, and what it says may be a visitor's.
            log.report(error)
            return FAILED

    def headers_of(self, answer: Answer, head: Head) -> list[Header]:
        """Return all headers of an answer to the sender of `head`."""
        headers = [*answer.headers, *_ALWAYS]
        if answer.status != 204:
            headers.append((b"content-length", b"%d" % len(answer.body)))
        if self._may_read(head):
            headers += ((b"access-control-allow-origin", head[b"origin"]), _EXPOSED)
        return headers

    async def _receive(self, scope: Scope, head: Head, receive: Receive) -> Answer | None:
        """Read a request to its end; None when the sender hung up."""
        address = self.admit(head, scope["client"][0] if scope.get("client") else "")
        if isinstance(address, Answer):
            return address
        body = await _read(receive)
        return await self.take(head, address, body) if isinstance(body, bytes) else body

    async def _accept(self, arrivals: list[Arrival]) -> Answer:
        """Decide on each, make the acceptable ones durable, then count."""
        now_ms = self._now_ms()
        records: list[bytes] = []
        kept: list[int] = []
        refused: list[tuple[Refusal, Site | None]] = []
        try:
            for arrival in arrivals:
                site = self._site_of(arrival)
                outcome = self._distill(arrival, site, now_ms) if site else Refusal(Reason.UNKNOWN_SITE)
                if isinstance(outcome, Refusal):
                    refused.append((outcome, site))
                else:
                    records.append(self._encode(outcome, arrival.event_id))
                    kept.append(outcome.site_id)
            if records:
                await self._keep(records)
        except (SpoolError, SaltsRefused, OSError):
            return Answer(503, b"Cannot keep events now.\n", (_TEXT, _retry(RETRY_SECONDS)))
        for site_id in kept:
            self._tally.receive(site_id)
        for refusal, site in refused:
            self._tally.refuse(refusal, site, now_ms)
        return _accepted([refusal.reason for refusal, _ in refused])

    def _preflight(self, head: Head) -> Answer:
        if self._may_read(head):
            allowed: tuple[Header, ...] = (
                (b"access-control-allow-methods", b"POST"),
                (b"access-control-allow-headers", b"content-type"),
                (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
            )
            return Answer(204, b"", allowed)
        return Answer(204, b"", ((b"x-refused", Reason.WRONG_HOST.encode()), _ALLOW))

    def _may_read(self, head: Head) -> bool:
        """Say whether a script on this origin may read the answer: its host belongs to a site of ours."""
        origin = head.get(b"origin", b"")
        return bool(_ORIGIN.fullmatch(origin)) and self._sites.by_host(origin_host(origin)) is not None

    def _site_of(self, arrival: Arrival) -> Site | None:
        return self._sites.resolve(arrival.site) if arrival.site else self._sites.by_host(host_of(arrival.url))

    def _names_a_client(self, head: Head, address: str) -> bool:
        """Say whether there is whom to limit: somebody who is no proxy of ours, or whom our proxy names."""
        return b"x-forwarded-for" in head or b"forwarded" in head or not self._proxies.trusts(address)


def _why_unreadable(head: Head) -> Answer | None:
    """Refuse by the head alone what could not be read or would be too long."""
    content_type = head.get(b"content-type", b"")
    if content_type not in _TYPES:
        kind, _, parameters = content_type.lower().partition(b";")
        if kind.strip() not in _TYPES or (b"charset" in parameters and b"utf-8" not in parameters):
            return Answer(415, b"Content-Type has to be text/plain or application/json, in UTF-8.\n")
    if head.get(b"content-encoding", b"identity") != b"identity":
        return Answer(415, b"Send the body as it is, without Content-Encoding.\n")
    length = head.get(b"content-length", b"0")
    return _TOO_LONG if not length.isdigit() or int(length[:20]) > MAX_BODY_BYTES else None


_TOO_LONG = Answer(413, b"A request holds at most 64 KiB.\n", (_TEXT, (b"connection", b"close")))


async def _read(receive: Receive) -> bytes | Answer | None:
    """Read the body up to its limit; None when the sender hung up first."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            return _TOO_LONG
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks) if len(chunks) > 1 else chunk


def _accepted(reasons: list[Reason]) -> Answer:
    """Answer 202 `ok` either way: a visitor's page must not fare worse for having declined."""
    if not reasons:
        return _OK
    told = ", ".join(dict.fromkeys(reasons)).encode()
    return Answer(202, b"ok", (_TEXT, (b"x-refused", told), (b"x-plausible-dropped", b"%d" % len(reasons))))


_OK = Answer(202, b"ok")


def _bad_request(problem: Problem) -> Answer:
    told: dict[str, object] = {"errors": problem.errors}
    if problem.index is not None:
        told["index"] = problem.index
    return Answer(400, msgspec.json.encode(told), (_JSON,))


def _retry(seconds: int) -> Header:
    return (b"retry-after", b"%d" % seconds)
