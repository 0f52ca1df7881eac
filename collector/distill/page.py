"""Page: which page of the site this was, as a path that may be kept, and what its query string tells.

In: the URL's parts, the site's path rules, and the memory of paths already scrubbed. Out: `Page`, or the reason that
there is none: a page the site excludes.
Invariants: user, port, fragment and query never survive by accident; a route behind `#/` counts as a path only where
the site says so, and is then treated like any path and query.
"""

from __future__ import annotations

import msgspec

from clickhouse.rows import Reason
from collector.distill.scrub.query import NO_TAGS, Tags
from collector.distill.scrub.text import scrub
from collector.distill.tools import Tools
from collector.distill.url import Parts
from registry.hosts import without_www
from registry.site import Site

MAX_HOST = 253
"""Characters of a domain name (RFC 1035, 2.3.4)."""
MAX_TITLE = 300
NAMELESS = ("", "[ip]")
"""What scrubbing leaves of a host that is none, or an address."""


class Page(msgspec.Struct, frozen=True):
    """One page view's place on the site."""

    hostname: str
    path: str
    tags: Tags = NO_TAGS
    title: str = ""


def is_web(parts: Parts) -> bool:
    """Tell whether a URL is a page's: http, https, or a bare path, as some trackers send."""
    return parts.scheme in ("http", "https") or (not parts.scheme and (parts.host != "" or parts.path.startswith("/")))


def read_page(parts: Parts, title: str, site: Site, tools: Tools) -> Page | Reason:
    """Read a page out of its URL. The host is already known to be the site's own; no host means the site's."""
    path, query = _route(parts) if site.hash_routes else (parts.path, parts.query)
    place = tools.path(path, site.exclude, site.redact, site.keep)
    if place is None:
        return Reason.EXCLUDED
    return Page(
        _hostname(parts.host, site),
        place,
        tools.query(query, site.keep_query) if query else NO_TAGS,
        scrub(title, MAX_TITLE) if site.titles and title else "",
    )


def _hostname(host: str, site: Site) -> str:
    """Show the host without `www.`; `*.example.com` lets a stranger choose what stands before the site's name.

    A site that was opened by an address of the network is told by its own name.
    """
    name = without_www(host)
    if name == site.host:
        return name
    told = scrub(name, MAX_HOST)
    return site.host if told in NAMELESS else told


def _route(parts: Parts) -> tuple[str, str]:
    """Read the route of a page that keeps it behind `#/` or `#!/`, as path and query."""
    route = parts.fragment.removeprefix("!")
    if not route.startswith("/"):
        return parts.path, parts.query
    path, _, query = route.partition("?")
    return f"/#{path}", "&".join(filter(None, (parts.query, query)))
