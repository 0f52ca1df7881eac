"""Wipe: nothing of a site stays readable in a spool, though its segments lie there for some minutes more.

In: the directory above the spools, a site, and moments (all of it, or some days). Out: how many segments were read, and
how many records of the site a second look still finds. Called when what was accepted before is in the store: a record
that waits would be lost. It may be repeated. Sums stay, of a site that goes without their texts (a page, a rule), and
without its host where others' arrivals were counted under it: they may still wait, so numbers and lengths stay.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import msgspec
from msgspec.structs import replace

from clickhouse.rows import Event, RedactionCount, RefusalCount
from collector.spool.blank import Rule, blank, count
from collector.spool.errors import SpoolNewer
from collector.spool.record import (
    SCHEMA,
    KeptEvent,
    KeptRedactions,
    KeptRefusals,
    Record,
    blank_like,
    decode,
    encode_redactions,
    encode_refusals,
)

ANY_TIME = 1 << 62
FILLING = "-"

Spans = Collection[tuple[int, int]]
"""Moments [since, until) in ms."""
IsName = Callable[[str], bool]


class Wiped(msgspec.Struct, frozen=True):
    """What was read, and what is left of the site."""

    segments: int
    hits: int


def no_name(_host: str) -> bool:
    return False


def any_event(_event: Event) -> bool:
    return True


def wipe(
    spools: Path,
    site_id: int,
    spans: Spans | None = None,
    *,
    is_its_host: IsName = no_name,
    is_meant: Callable[[Event], bool] = any_event,
) -> Wiped:
    """Write nothing over the site's events of these moments; without any, over all there is of it. Raises OSError."""
    rule = _of_site(site_id, is_its_host) if spans is None else _of_moments(site_id, spans, is_meant)
    segments = hits = 0
    for directory in sorted(path for path in spools.glob("*") if path.is_dir()):
        blank(directory, ANY_TIME, rule)
        read, found = count(directory, rule)
        segments, hits = segments + read, hits + found
    return Wiped(segments, hits)


def _of_site(site_id: int, is_its_host: IsName) -> Rule:
    def rule(record: memoryview) -> bytes | None:
        kept = _decoded(record)
        if isinstance(kept, KeptEvent):
            return blank_like(record, 0) if kept.event.site_id == site_id else None
        if isinstance(kept, KeptRefusals):
            rules = [_without_rule(each, site_id, is_its_host) for each in kept.counts]
            return _like(record, encode_refusals(rules)) if (*rules,) != kept.counts else None
        if isinstance(kept, KeptRedactions):
            places = [_without_place(each, site_id) for each in kept.counts]
            return _like(record, encode_redactions(places)) if (*places,) != kept.counts else None
        return blank_like(record, 0) if kept is not None and kept.site_id == site_id else None

    return rule


def _without_rule(count: RefusalCount, site_id: int, is_its_host: IsName) -> RefusalCount:
    is_meant = count.site_id == site_id or is_its_host(count.rule)
    return replace(count, rule=_filled(count.rule)) if is_meant else count


def _without_place(count: RedactionCount, site_id: int) -> RedactionCount:
    return replace(count, place=_filled(count.place)) if count.site_id == site_id else count


def _filled(text: str) -> str:
    return FILLING * len(text.encode())


def _like(record: memoryview, other: bytes) -> bytes:
    """Return the same counts without texts; where another release wrote them more briefly, nothing of them."""
    return other if len(other) == len(record) else blank_like(record, 0)


def _of_moments(site_id: int, spans: Spans, is_meant: Callable[[Event], bool]) -> Rule:
    def rule(record: memoryview) -> bytes | None:
        kept = _decoded(record)
        if not isinstance(kept, KeptEvent) or kept.event.site_id != site_id:
            return None
        is_then = any(since <= kept.event.ts < until for since, until in spans)
        return blank_like(record, site_id, kept.event_id) if is_then and is_meant(kept.event) else None

    return rule


def _decoded(record: memoryview) -> Record | None:
    """Return what a record says; None for what another release wrote."""
    try:
        kept = decode(record)
    except (ValueError, SpoolNewer):
        return None
    return kept if kept.schema == SCHEMA else None
