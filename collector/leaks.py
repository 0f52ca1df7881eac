"""Leaks: where a site puts personal values into its addresses and events, so that its owner can mend the site.

In: events as they are kept, scrubbed. Out: for each find its kind and its place: the scrubbed path, or the name of the
field it stood in. Never the value: it is gone by then, only `[email]` is left of it.
Cost on the way of an event: one look for `[` in each text that may hold a find (0.3 us), nothing more without one.
A site and day names so many places and no more; what is found elsewhere is counted together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from clickhouse.rows import Event, RedactionCount

KINDS = frozenset(
    "jwt secret email uuid mac geo ssn ip iban card phone token id user redacted".split()  # noqa: SIM905 - a table
)
"""What the scrubber leaves in the place of a find; other words in brackets are the owner's own (`/r/:code`)."""
MOST_PLACES = 50
"""Named for a site and day: enough to mend a site by, too few for a forger to write a book in."""
ELSEWHERE = "(elsewhere)"
LONGEST_PLACE = 200

_MARK = re.compile(r"\[([a-z0-9]+)\]")
_TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def may_leak(event: Event) -> bool:
    """Whether something may have been taken out of this event."""
    if "[" in event.path or "[" in event.name or "[" in event.query or "[" in event.title or "[" in event.utm_campaign:
        return True
    if event.utm_source or event.utm_term:
        return "[" in event.utm_source + event.utm_medium + event.utm_content + event.utm_term
    return bool(event.props) and "[" in "".join((*event.props, *event.props.values()))


def leaks_of(event: Event) -> Iterator[tuple[str, str]]:
    """Yield (kind, place) of everything that was taken out, each once. A `[redacted]` path is the owner's own rule."""
    found = {(kind, event.path) for kind in _kinds(event.path) - {"redacted"}}
    found |= {(kind, "(feature)") for kind in _kinds(event.name)}
    found |= {(kind, f"(title) {event.path}") for kind in _kinds(event.title)}
    found |= {(kind, name) for name in _TAGS for kind in _kinds(getattr(event, name))}
    for pair in event.query.split("&"):
        name, _, value = pair.partition("=")
        found |= {(kind, f"?{name}=") for kind in _kinds(value)}
    for key, value in event.props.items():
        found |= {(kind, f"(property) {key}") for kind in _kinds(value) | _kinds(key)}
    for kind, place in sorted(found):
        yield kind, place[:LONGEST_PLACE]


def _kinds(text: str) -> set[str]:
    return set(_MARK.findall(text)) & KINDS if "[" in text else set()


class LeakBook:
    """Counts of one process that wait for the spool, by (site, day, kind, place)."""

    def __init__(self) -> None:
        self._waiting: Counter[tuple[int, int, str, str]] = Counter()
        self._places: dict[tuple[int, int], set[str]] = {}
        """Places named so far, by site and day; of days that are over nothing is kept."""

    def note(self, event: Event, day: int) -> None:
        """Count what was taken out of an event, on its site's day."""
        for kind, place in leaks_of(event):
            self._waiting[event.site_id, day, kind, self._named(event.site_id, day, place)] += 1

    def take(self) -> list[RedactionCount]:
        """Hand over what waits; give it back by `put_back` when it could not be kept."""
        taken, self._waiting = self._waiting, Counter()
        return [RedactionCount(site, day, kind, place, count) for (site, day, kind, place), count in taken.items()]

    def put_back(self, counts: list[RedactionCount]) -> None:
        for one in counts:
            self._waiting[one.site_id, one.day, one.kind, one.place] += one.count

    def _named(self, site_id: int, day: int, place: str) -> str:
        places = self._places.get((site_id, day))
        if places is None:
            self._places = {key: known for key, known in self._places.items() if abs(key[1] - day) <= 1}
            places = self._places[site_id, day] = set()
        if len(places) < MOST_PLACES:
            places.add(place)
        return place if place in places else ELSEWHERE
