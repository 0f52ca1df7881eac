"""Bearing: what is the same for everybody who comes to a page the same way: may it count here, which page, where from.

In: an arrival's URL, referrer, origin and title, its site, the tools. Out: `Bearing`, with the refusals that have
nothing to do with the visitor. It is remembered by edition of the site (its settings and the lists of names as they
are now):
most arrivals are on pages that others have just been on, and it costs half of the whole walk to find.
Invariants: remembered in memory only, in a table that is bounded; what is long is not remembered, nor a query of a
length that ids have, nor a title. No address, agent or signal of a visitor is part of it.
"""

from __future__ import annotations

from typing import NamedTuple

from clickhouse.rows import Reason, Refusal
from collector.arrival import Arrival
from collector.distill.host import told_foreigner, why_not_here
from collector.distill.page import Page, is_web, read_page
from collector.distill.source import Source, read_source
from collector.distill.tools import LONGEST_KEY, LONGEST_QUERY, Tools
from registry.site import Site

Told = tuple[str, str, str, str, str, str, str, str, str, str, str, str, str]
"""The event's fields from `hostname` to `click`, in their order."""
NOTHING: Told = ("",) * 13


class Bearing(NamedTuple):
    """Either refused, or where on the site this was and what led there."""

    misplaced: Refusal | None = None
    """Why it may not count here, whoever came; asked before anything of the visitor."""
    unwanted: Refusal | None = None
    """An excluded page or a forged referrer: asked after the visitor's own say."""
    told: Told = NOTHING
    continued: bool = False


def bearing_of(arrival: Arrival, site: Site, tools: Tools) -> Bearing:
    """Return the bearing, from memory if it is there."""
    url, referrer = arrival.url, arrival.referrer
    if len(url) + len(referrer) > LONGEST_KEY or arrival.title or has_long_query(url) or has_long_query(referrer):
        return find_bearing(arrival, site, tools)
    key = (tools.edition(site).number, url, referrer, arrival.origin, arrival.fetch_site, arrival.transport)
    known = tools.bearings.get(key)
    if known is None:
        known = find_bearing(arrival, site, tools)
        tools.bearings.put(key, known)
    return known


def has_long_query(url: str) -> bool:
    """Tell whether so much stands behind the path that it may be somebody's: a fragment always may."""
    return "#" in url or ("?" in url and len(url) - url.index("?") > LONGEST_QUERY)


def find_bearing(arrival: Arrival, site: Site, tools: Tools) -> Bearing:
    """Work it out."""
    parts = tools.look_up.split(arrival.url)
    if not is_web(parts):
        return Bearing(Refusal(Reason.SCHEME, site.id))
    host = parts.host if parts.scheme else parts.host or site.host
    misplaced = why_not_here(arrival, site, host)
    if misplaced:
        rule = told_foreigner(arrival, site, host) if misplaced is Reason.WRONG_HOST else ""
        return Bearing(Refusal(misplaced, site.id, rule))
    page = read_page(parts, arrival.title, site, tools)
    if isinstance(page, Reason):
        return Bearing(unwanted=Refusal(page, site.id))
    source = read_source(arrival.referrer, page.tags, site, tools.look_up)
    if isinstance(source, Refusal):
        return Bearing(unwanted=source)
    return found_at(page, source)


def found_at(page: Page, source: Source) -> Bearing:
    """Put a page and a source into the order of the event's fields."""
    tags = page.tags
    told = (
        page.hostname,
        page.path,
        tags.kept,
        page.title,
        source.referrer,
        source.name,
        source.channel,
        tags.utm_source,
        source.medium,
        tags.utm_campaign,
        tags.utm_content,
        tags.utm_term,
        tags.click,
    )
    return Bearing(told=told, continued=source.continued)
