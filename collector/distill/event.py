"""Event: the last step, which writes down what was found and nothing else.

In: what the other steps found, and the plain figures of the arrival. Out: an `Event` that every column can hold.
Invariants: figures are clamped to their columns, times to our clock; text is scrubbed; what is no figure (an endless
amount, a currency that is none) is left out rather than guessed.
"""

from __future__ import annotations

import math
import re

import msgspec

from clickhouse.rows import ENGAGEMENT, MISSING_SCROLL, PAGEVIEW, Event
from collector.arrival import Arrival
from collector.distill.device import Agent
from collector.distill.page import Page
from collector.distill.place import Place
from collector.distill.scrub.props import scrub_props
from collector.distill.scrub.text import scrub
from collector.distill.source import Source
from collector.distill.tools import Tools
from registry.site import Site

MAX_NAME = 120
UNNAMED = "(unnamed)"
LONGEST_ENGAGEMENT_MS = 30 * 24 * 60 * 60 * 1000
"""Thirty days: no page is read longer, so more is a broken clock and counts as none (Plausible's limit too)."""
LONGEST_DELAY_MS = 2**32 - 1
BIGGEST_REVENUE = 10**15

_CURRENCY = re.compile(r"[A-Z]{3}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?![A-Za-z0-9])")


class Findings(msgspec.Struct, frozen=True):
    """What the steps before found."""

    page: Page
    source: Source
    place: Place
    agent: Agent
    visitor: int
    moment_ms: int


def happened(arrival: Arrival, now_ms: int) -> int:
    """Tell when it happened, by our clock; only a server with a key may say otherwise, and never the future."""
    if arrival.happened_ms is None:
        return now_ms
    return min(max(arrival.happened_ms, 0), now_ms)


def event_of(arrival: Arrival, site: Site, found: Findings, tools: Tools, now_ms: int) -> Event:
    """Write the event."""
    page, source, place, agent = found.page, found.source, found.place, found.agent
    revenue, currency = revenue_of(arrival)
    return Event(
        site_id=site.id,
        ts=found.moment_ms,
        visitor_id=found.visitor,
        name=name_of(arrival.name),
        hostname=page.hostname,
        path=page.path,
        query=page.tags.kept,
        title=page.title,
        referrer=source.referrer,
        source=source.name,
        channel=source.channel,
        utm_source=page.tags.utm_source,
        utm_medium=source.medium,
        utm_campaign=page.tags.utm_campaign,
        utm_content=page.tags.utm_content,
        utm_term=page.tags.utm_term,
        click=page.tags.click,
        country=place.country,
        region=place.region,
        city=place.city,
        browser=agent.browser,
        browser_version=agent.browser_version,
        os=agent.os,
        os_version=agent.os_version,
        device=agent.device,
        language=language_of(arrival.language),
        engaged_ms=arrival.engaged_ms if 0 < arrival.engaged_ms < LONGEST_ENGAGEMENT_MS else 0,
        scroll=MISSING_SCROLL if arrival.scroll is None else min(max(arrival.scroll, 0), 100),
        revenue=revenue,
        currency=currency,
        interactive=arrival.interactive,
        continued=source.continued,
        delay_ms=min(max(now_ms - found.moment_ms, 0), LONGEST_DELAY_MS),
        props=props_of(arrival, site, tools),
    )


def name_of(name: str) -> str:
    return name if name in (PAGEVIEW, ENGAGEMENT) else scrub(name, MAX_NAME) or UNNAMED


def language_of(tag: str) -> str:
    """Keep the primary subtag: `de` of `de-AT`."""
    found = _LANGUAGE.match(tag)
    return found[0].lower() if found else ""


def revenue_of(arrival: Arrival) -> tuple[int, str]:
    """Return thousandths of the currency's unit and the currency (ISO 4217), or nothing of both."""
    amount = arrival.revenue
    currency = arrival.currency.upper()
    if amount is None or not math.isfinite(amount) or not _CURRENCY.fullmatch(currency):
        return 0, ""
    return round(min(max(amount * 1000, -BIGGEST_REVENUE), BIGGEST_REVENUE)), currency


def props_of(arrival: Arrival, site: Site, tools: Tools) -> dict[str, str]:
    """Scrub the properties. Where only registered ones may be kept, none is until one can be registered."""
    return {} if site.props == "registered" or not arrival.props else scrub_props(arrival.props, tools.key)
