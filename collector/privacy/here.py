"""Here: which site a visitor's page is about, and which host he sees in the address bar.

In: the head of a request, the sites there are, the public address. Out: a host without a port; the caller asks whose it
is. Where several sites are counted behind one public address, the host that was asked wins.
"""

from __future__ import annotations

from typing import Protocol

from collector.sender import Head, host_of
from registry.site import Site


class Sites(Protocol):
    """What the visitor's pages ask of the registry's snapshot."""

    def by_host(self, host: str) -> Site | None: ...


def host_seen(head: Head, sites: Sites, base_url: str) -> str:
    """Return the host this visitor sees: the one asked where it is a site's, else that of the public address."""
    asked = host_of(head.get(b"host", b"").decode("latin-1"))
    return asked if sites.by_host(asked) or not base_url else host_of(base_url)
