"""The mirror: what would be kept of this very request, and what would be forgotten.

In: the sender of a request for the privacy page, and the bridge every event crosses. Out: rows for the page to show.
It is computed by the pipeline itself, so it cannot promise what the pipeline does not do; the visitor's number is made
with a throw-away key and not shown. Nothing is stored, and nothing about earlier requests is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from clickhouse.rows import PAGEVIEW, Event, Refusal
from collector.arrival import Arrival, Signals
from collector.sender import Sender
from collector.vid import new_vid
from registry.site import Site

Row = tuple[str, str]
MAX_SHOWN = 300


class Mirror(msgspec.Struct, frozen=True):
    """Rows are (label, value), already in words."""

    kept: tuple[Row, ...] = ()
    forgotten: tuple[Row, ...] = ()
    refused: str = ""
    """Why even a visitor who declines nothing would not be counted; empty: would be."""


def mirror_of(
    site: Site,
    sender: Sender,
    referrer: str,
    page: str,
    distill: Callable[[Arrival, Site, int], Event | Refusal],
    now_ms: int,
    texts: Mapping[str, str],
) -> Mirror:
    """Send a made-up page view of this visitor through the pipeline; `page` is the address it is about."""
    own = urlsplit(referrer).hostname == urlsplit(page).hostname
    arrival = Arrival(
        name=PAGEVIEW,
        url=referrer if own else page,
        referrer="" if own else referrer,
        address=sender.address,
        agent=sender.agent,
        language=sender.language,
        signals=_as_if_nothing_were_declined(site, sender.signals, now_ms / 1000),
    )
    forgotten = (
        (texts["forgotten_address"], sender.address or texts["absent"]),
        (texts["forgotten_agent"], sender.agent[:MAX_SHOWN] or texts["absent"]),
        (texts["forgotten_referrer"], referrer[:MAX_SHOWN] or texts["absent"]),
    )
    outcome = distill(arrival, site, now_ms)
    if isinstance(outcome, Refusal):
        return Mirror(forgotten=forgotten, refused=outcome.reason)
    return Mirror(kept=_kept(outcome, site, texts), forgotten=forgotten)


def _as_if_nothing_were_declined(site: Site, signals: Signals, now: float) -> Signals:
    """Leave out every no: the page tells it beside the mirror. Where nothing is kept without consent, suppose one."""
    if site.mode == "consent_only" or signals.consent.startswith("granted"):
        return Signals(consent="granted_gpc", vid_cookie=signals.vid_cookie or new_vid(now))
    return Signals()


def _kept(event: Event, site: Site, texts: Mapping[str, str]) -> tuple[Row, ...]:
    # The tag may tell the browser's zone, which this request does not: so "not known" would be too little.
    by_zone = texts["country_zone"] if site.place != "none" and site.mode != "none" else ""
    source = texts["continued"] if event.continued else event.source or texts["direct"]
    number = "number_value" if event.visitor_id else "number_none"
    values = {
        "kept_page": event.hostname + event.path,
        "kept_source": source,
        "kept_country": "-".join(filter(None, (event.country, event.region, event.city))) or by_zone,
        "kept_browser": f"{event.browser} {event.browser_version}".strip(),
        "kept_system": f"{event.os} {event.os_version}".strip(),
        "kept_device": texts.get(f"device_{event.device}", event.device),
        "kept_language": event.language,
        "kept_time": texts["time_value"],
        "kept_number": texts["number_consented" if event.consented else number],
    }
    return tuple((texts[key], value or texts["unknown"]) for key, value in values.items())
