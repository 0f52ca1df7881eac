"""Umami's dialect: `POST /api/send`, a JSON object `{type, payload}`, and `POST /api/batch`, an array of them.

In: the body. Out: for each object an Arrival, nothing (what it tells is not ours to keep: who somebody is, what broke),
or why it cannot be read. A page's URL comes whole or as a path beside `hostname`; a bare custom payload leaves both
out, and then the page that asked counts.
`ip`, `userAgent`, `timestamp`, `id`, `vid`, `browser`, `os`, `device`, `screen` and `language` are not even decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from clickhouse.rows import ENGAGEMENT, PAGEVIEW
from collector.arrival import Arrival
from collector.dialects.foreign import MAX_EVENTS, Asked, Malformed, Part, arrive, located, origin_of
from collector.dialects.hygiene import decimal, whole
from collector.sender import host_of

MAX_HOSTNAME = 100
MAX_DEPTH = 3
MAX_ENGAGED_MS = 86_400_000
VITALS = ("lcp", "inp", "cls", "fcp", "ttfb")
WEB_VITALS = "Web Vitals"
IGNORED_TYPES = ("identify", "error")


class Payload(msgspec.Struct):
    """What is read of a payload. Any value may be of any type."""

    website: Any = None
    hostname: Any = None
    url: Any = None
    referrer: Any = None
    title: Any = None
    name: Any = None
    data: Any = None
    tag: Any = None
    engagement: Any = None
    lcp: Any = None
    inp: Any = None
    cls: Any = None
    fcp: Any = None
    ttfb: Any = None


class Message(msgspec.Struct):
    """One object as sent."""

    type: Any = None
    payload: Payload | None = None


_MESSAGE = msgspec.json.Decoder(Message)
_BATCH = msgspec.json.Decoder(list[msgspec.Raw])
_UNREADABLE = Malformed("Unable to parse the request's body as JSON of the expected form.")


def parse(asked: Asked) -> list[Part] | Malformed:
    """Read the body of `/api/send`. Never raises, whatever the bytes."""
    return [_read(asked.body, asked)]


def parse_batch(asked: Asked) -> list[Part] | Malformed:
    """Read the body of `/api/batch`; one object that cannot be read does not spoil the others."""
    try:
        raw = _BATCH.decode(asked.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _UNREADABLE
    if len(raw) > MAX_EVENTS:
        return Malformed(f"A batch holds at most {MAX_EVENTS} objects.")
    return [_read(one, asked) for one in raw]


def _read(body: bytes | msgspec.Raw, asked: Asked) -> Part:
    try:
        said = _MESSAGE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _UNREADABLE
    if said.payload is None:
        return Malformed("payload is required.")
    wrong = _why_invalid(said.payload)
    if wrong:
        return Malformed(wrong)
    if said.type in IGNORED_TYPES:
        return None
    if said.type == "event":
        return _event(said.payload, asked)
    if said.type == "performance":
        return _arrival(WEB_VITALS, said.payload, asked, props=_vitals(said.payload), interactive=False)
    if said.type == ENGAGEMENT:
        return _engagement(said.payload, asked)
    return Malformed("type has to be event, identify, performance or engagement.")


def _why_invalid(said: Payload) -> str:
    if not _text(said.website).strip():
        return "website is required."
    for name in ("hostname", "url", "referrer", "name"):
        if not isinstance(getattr(said, name), str | None):
            return f"{name} has to be a string."
    return f"hostname has at most {MAX_HOSTNAME} characters." if len(_text(said.hostname)) > MAX_HOSTNAME else ""


def _event(said: Payload, asked: Asked) -> Arrival:
    """A name makes it the use of a feature; without one it is a page view."""
    props = dict(_leaves(said.data if isinstance(said.data, dict) else {}))
    amount, currency = decimal(props.get("revenue")), props.get("currency")
    if amount is not None and isinstance(currency, str):
        del props["revenue"], props["currency"]
    else:
        amount, currency = None, ""
    if _text(said.tag):
        props.setdefault("tag", said.tag)
    return _arrival(_text(said.name).strip() or PAGEVIEW, said, asked, props=props, amount=amount, currency=currency)


def _vitals(said: Payload) -> dict[str, int | None]:
    """Whole numbers in our own snippet's units: milliseconds, and thousandths of layout shift."""
    units = {name: 1000 if name == "cls" else 1 for name in VITALS}
    said_numbers = {name: decimal(getattr(said, name)) for name in VITALS}
    return {name: None if value is None else round(value * units[name]) for name, value in said_numbers.items()}


def _engagement(said: Payload, asked: Asked) -> Arrival | Malformed:
    engaged_ms = whole(said.engagement)
    if engaged_ms is None or not 0 < engaged_ms <= MAX_ENGAGED_MS:
        return Malformed("engagement has to be a positive number of milliseconds.")
    return _arrival(ENGAGEMENT, said, asked, engaged_ms=engaged_ms)


def _arrival(name: str, said: Payload, asked: Asked, **more: Any) -> Arrival:
    return arrive(
        asked,
        name=name,
        url=_page(said, asked),
        alias=_text(said.website),
        referrer=_text(said.referrer),
        title=_text(said.title),
        **more,
    )


def _page(said: Payload, asked: Asked) -> str:
    """Return the page's URL. `umami.track({website, name})` sends none: then the page that asked."""
    if not said.url and not said.hostname:
        return asked.page or "/"
    return located(_text(said.url), host_of(_text(said.hostname)) or origin_of(asked.page))


def _leaves(data: Mapping[str, Any], before: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """Walk nested data as `outer.inner`, the way Umami names it."""
    for key, value in data.items():
        if not isinstance(value, dict):
            yield before + key, value
        elif depth < MAX_DEPTH:
            yield from _leaves(value, f"{before}{key}.", depth + 1)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
