"""Edition: a site as its settings are now, with a number by which answers about it may be remembered.

In: a site of the present snapshot, and whatever else its answers depend on. Out: the same `Edition` as long as both are
the same objects; afterwards a new one with a new number, so that no answer of before is found again.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from collector.distill.consent import Decision, Say, decide
from registry.site import Site

MOST_SITES = 65_536


class Edition(NamedTuple):
    """One state of a site."""

    site: Site
    lists: object
    number: int
    silent: Decision
    """What is decided on a visitor's page that says nothing: neither a signal, nor a cookie, nor a robot's name."""


def editions(lists: Callable[[], object]) -> Callable[[Site], Edition]:
    """Return what tells a site's edition; `lists` is what besides the settings may change."""
    numbers = count()
    held: dict[int, Edition] = {}

    def edition(site: Site) -> Edition:
        known = held.get(site.id)
        now = lists()
        if known is not None and known.site is site and known.lists is now:
            return known
        if len(held) >= MOST_SITES:
            held.clear()
        held[site.id] = known = Edition(site, now, next(numbers), decide(Say(), site))
        return known

    return edition
