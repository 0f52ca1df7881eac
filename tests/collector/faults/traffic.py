"""Events for the drain, and a spool to put them in: a world in a line or two."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from faults.disk import SMALL

from clickhouse.rows import ENGAGEMENT, Event
from collector.spool import Limits, Spool
from collector.spool.record import encode_event
from collector.spool.segment import segment_path, segments_in

NOON = 1_790_000_000_000
"""A September noon of 2026, in ms; a whole second."""
MINUTE = 60_000

QUIET = 31 * MINUTE


def event(at: float = 0, visitor: int = 1, *, site: int = 1, name: str = "pageview", **rest: object) -> Event:
    """An event `at` so many seconds after noon."""
    told = {"hostname": "a.example", "path": "/", **rest}
    return Event(site_id=site, ts=NOON + round(at * 1000), visitor_id=visitor, name=name, **told)  # type: ignore[arg-type]


def id_of(number: int) -> str:
    """A random-looking event id that is the same every time."""
    return hashlib.md5(b"%d" % number).hexdigest()


def fill(
    directory: Path,
    *groups: Iterable[Event | tuple[Event, str] | bytes],
    limits: Limits = SMALL,
    begun_ms: int | None = None,
) -> None:
    """Append each group as one commit: events, events with an id, or records. Starts a new segment.

    With `begun_ms` the segment says that it was begun then; give it an earlier one than that of any later segment.
    """
    spool = Spool.open(directory, limits)
    for group in groups:
        spool.append([_record(one) for one in group])
    spool.close()
    if begun_ms is not None:
        newest = segments_in(directory)[-1]
        newest.path.rename(segment_path(directory, begun_ms * 1000, newest.id))


def _record(one: Event | tuple[Event, str] | bytes) -> bytes:
    if isinstance(one, bytes):
        return one
    return encode_event(one) if isinstance(one, Event) else encode_event(*one)


def visits_by_definition(events: Sequence[Event]) -> list[set[int]]:
    """Which events (by index) form a visit, straight from the definition.

    Of one visitor, in order of time: a visit goes on while each gap stays below 31 minutes, and an engagement that
    comes when none goes on belongs to none.
    """
    visits: list[set[int]] = []
    for who in {(event.site_id, event.visitor_id) for event in events if event.visitor_id}:
        mine = [at for at, event in enumerate(events) if (event.site_id, event.visitor_id) == who]
        last = None
        for at in sorted(mine, key=lambda at: (events[at].ts, at)):
            goes_on = last is not None and events[at].ts - last < QUIET
            if not goes_on and events[at].name == ENGAGEMENT:
                continue
            if not goes_on:
                visits.append(set())
            visits[-1].add(at)
            last = events[at].ts
    return sorted(visits, key=min)
