"""Manners: how each peer's server answers its own tracker, so that the tracker goes on as if nothing had changed.

Our own picture, which is asked for in the same way, answers here too.
In: what became of the parts of a request. Out: an `Answer` in that peer's form, status and words. Every refusal is told
in `X-Refused` besides. Invariants: a visitor's "no" never fares worse than a yes; nothing in an answer differs from one
visitor to the next: where Umami hands out a session, all get the same.
It reads no request and decides nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

import msgspec

from clickhouse.rows import Reason, Refusal
from collector.answer import JSON, TEXT, Answer, Header
from collector.dialects import goatcounter, matomo, picture, umami
from collector.dialects.foreign import Asked, Malformed, Part
from collector.intake import SAID_NO, told

Result = Refusal | Malformed | None
"""What became of one part; None: kept, or nothing to count."""

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
"""One transparent pixel in 43 bytes."""
_GIF: Header = (b"content-type", b"image/gif")
_ANYWHERE: Header = (b"cross-origin-resource-policy", b"cross-origin")
_NOBODY = "00000000-0000-0000-0000-000000000000"
_SESSION = {"cache": "none", "sessionId": _NOBODY, "visitId": _NOBODY}


class Manner(msgspec.Struct, frozen=True):
    """One peer's way: which methods, how to read, what to say, and what a browser is told of other origins."""

    methods: tuple[bytes, ...]
    read: Callable[[Asked], list[Part] | Malformed]
    answer: Callable[[Asked, Sequence[Result]], Answer]
    fault: Callable[[int, str], Answer]
    allowed_headers: bytes = b"content-type"
    open_to: bytes = b""
    """`*` where the peer lets everybody read; otherwise the hosts of our sites, by exact echo."""
    with_credentials: bool = False


def refusals(results: Sequence[Result]) -> list[Reason]:
    return [result.reason for result in results if isinstance(result, Refusal)]


def _told(results: Sequence[Result]) -> tuple[Header, ...]:
    reasons = refusals(results)
    return ((b"x-refused", told(reasons)),) if reasons else ()


# Umami


def _umami(_asked: Asked, results: Sequence[Result]) -> Answer:
    status, body = _umami_says(results[0])
    return Answer(status, msgspec.json.encode(body), (JSON, *_told(results)))


def _umami_says(result: Result) -> tuple[int, dict[str, object]]:
    if isinstance(result, Malformed):
        return 400, _umami_error(400, result.message)
    if result is None:
        return 200, {**_SESSION}
    if result.reason is Reason.UNKNOWN_SITE:
        return 400, _umami_error(400, "Website not found.")
    if result.reason is Reason.BOT:
        return 200, {"beep": "boop"}
    return 200, {**_SESSION, "disabled": True} if result.reason in SAID_NO else {**_SESSION}


def _umami_batch(_asked: Asked, results: Sequence[Result]) -> Answer:
    said = [_umami_says(result) for result in results]
    wrong = [{"index": index, "response": body} for index, (status, body) in enumerate(said) if status != 200]
    done = {"size": len(said), "processed": len(said) - len(wrong), "errors": len(wrong), "details": wrong}
    return Answer(200, msgspec.json.encode({**done, "cache": _SESSION["cache"]}), (JSON, *_told(results)))


def _umami_error(status: int, message: str) -> dict[str, object]:
    code = {400: "bad-request", 413: "payload-too-large", 429: "too-many-requests"}.get(status, "server-error")
    return {"error": {"message": message, "code": code, "status": status}}


def _umami_fault(status: int, message: str) -> Answer:
    return Answer(status, msgspec.json.encode(_umami_error(status, message)), (JSON,))


# GoatCounter


def _goatcounter(_asked: Asked, results: Sequence[Result]) -> Answer:
    result = results[0]
    if isinstance(result, Malformed):
        return _goatcounter_fault(400, result.message)
    if result is None:
        return Answer(200, GIF, (_GIF, _ANYWHERE))
    why: Header = (b"x-goatcounter", b"not counted: " + told([result.reason]))
    return Answer(200, GIF, (_GIF, _ANYWHERE, why, *_told(results)))


def _goatcounter_fault(status: int, message: str) -> Answer:
    return Answer(status, GIF, (_GIF, _ANYWHERE, (b"x-goatcounter", message.encode())))


# Our own picture


def _picture(_asked: Asked, results: Sequence[Result]) -> Answer:
    return Answer(200, GIF, (_GIF, _ANYWHERE, *_told(results)))


def _picture_fault(status: int, _message: str) -> Answer:
    """A picture all the same: the page shows no broken one."""
    return Answer(status, GIF, (_GIF, _ANYWHERE))


# Matomo


def _matomo(asked: Asked, results: Sequence[Result]) -> Answer:
    if matomo.is_bulk(asked):
        return _matomo_bulk(asked, results)
    result = results[0]
    if isinstance(result, Malformed):
        return _matomo_fault(400, result.message)
    if matomo.wants_no_picture(asked):
        return Answer(204, b"", _told(results))
    return Answer(200, GIF, (_GIF, _ANYWHERE, *_told(results)))


def _matomo_bulk(asked: Asked, results: Sequence[Result]) -> Answer:
    """What was refused is tracked as far as the tracker is concerned: it must not send it again."""
    invalid = sum(isinstance(result, Malformed) for result in results)
    if not invalid and matomo.wants_no_picture(asked):
        return Answer(204, b"", _told(results))
    all_bad = invalid == len(results)
    done = {"status": "error" if all_bad else "success", "tracked": len(results) - invalid, "invalid": invalid}
    return Answer(400 if all_bad else 200, msgspec.json.encode(done), (JSON, *_told(results)))


def _matomo_fault(status: int, message: str) -> Answer:
    return Answer(status, f"{message}\n".encode(), (TEXT,))


_GET_OR_POST = (b"GET", b"POST")
UMAMI = Manner((b"POST",), umami.parse, _umami, _umami_fault, b"content-type, x-umami-cache")
UMAMI_BATCH = Manner((b"POST",), umami.parse_batch, _umami_batch, _umami_fault, b"content-type, x-umami-cache")
GOATCOUNTER = Manner(_GET_OR_POST, goatcounter.parse, _goatcounter, _goatcounter_fault, open_to=b"*")
PICTURE = Manner((b"GET",), picture.parse, _picture, _picture_fault)
# Its tracker posts with credentials, and where the answer cannot be read it sends the same again as a picture.
MATOMO = Manner(_GET_OR_POST, matomo.parse, _matomo, _matomo_fault, with_credentials=True)
