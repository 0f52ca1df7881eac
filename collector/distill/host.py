"""Host: is this one of the site's own hosts, and may its events be counted at all?

In: the host of the page's URL, the host of `Origin`, and the site. Out: nothing, or the reason to refuse.
Invariant: a page of somebody else never shows in a site's report, whatever site its tag names.
An absent `Origin` is no proof of anything (old browsers, servers, monitoring) and is let through; a foreign or opaque
one is. Whoever can send any header he likes is not stopped here: rate limits are (guard.py).
"""

from __future__ import annotations

import re

from clickhouse.rows import Reason
from collector.arrival import Arrival
from collector.distill.scrub.text import scrub
from registry.hosts import without_www
from registry.site import Site

UNTOLD = "(other)"
"""Stands for a host that is not named in a count."""
MOST_TOLD = 80
_PLAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,5}[a-z]{2,24}")
_MANY_DIGITS = re.compile(r"(?:\d[a-z-]*){6}")
_PRIVATE = (".local", ".lan", ".home", ".internal", ".intranet", ".localdomain", ".private", ".corp", ".arpa", ".onion")
"""Names that end so are given at home or in an office, often after a person: `annas-laptop.local`."""


def owns(site: Site, host: str) -> bool:
    """Tell whether a host is the site's own: its name, its aliases, what `hosts` adds, each with or without `www.`."""
    if host == site.host:
        return True
    name = without_www(host)
    if name == site.host:
        return True
    if not site.hosts and not site.alias:
        return False
    return any(_fits(pattern.lower(), host, name) for pattern in (*site.hosts, *site.alias))


def _fits(pattern: str, host: str, name: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return pattern in (host, name) or without_www(pattern) == name


def why_not_here(arrival: Arrival, site: Site, host: str) -> Reason | None:
    """Name what forbids counting for this site, before anything of the visitor is looked at."""
    foreign = arrival.transport != "server" and arrival.origin is not None and not owns(site, arrival.origin.lower())
    if foreign or not owns(site, host):
        return Reason.WRONG_HOST
    if site.state != "active":
        return Reason.FROZEN
    if site.mode in ("hybrid", "consent_only") and not site.legal_basis:
        return Reason.NO_BASIS
    if site.first_party_only and arrival.fetch_site == "cross-site":
        return Reason.THIRD_PARTY
    return None


def told_host(host: str) -> str:
    """Name a foreign host for a count, if it is the plain public name of a machine; else UNTOLD.

    Whoever sends an event writes what stands here, so nothing passes that could name a person: no address, no name of
    a home or an office network, nothing with many digits, nothing that the scrubber would change.
    """
    if host == "localhost":
        return host
    is_plain = len(host) <= MOST_TOLD and _PLAIN.fullmatch(host) is not None and not host.endswith(_PRIVATE)
    if not is_plain or _MANY_DIGITS.search(host):
        return UNTOLD
    return host if all(scrub(part) == part for part in (host, *host.split("."))) else UNTOLD


def told_foreigner(arrival: Arrival, site: Site, host: str) -> str:
    """Name the host that made an arrival a foreign one: the page's, or the one that the browser says sent it."""
    return told_host(host if not owns(site, host) else (arrival.origin or "").lower())
