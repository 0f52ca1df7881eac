"""Saved: segments as a page knows them. A chip `Segment is Readers` stands for the filters saved under that name.

In: the registry's segments of a site, the filters of a state. Out: those filters with each segment taken apart, which
is what the store is asked; and a segment's name for its chip. So a guard sees every single filter, as if it had been
typed. A segment that is gone, or that this release cannot read, is an error with a sentence, never nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from clickhouse.ask.question import Condition, Filter
from dashboard.errors import BadQuestion
from dashboard.filters import SEGMENT, read_filter, write_filter
from registry.segments import Segment


class Saved(msgspec.Struct, frozen=True):
    """A segment: its number as the URL has it, its name, its filters as they were written."""

    key: str
    name: str
    written: tuple[str, ...]

    @property
    def filter(self) -> Condition:
        """The filter that stands for it."""
        return Condition("is", SEGMENT, (self.key,))

    @property
    def filters(self) -> tuple[Filter, ...]:
        return tuple(map(read_filter, self.written))


def saved_of(segments: Sequence[Segment]) -> tuple[Saved, ...]:
    return tuple(Saved(str(one.id), one.name, one.filters) for one in segments)


def is_segment(filter_: Filter) -> bool:
    return isinstance(filter_, Condition) and filter_.dimension == SEGMENT


def name_of(key: str, saved: Sequence[Saved]) -> str:
    """What a segment is called; a number that names none stays itself."""
    return next((one.name for one in saved if one.key == key), key)


def taken_apart(filters: Sequence[Filter], saved: Sequence[Saved]) -> tuple[Filter, ...]:
    """Put in place of each segment what it stands for. Raises BadQuestion."""
    return tuple(dict.fromkeys(_taken_apart(filters, saved)))


def _taken_apart(filters: Sequence[Filter], saved: Sequence[Saved]) -> Iterator[Filter]:
    for one in filters:
        if isinstance(one, Condition) and one.dimension == SEGMENT:
            found = next((segment for segment in saved if segment.key == one.values[0]), None)
            if found is None:
                raise BadQuestion("That segment is gone. Take its filter off, and the rest is there.")
            yield from found.filters
        else:
            yield one


def written_of(filters: Sequence[Filter], saved: Sequence[Saved]) -> list[str]:
    """Write filters for keeping: a segment made while another is on holds what that one stands for."""
    return [write_filter(one) for one in taken_apart(filters, saved)]
