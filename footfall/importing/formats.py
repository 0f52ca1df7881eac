"""Formats: how web servers write an access log. One line of it becomes an `Entry`, or nothing.

In: a line as bytes. Out: what it says, or None where it says no request: a line of another kind, half a line, junk.
`common` and `combined` are those of Apache and nginx (more fields at the end do not matter), `caddy` is Caddy's JSON,
`nginx-json` any `log_format` of JSON whose keys are nginx's variables, or what people call them. `auto` looks at a
line. No line, however long or strange, costs more than its length, and none is quoted anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from collector.address import canonical
from collector.sender import first_language, host_of
from footfall.importing.entry import Entry
from footfall.importing.moments import clock_of, moment_of

Format = Literal["auto", "combined", "common", "caddy", "nginx-json"]
FORMATS: tuple[Format, ...] = ("auto", "combined", "common", "caddy", "nginx-json")
Read = Callable[[bytes], Entry | None]

_QUOTED = r'"((?:[^"\\]++|\\.)*+)"'
_COMMON = re.compile(
    r"(?P<address>\S{1,100}) \S{1,300} .{1,300}?(?<=[ ])\[(?P<time>[^\]]{26})\] "
    rf"{_QUOTED} (?P<status>\d{{3}}) (?P<size>\d{{1,18}}|-)(?: {_QUOTED} {_QUOTED})?"
)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))")
_REQUEST = re.compile(r"([A-Z]{3,20}) (\S+)(?: HTTP/\d(?:\.\d)?)?")
_OBJECT = msgspec.json.Decoder(dict[str, Any])


def reader_of(name: Format) -> Read:
    """Return what reads a line of this format."""
    return _READERS[name]


def read_any(line: bytes) -> Entry | None:
    """Read a line of whichever format it has."""
    if line.lstrip()[:1] != b"{":
        return read_text(line)
    told = _decoded(line)
    return _caddy(told) if isinstance(told.get("request"), dict) else _nginx(told)


def read_text(line: bytes) -> Entry | None:
    """Read a line of the combined or the common format, whichever it is."""
    found = _COMMON.match(line.decode("utf-8", "replace"))
    at_ms = clock_of(found["time"]) if found else None
    if not found or at_ms is None:
        return None
    request, _, _, referrer, agent = found[3], found[4], found[5], found[6], found[7]
    method, target = _request_of(_plain(request))
    return Entry(
        at_ms=at_ms,
        method=method,
        target=target,
        status=int(found["status"]),
        size=_count(found["size"]),
        address=canonical(found["address"]),
        agent=None if agent is None else _said(_plain(agent)),
        referrer=_said(_plain(referrer or "")),
    )


def read_combined(line: bytes) -> Entry | None:
    """Read a line that has a referrer and an agent."""
    entry = read_text(line)
    return entry if entry is not None and entry.agent is not None else None


def read_common(line: bytes) -> Entry | None:
    """Read a line's common fields; a referrer and an agent that follow are not looked at."""
    entry = read_text(line)
    return entry and msgspec.structs.replace(entry, agent=None, referrer="")


def read_caddy(line: bytes) -> Entry | None:
    return _caddy(_decoded(line))


def read_nginx(line: bytes) -> Entry | None:
    return _nginx(_decoded(line))


def _caddy(told: Mapping[str, Any]) -> Entry | None:
    request = told.get("request")
    at_ms = moment_of(told.get("ts"))
    if not isinstance(request, dict) or at_ms is None:
        return None
    sent, answered = _headers(request.get("headers")), _headers(told.get("resp_headers"))
    return Entry(
        at_ms=at_ms,
        method=_text(request.get("method")),
        target=_text(request.get("uri")),
        status=_count(told.get("status")),
        size=_count(told.get("size")),
        address=canonical(_text(_first(request, "client_ip", "remote_ip", "remote_addr"))),
        agent=sent.get("user-agent", ""),
        referrer=sent.get("referer", ""),
        host=host_of(_text(request.get("host"))),
        content_type=answered.get("content-type", ""),
        **_signs(sent),
    )


def _nginx(told: Mapping[str, Any]) -> Entry | None:
    told = {key.lower().removeprefix("$"): value for key, value in told.items()}
    at_ms = moment_of(_first(told, "time_iso8601", "time_local", "msec", "time", "timestamp", "@timestamp", "ts"))
    if at_ms is None or "status" not in told:
        return None
    method, target = _request_of(_text(told.get("request")))
    agent = _first(told, "http_user_agent", "user_agent", "agent")
    names = ("sec_gpc", "dnt", "sec_purpose", "x_requested_with", "sec_fetch_dest", "accept_language")
    sent = {name.replace("_", "-"): _said(_text(told.get(f"http_{name}"))) for name in names}
    return Entry(
        at_ms=at_ms,
        method=_text(_first(told, "request_method", "method")) or method,
        target=_text(_first(told, "request_uri", "uri", "path")) or target,
        status=_count(told.get("status")),
        size=_count(_first(told, "body_bytes_sent", "bytes_sent", "size")),
        address=canonical(_text(_first(told, "remote_addr", "client_ip", "remote_ip", "ip"))),
        agent=None if agent is None else _said(_text(agent)),
        referrer=_said(_text(_first(told, "http_referer", "http_referrer", "referer", "referrer"))),
        host=host_of(_said(_text(_first(told, "host", "http_host", "server_name")))),
        content_type=_said(_text(_first(told, "sent_http_content_type", "content_type"))),
        **_signs(sent),
    )


def _signs(sent: Mapping[str, str]) -> dict[str, Any]:
    """Read what the visitor's browser said beside the request, where a log tells it."""
    purpose = sent.get("sec-purpose") or sent.get("purpose", "")
    return {
        "gpc": sent.get("sec-gpc") == "1",
        "dnt": sent.get("dnt") == "1",
        "is_prefetch": "prefetch" in purpose or "prerender" in purpose,
        "is_fragment": bool(sent.get("x-requested-with")) or sent.get("sec-fetch-dest", "") not in ("", "document"),
        "language": first_language(sent.get("accept-language", "")[:64].encode("latin-1", "replace")),
    }


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        return _OBJECT.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _headers(value: object) -> dict[str, str]:
    """Read Caddy's headers: name -> list of values; names in lower case, the first value."""
    if not isinstance(value, dict):
        return {}
    return {
        str(name).lower(): given[0]
        for name, given in value.items()
        if isinstance(given, list) and given and isinstance(given[0], str)
    }


def _first(told: Mapping[str, Any], *names: str) -> Any:
    """Return the value of the first of these names that is there."""
    return next((told[name] for name in names if told.get(name) is not None), None)


def _request_of(text: str) -> tuple[str, str]:
    """Read `GET /path HTTP/1.1`; nothing where a scanner sent something else."""
    found = _REQUEST.fullmatch(text)
    return (found[1], found[2]) if found else ("", "")


def _plain(text: str) -> str:
    r"""Undo what servers escape: `\"`, `\\` and `\x22`; the bytes are UTF-8."""
    if "\\" not in text:
        return text
    raw = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)
    try:
        return raw.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return raw


def _said(text: str) -> str:
    """Return what was said; a lone dash is how a log writes nothing."""
    return "" if text == "-" else text


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int:
    if isinstance(value, str):
        return int(value) if value.isdecimal() and len(value) <= 18 else 0
    return value if isinstance(value, int) and 0 <= value < 10**18 else 0


_READERS: Mapping[Format, Read] = {
    "auto": read_any,
    "combined": read_combined,
    "common": read_common,
    "caddy": read_caddy,
    "nginx-json": read_nginx,
}
