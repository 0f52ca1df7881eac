"""Answer: what goes back to a sender, and the plain HTTP that every endpoint of events needs around it.

In: raw ASGI messages, a request's head. Out: a body of at most 64 KiB, or the answer that says why not; the headers of
an answer. Invariant: no answer may be stored by a cache or sniffed for another type, and whether another origin may
read it is said by the endpoint, for each answer anew. It knows no dialect and no event.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from collector.sender import Head

MAX_BODY_BYTES = 64 * 1024
RETRY_SECONDS = 5
PREFLIGHT_SECONDS = 600

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

TEXT: Header = (b"content-type", b"text/plain; charset=utf-8")
JSON: Header = (b"content-type", b"application/json")
_ALWAYS: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"vary", b"Origin"),
    (b"x-content-type-options", b"nosniff"),
)


class Answer(msgspec.Struct, frozen=True):
    """What goes back."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = (TEXT,)


FAILED = Answer(500, b"Something went wrong here; it has been noted.\n")
TOO_LONG = Answer(413, b"A request holds at most 64 KiB.\n", (TEXT, (b"connection", b"close")))


def peer_of(scope: Scope) -> str:
    """Return the other end of the connection, or nothing."""
    return scope["client"][0] if scope.get("client") else ""


def is_too_long(head: Head) -> bool:
    """Tell by the head alone that the body cannot be taken."""
    length = head.get(b"content-length", b"0")
    return not length.isdigit() or int(length[:20]) > MAX_BODY_BYTES


async def read_body(receive: Receive) -> bytes | Answer | None:
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
            return TOO_LONG
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks) if len(chunks) > 1 else chunk


async def send_answer(send: Send, answer: Answer, headers: list[Header]) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def all_headers(answer: Answer) -> list[Header]:
    """Return an answer's headers with those that every answer has."""
    headers = [*answer.headers, *_ALWAYS]
    if answer.status != 204:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    return headers


def retry_after(seconds: int = RETRY_SECONDS) -> Header:
    return (b"retry-after", b"%d" % seconds)
