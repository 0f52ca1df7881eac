"""Wipe: nothing of a site stays readable in a spool, though its segments lie there for some minutes more.

In: the directory above the spools, a site, and moments (all of it, or some days). Out: how many segments were read, and
how many records of the site a second look still finds. Called when what was accepted before is in the store: a record
that waits would be lost. It may be repeated. Sums of refusals stay: they are of no visitor.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from collector.spool.blank import Rule, blank, count
from collector.spool.errors import SpoolNewer
from collector.spool.record import SCHEMA, KeptBlank, KeptDemand, KeptEvent, blank_like, decode

ANY_TIME = 1 << 62

Spans = Collection[tuple[int, int]]
"""Moments [since, until) in ms."""


class Wiped(msgspec.Struct, frozen=True):
    """What was read, and what is left of the site."""

    segments: int
    hits: int


def wipe(spools: Path, site_id: int, spans: Spans | None = None) -> Wiped:
    """Write nothing over the site's events of these moments; without any, over all there is of it. Raises OSError."""
    rule = _of_site(site_id) if spans is None else _of_moments(site_id, spans)
    segments = hits = 0
    for directory in sorted(path for path in spools.glob("*") if path.is_dir()):
        blank(directory, ANY_TIME, rule)
        read, found = count(directory, rule)
        segments, hits = segments + read, hits + found
    return Wiped(segments, hits)


def _of_site(site_id: int) -> Rule:
    def rule(record: memoryview) -> bytes | None:
        kept = _decoded(record)
        if isinstance(kept, KeptEvent):
            return blank_like(record, 0) if kept.event.site_id == site_id else None
        return blank_like(record, 0) if kept is not None and kept.site_id == site_id else None

    return rule


def _of_moments(site_id: int, spans: Spans) -> Rule:
    def rule(record: memoryview) -> bytes | None:
        kept = _decoded(record)
        if not isinstance(kept, KeptEvent) or kept.event.site_id != site_id:
            return None
        is_meant = any(since <= kept.event.ts < until for since, until in spans)
        return blank_like(record, site_id, kept.event_id) if is_meant else None

    return rule


def _decoded(record: memoryview) -> KeptEvent | KeptDemand | KeptBlank | None:
    """Return what may be of one site; None for sums, and for what another release wrote."""
    try:
        kept = decode(record)
    except (ValueError, SpoolNewer):
        return None
    return kept if isinstance(kept, KeptEvent | KeptDemand | KeptBlank) and kept.schema == SCHEMA else None
