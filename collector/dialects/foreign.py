"""Foreign: what the dialects of Umami, GoatCounter and Matomo have in common.

In: `Asked`, one request as they all may need it, and from each dialect what it read, still as it was sent. Out: an
`Arrival`, within our limits and free of control characters: `arrive` is the only place where these dialects make one.
Nothing a client says of its own address, agent, id or time has a way through here. A foreign site id goes along as
`alias`; whether it means a site of ours is the intake's to find out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from collector.arrival import Arrival, Transport
from collector.dialects.hygiene import bytes_over, clean, cut, scalar
from collector.sender import Sender, host_of

MAX_EVENTS = 50
MAX_FIELDS = 200
MAX_NAME = 120
MAX_URL = 2000
MAX_TITLE = 500
MAX_ALIAS = 253
MAX_PROPS, MAX_KEY_BYTES, MAX_VALUE_BYTES = 30, 300, 2000
MAX_AMOUNT = 1e12
NO_CURRENCY = "XXX"
"""ISO 4217: "no currency is involved". Matomo sends amounts and keeps their currency to itself."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CURRENCY = re.compile("[A-Za-z]{3}")


class Asked(msgspec.Struct, frozen=True):
    """One request to a peer's route."""

    sender: Sender = Sender()
    query: bytes = b""
    body: bytes = b""
    page: str = ""
    """The page that asked, by the `Referer` header; often no more than its origin. Empty: not told."""
    referer: str = ""
    """The `Referer` header alone; `page` makes do with the `Origin` where there is none."""
    host: str = ""
    """The host that was asked."""
    is_picture: bool = False
    """A GET that wants a picture: an `<img>`, which need not have been written by a script."""


class Malformed(msgspec.Struct, frozen=True):
    """Why a request, or one event of it, cannot be read. The message is ours and quotes nothing."""

    message: str


Part = Arrival | Malformed | None
"""What one event of a request came to; None: understood, and there is nothing to count."""


def pairs(raw: bytes | str) -> dict[str, str]:
    """Read a query string; the first of a repeated name counts, and of very many only so many are read."""
    text = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
    found: dict[str, str] = {}
    for part in text.lstrip("?").split("&", MAX_FIELDS)[:MAX_FIELDS]:
        name, _, value = part.partition("=")
        if name:
            found.setdefault(unquote_plus(name), unquote_plus(value))
    return found


def located(address: str, host: str) -> str:
    """Return a page's URL: as it is when it says its scheme, else as a path of the host."""
    text = clean(address).strip()
    if _SCHEME.match(text):
        return text
    path = text if text.startswith("/") else f"/{text}"
    return f"https://{host}{path}" if host else path


def origin_of(page: str) -> str:
    """Return the host of a page, or nothing where none was told or it is opaque."""
    host = host_of(page) if "://" in page else ""
    return "" if host == "null" else host


def arrive(
    asked: Asked,
    *,
    name: str,
    url: str,
    alias: str = "",
    referrer: str = "",
    title: str = "",
    props: Mapping[str, Any] | None = None,
    amount: float | None = None,
    currency: str = "",
    transport: Transport = "js",
    interactive: bool = True,
    engaged_ms: int = 0,
    webdriver: bool = False,
) -> Arrival:
    """Make an Arrival of what one event said. What is too long is cut: these trackers would not try again."""
    sender = asked.sender
    has_revenue = amount is not None and _CURRENCY.fullmatch(currency) is not None
    return Arrival(
        name=clean(name).strip()[:MAX_NAME],
        url=cut(clean(url).strip(), MAX_URL),
        alias=clean(alias).strip()[:MAX_ALIAS],
        referrer=cut(clean(referrer).strip(), MAX_URL),
        address=sender.address,
        agent=sender.agent,
        origin=sender.origin,
        fetch_site=sender.fetch_site,
        transport=transport,
        signals=msgspec.structs.replace(sender.signals, webdriver=True) if webdriver else sender.signals,
        title=clean(title).strip()[:MAX_TITLE],
        language=sender.language,
        props=_props(props or {}),
        revenue=max(-MAX_AMOUNT, min(MAX_AMOUNT, amount)) if has_revenue and amount is not None else None,
        currency=currency.upper() if has_revenue else "",
        interactive=interactive,
        engaged_ms=engaged_ms,
    )


def _props(said: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Keep scalars that say something, at most 30."""
    props: dict[str, str | int | float | bool] = {}
    for key, entry in said.items():
        value, name = scalar(entry), clean(key).strip()
        if name and value is not None and not bytes_over(name, MAX_KEY_BYTES):
            props[name] = cut(value, MAX_VALUE_BYTES) if isinstance(value, str) else value
        if len(props) == MAX_PROPS:
            break
    return props
