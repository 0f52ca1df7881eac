"""Host table: patterns of hosts -> who is behind them; the most exact pattern wins.

In: patterns as they are written in collector/data/sources.toml: a host, `.everything.below`, a family under any country
(`google.*`). Out: the owner of a host, or nothing. A host itself wins over the longest ending of it, and that over a
family. It knows hosts only: no names, no words, no channels (directory.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

Owner = TypeVar("Owner")

# A country's own second level, as in google.co.uk and yandex.com.tr.
_SECOND_LEVEL = frozenset(("ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"))


class HostTable(Generic[Owner]):
    """Patterns, indexed."""

    def __init__(self) -> None:
        self._hosts: dict[str, Owner] = {}
        self._endings: dict[str, Owner] = {}
        self._families: dict[str, Owner] = {}
        self._family_endings: dict[str, Owner] = {}

    def learn(self, pattern: str, owner: Owner) -> None:
        """Add a pattern in lower case; the latest owner of a pattern wins."""
        stem = pattern.removesuffix(".*")
        is_family = stem != pattern
        if pattern.startswith("."):
            table = self._family_endings if is_family else self._endings
        else:
            table = self._families if is_family else self._hosts
        table[stem.lstrip(".")] = owner

    def find(self, host: str) -> Owner | None:
        """Find the owner of a host given without `www.`; an app's package name is a host too."""
        found = self._hosts.get(host) or _longest(self._endings, host)
        if found:
            return found
        for stem in stems(host):
            found = self._families.get(stem) or _longest(self._family_endings, stem)
            if found:
                return found
        return None


def endings(host: str) -> Iterator[str]:
    """Yield a host and everything above it: `a.b.c`, `b.c`, `c`."""
    yield host
    at = host.find(".")
    while at >= 0:
        yield host[at + 1 :]
        at = host.find(".", at + 1)


def stems(host: str) -> Iterator[str]:
    """Yield a host without its country: `google` for google.co.uk and google.de."""
    stem, _, ending = host.rpartition(".")
    if not stem or not ending.isalpha():
        return
    above, _, second = stem.rpartition(".")
    if above and second in _SECOND_LEVEL and len(ending) == 2:
        yield above
    yield stem


def _longest(table: dict[str, Owner], host: str) -> Owner | None:
    return next((table[ending] for ending in endings(host) if ending in table), None)
