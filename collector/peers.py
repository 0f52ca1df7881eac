"""Peers: the routes of the trackers of Umami, GoatCounter and Matomo, and of our own picture. HTTP only.

In: a raw ASGI request. Out: the peer's own answer, once everything acceptable is safe on disk. Reading is the dialects'
business, wording the manners', deciding the intake's.
Invariants as at the native endpoint: it sets no cookie, never answers with what was sent, limits each address, and lets
a page of another origin read only what its tracker needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from clickhouse.rows import Reason
from collector.answer import (
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
from collector.arrival import Arrival
from collector.dialects.foreign import Asked, Malformed
from collector.intake import Intake, Unavailable
from collector.manners import GOATCOUNTER, MATOMO, PICTURE, UMAMI, UMAMI_BATCH, Manner, Result
from collector.sender import Head, host_of, read_head, sender_of

MANNERS: Mapping[str, Manner] = {
    "/api/send": UMAMI,
    "/api/batch": UMAMI_BATCH,
    "/count": GOATCOUNTER,
    "/matomo.php": MATOMO,
    "/piwik.php": MATOMO,
}
OWN: Mapping[str, Manner] = {"/p.gif": PICTURE}
"""No peer's, but a request of the same kind: everything is in its head, and the answer is a picture."""
MAX_PAGE = 2000
_EXPOSED: Header = (b"access-control-expose-headers", b"X-Refused, Retry-After")


class Peer:
    """Answers one peer's route."""

    def __init__(self, manner: Manner, intake: Intake) -> None:
        self._manner = manner
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = read_head(scope["headers"])
        method = scope["method"].encode()
        answer: Answer | None
        if method in self._manner.methods:
            answer = await self._receive(scope, head, receive)
        elif method == b"OPTIONS":
            answer = self._preflight(head)
        else:
            answer = Answer(405, b"Not this way.\n", (TEXT, self._allow()))
        if answer is not None:
            await send_answer(send, answer, [*all_headers(answer), *self._origin_headers(head)])

    async def _receive(self, scope: Scope, head: Head, receive: Receive) -> Answer | None:
        """Read a request to its end and take it; None when the sender hung up."""
        address, seconds = self._intake.admit(head, peer_of(scope))
        if seconds:
            return _with(self._manner.fault(429, "Too many events from this address."), retry_after(seconds))
        body: bytes | Answer | None = TOO_LONG if is_too_long(head) else await read_body(receive)
        if isinstance(body, Answer):
            return _with(self._manner.fault(413, "A request holds at most 64 KiB."), (b"connection", b"close"))
        return None if body is None else await self._take(asked_by(scope, head, address, body))

    async def _take(self, asked: Asked) -> Answer:
        parts = self._manner.read(asked)
        if isinstance(parts, Malformed):
            return self._manner.fault(400, parts.message)
        arrivals = [part for part in parts if isinstance(part, Arrival)]
        try:
            outcomes = iter(await self._intake.take(arrivals, asked.sender.address))
        except Unavailable:
            return _with(self._manner.fault(503, "Cannot keep events now."), retry_after())
        results: list[Result] = [next(outcomes) if isinstance(part, Arrival) else part for part in parts]
        return self._manner.answer(asked, results)

    def _preflight(self, head: Head) -> Answer:
        if not self._origin_headers(head):
            return Answer(204, b"", ((b"x-refused", Reason.WRONG_HOST.encode()), self._allow()))
        allowed: tuple[Header, ...] = (
            (b"access-control-allow-methods", b", ".join(self._manner.methods)),
            (b"access-control-allow-headers", self._manner.allowed_headers),
            (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
        )
        return Answer(204, b"", allowed)

    def _origin_headers(self, head: Head) -> tuple[Header, ...]:
        """Say who may read the answer: everybody, or the origin that asked if it is a site of ours, or nobody else."""
        if self._manner.open_to:
            return ((b"access-control-allow-origin", self._manner.open_to),)
        if not self._intake.may_read(head):
            return ()
        echo: Header = (b"access-control-allow-origin", head[b"origin"])
        credentials = ((b"access-control-allow-credentials", b"true"),) if self._manner.with_credentials else ()
        return (echo, _EXPOSED, *credentials)

    def _allow(self) -> Header:
        return (b"allow", b", ".join((*self._manner.methods, b"OPTIONS")))


def asked_by(scope: Scope, head: Head, address: str, body: bytes) -> Asked:
    """Collect what a dialect may need of a request."""
    referer = head.get(b"referer", b"")
    page = referer or head.get(b"origin", b"")
    return Asked(
        sender=sender_of(head, address),
        query=scope.get("query_string", b""),
        body=body,
        page=page[:MAX_PAGE].decode("latin-1"),
        referer=referer[:MAX_PAGE].decode("latin-1"),
        host=host_of(head.get(b"host", b"").decode("latin-1")),
        is_picture=scope["method"] == "GET" and head.get(b"accept", b"").startswith(b"image/"),
    )


def _with(answer: Answer, *more: Header) -> Answer:
    return Answer(answer.status, answer.body, (*answer.headers, *more))
