"""Url: take a URL apart without ever failing on it.

In: what a client sent as a URL or a referrer. Out: `Parts`: scheme and host in lower case, the rest as it was written.
It is the pattern of RFC 3986, appendix B, in one pass; `urllib.parse` raises on half of what the open internet sends,
and keeps the last raw URLs in a cache of its own.
It decides nothing: an odd scheme or an impossible host comes out as it went in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#\\]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
# Browsers take these out of a URL before they read it (WHATWG URL, "basic URL parser").
_IGNORED = str.maketrans("", "", "\t\n\r")


class Parts(NamedTuple):
    """A URL's parts; an absent one is empty. `host` has no user, no port, no brackets, no final dot."""

    scheme: str
    host: str
    path: str
    query: str
    fragment: str


def split(url: str) -> Parts:
    """Take a URL apart. `remembering` makes one that is quicker for pages it has seen."""
    text = url.strip()
    found = _URL.match(text if text.isprintable() else text.translate(_IGNORED))
    scheme, authority, path, query, fragment = found.groups("") if found else ("", "", url, "", "")
    return Parts(scheme.lower(), host_of(authority), path, query, fragment)


def remembering(size: int, longest: int) -> Callable[[str], Parts]:
    """Return a `split` that remembers the latest URLs up to their `?`, of at most so many characters: no query."""
    known = lru_cache(maxsize=size)(split)

    def split_known(url: str) -> Parts:
        base, mark, query = url.partition("?")
        if len(base) > longest or "#" in url or (mark and not _is_plain(base, query)):
            return split(url)
        parts = known(base)
        return Parts(parts.scheme, parts.host, parts.path, query, "") if query else parts

    return split_known


def _is_plain(base: str, query: str) -> bool:
    """Tell whether cutting at the `?` first makes no difference: nothing will be taken out or off the ends."""
    return query.isprintable() and not query[-1:].isspace() and not base[-1:].isspace()


def host_of(authority: str) -> str:
    """Find the host in `user:password@Host.Example.:8080`."""
    host = authority.rpartition("@")[2].lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")
