"""Snapshot: the collector's picture of all sites, in memory, so that an event costs no query and survives an outage.

In: a registry, or its read side alone (reading.py). Out: the site of a host, of an id, or of what a tag calls it.
`refresh()` asks one number and loads only when it has changed; when the registry fails, the last picture stays. A
picture is replaced as a whole: readers in any thread see the old one or the new one. An own host beats another site's
`hosts`, an exact host beats a pattern, and of two equal claims the older site wins. Frozen sites are in it: refusing
them is the collector's decision.
Each site's pepper is in it too, so that a consented visitor costs no query either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

import msgspec

from registry.errors import RegistryError
from registry.site import Site

Index = Mapping[str, Site]

_NONE: Mapping[int, bytes] = MappingProxyType({})


class Source(Protocol):
    """What pictures are taken of."""

    def revision(self) -> int: ...
    def sites_and_peppers(self) -> tuple[Iterable[Site], Mapping[int, bytes]]: ...


class Picture(msgspec.Struct, frozen=True):
    """All sites at one revision, by everything one may look for."""

    revision: int
    by_id: Mapping[int, Site]
    by_host: Index
    """Every exact host: own, `www.`, and the further ones."""
    by_suffix: Index
    """`example.com` for the pattern `*.example.com`."""
    by_name: Index
    """Own hosts and aliases, in lower case: what a tag may call a site."""
    peppers: Mapping[int, bytes] = {}


class Snapshot:
    """The present picture, and the way to a newer one."""

    def __init__(self, registry: Source) -> None:
        """Take the first picture; raise `RegistryAway` when there is none to be had."""
        self._registry = registry
        self._picture = _load(registry)

    @property
    def sites(self) -> tuple[Site, ...]:
        """Every site."""
        return tuple(self._picture.by_id.values())

    @property
    def revision(self) -> int:
        """The registry's revision that this picture shows."""
        return self._picture.revision

    def refresh(self) -> bool:
        """Follow the registry; return False (and keep what there is) when it fails."""
        try:
            if self._registry.revision() != self._picture.revision:
                self._picture = _load(self._registry)
        except RegistryError:
            return False
        return True

    def by_id(self, site_id: int) -> Site | None:
        """Return the site of that number."""
        return self._picture.by_id.get(site_id)

    def pepper(self, site_id: int) -> bytes:
        """Return what makes numbers of a site's cookies, or nothing when there is no such site."""
        return self._picture.peppers.get(site_id, b"")

    def by_host(self, host: str) -> Site | None:
        """Return the site that may count pages of `host` (lower case, no port), or None."""
        picture = self._picture
        found = picture.by_host.get(host)
        if found is not None or not picture.by_suffix:
            return found
        rest = host
        while "." in rest:
            rest = rest.partition(".")[2]
            if rest in picture.by_suffix:
                return picture.by_suffix[rest]
        return None

    def resolve(self, name: str) -> Site | None:
        """Return the site that a tag or a tracker calls `name`: a host in any case, or an alias."""
        wanted = name.strip().lower()
        return self._picture.by_name.get(wanted) or self.by_host(wanted)


def _load(registry: Source) -> Picture:
    # The number first: what changes between the two queries is then loaded again, never missed.
    revision = registry.revision()
    sites, peppers = registry.sites_and_peppers()
    return picture_of(sites, revision, peppers)


def picture_of(sites: Iterable[Site], revision: int = 0, peppers: Mapping[int, bytes] = _NONE) -> Picture:
    """Arrange sites for looking up."""
    by_age = sorted(sites, key=lambda site: site.id)
    by_host: dict[str, Site] = {}
    by_suffix: dict[str, Site] = {}
    by_name: dict[str, Site] = {}
    for site in by_age:
        by_host[site.host] = by_host["www." + site.host] = by_name[site.host] = site
    for site in by_age:
        for pattern in site.hosts:
            if pattern.startswith("*."):
                by_suffix.setdefault(pattern[2:], site)
            else:
                by_host.setdefault(pattern, site)
        for alias in site.alias:
            by_name.setdefault(alias.lower(), site)
    return Picture(revision, {site.id: site for site in by_age}, by_host, by_suffix, by_name, peppers)
