"""The words of the store: Event, Visit, the counts of what was refused and redacted, and Reason.

A leaf: it imports nothing of ours, so every room may speak of these.
A field is a column of the table of the same name (schema/), in the same unit. `Event` has no field
that could hold an address or a User-Agent string: that promise is this type.
New fields are appended with a default, so a spool written by the previous release can still be read.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

MISSING_SCROLL = 255
"""`scroll` of an event that reported none (Plausible's convention for a UInt8)."""

PAGEVIEW = "pageview"
ENGAGEMENT = "engagement"


class Reason(StrEnum):
    """Why an arrival was not kept: a closed set, told in `X-Refused` and counted by site and day."""

    UNKNOWN_SITE = "unknown_site"
    WRONG_HOST = "wrong_host"
    FROZEN = "frozen"
    NO_BASIS = "no_basis"
    THIRD_PARTY = "third_party"
    OPTOUT = "optout"
    DENIED = "denied"
    GPC = "gpc"
    DNT = "dnt"
    COOKIES_OFF = "cookies_off"
    NO_CONSENT = "no_consent"
    PIXEL_OFF = "pixel_off"
    BOT = "bot"
    SPAM = "spam"
    SCHEME = "scheme"
    EXCLUDED = "excluded"
    NO_VISIT = "no_visit"
    DUPLICATE = "duplicate"
    UNSTORABLE = "unstorable"


class Refusal(msgspec.Struct, frozen=True):
    """An arrival that is not kept, and why. `site_id` is 0 when the site is unknown."""

    reason: Reason
    site_id: int = 0
    rule: str = ""
    """Which rule spoke, in our words, never the visitor's: a bot pattern's name, or a foreign host's plain name."""


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One kept thing: a page view, a feature use, or the engagement of a page view."""

    site_id: int
    ts: int
    """Milliseconds since 1970 UTC: when it happened, by our clock."""
    visitor_id: int
    """64-bit number good for one site and one local day; 0 = counted without any identity."""
    name: str
    """`pageview`, `engagement`, or the feature's name."""
    hostname: str
    path: str
    query: str = ""
    """Only what the site's `keep_query` allows, scrubbed, `a=1&b=2` in the site's order."""
    title: str = ""
    referrer: str = ""
    """External host without `www.` (with a path only where the site allows it)."""
    source: str = ""
    channel: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_content: str = ""
    utm_term: str = ""
    click: str = ""
    """Advertising network named by a click id; the id itself is gone."""
    country: str = ""
    """ISO 3166-1 alpha-2, or empty."""
    region: str = ""
    """ISO 3166-2, as `DE-BE`, or empty."""
    city: str = ""
    browser: str = ""
    browser_version: str = ""
    os: str = ""
    os_version: str = ""
    device: str = ""
    """`desktop`, `mobile`, `tablet`, `tv`, `console`, `wearable`, or empty."""
    language: str = ""
    """Primary subtag only, as `de`."""
    engaged_ms: int = 0
    scroll: int = MISSING_SCROLL
    """Deepest point seen, per cent of the page (0-100)."""
    revenue: int = 0
    """Thousandths of the currency's unit."""
    currency: str = ""
    interactive: bool = True
    """False: a feature event that does not end a bounce."""
    continued: bool = False
    """The referrer was one of the site's own hosts: a first event so marked is `(continued)`, not Direct."""
    delay_ms: int = 0
    """Received minus happened; 0 for everything a browser sends."""
    props: dict[str, str] = {}
    consented: bool = False
    """The visitor agreed to be known again: `visitor_id` is made from the consented cookie and outlives the day."""
    dsr_id: int = 0
    """Made from the cookie of a visitor who asked to be shown what is recorded from then on; 0: nobody asked."""


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where a row came from: its identity for exactly-once (segment id, number within the segment)."""

    segment: int
    seq: int


class PlacedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event on its way into the store: with its visit and its position in the spool."""

    event: Event
    visit_id: int
    """`(start_unix_seconds << 32) | hash32(site_id, visitor_id)`; 0 when there is no visitor number."""
    position: Position


class RefusalCount(msgspec.Struct, frozen=True, array_like=True):
    """So many arrivals of a site were refused for a reason on a UTC day, since the last count."""

    site_id: int
    day: int
    """Days since 1970-01-01 in the site's own time zone."""
    reason: str
    count: int
    rule: str = ""


class RedactionCount(msgspec.Struct, frozen=True, array_like=True):
    """So often something personal was taken out of events of a site in one place, on a day, since the last count."""

    site_id: int
    day: int
    """Days since 1970-01-01 in the site's own time zone."""
    kind: str
    """What it was: `email`, `phone`… the word that stands in its place."""
    place: str
    """The scrubbed path, or the field that it stood in."""
    count: int
