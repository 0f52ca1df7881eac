"""Arrival: one request as it reached us, whatever dialect it spoke. Memory only: never stored, never logged.

A dialect fills it; `distill` is the only reader. What a client says of its own address, agent or time is not in here
(the server-side endpoint, which holds a key, sets `address`, `agent` and `happened_ms` itself).
"""

from __future__ import annotations

from typing import Literal

import msgspec

Consent = Literal["unset", "granted", "granted_gpc", "denied"]
Transport = Literal["js", "pixel", "server"]


class Signals(msgspec.Struct, frozen=True):
    """The visitor's say, as far as this side can see it."""

    optout_cookie: bool = False
    gpc: bool = False
    """`Sec-GPC` has at least one value that is exactly `1`."""
    dnt: bool = False
    cookies_off: bool = False
    """The snippet said `ck: 0`; a missing cookie says nothing."""
    consent: Consent = "unset"
    """`granted_gpc`: granted while a GPC or DNT signal was on."""
    vid_cookie: str = ""
    """Value of the consented visitor cookie, or empty."""
    showing: str = ""
    """Value of the cookie of a visitor who asked to be shown what is recorded from then on, or empty."""
    prefetch: bool = False
    """`Sec-Purpose` or `Purpose` says prefetch or prerender."""
    webdriver: bool = False
    """The page said it is driven by automation."""


SILENT = Signals()
"""Nothing said: most visitors."""


class Arrival(msgspec.Struct, frozen=True):
    """What one request said about one event."""

    name: str
    url: str
    """As sent, at most 2,000 bytes; any scheme."""
    site: str = ""
    """The site the tag names (`d`); empty: the host of `url` decides."""
    alias: str = ""
    """A foreign tracker's id of the site: followed where a site has it as an alias, else the host of `url` decides."""
    referrer: str = ""
    address: str = ""
    """The client's address by our own rule (address.py), or empty."""
    agent: str = ""
    origin: str | None = None
    """Host of the `Origin` header, or of `Referer` where there is none; None: neither was sent; `null` stays `null`."""
    fetch_site: str = ""
    """`Sec-Fetch-Site`, or empty."""
    transport: Transport = "js"
    signals: Signals = SILENT
    event_id: str = ""
    """32 hex characters, random per event, or empty."""
    title: str = ""
    language: str = ""
    """First tag of `Accept-Language`, or empty."""
    timezone: str = ""
    """IANA zone said by the page, used for the country and forgotten."""
    props: dict[str, str | int | float | bool] = {}
    revenue: float | None = None
    currency: str = ""
    interactive: bool = True
    engaged_ms: int = 0
    scroll: int | None = None
    happened_ms: int | None = None
    """Milliseconds since 1970 UTC; only the keyed server-side endpoint sets it. None: now."""
