"""Neighbours: the questions whose answers, held against this one's, would tell of a few people.

In: the filters of a question. Out: other filters for the same question: without one of them (what matters is then the
difference), with one turned round, with one of several values or branches alone. A reader who may not see small
numbers could ask any of these, so all of them are asked before such a reader is answered (guarded.py).
Pure. It looks one step away: what only a long series of questions would tell is not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from clickhouse.ask.question import AllOf, AnyOf, Condition, Did, Filter, Not, QuestionError

MOST = 60
"""Statements that one guarded question may cost."""
TURNED = {
    "is": "is_not",
    "is_not": "is",
    "contains": "contains_not",
    "contains_not": "contains",
    "matches": "matches_not",
    "matches_not": "matches",
}


class Neighbour(msgspec.Struct, frozen=True):
    """The same question with other filters; `is_whole`: with one filter less, so that ours is a part of it."""

    filters: tuple[Filter, ...]
    is_whole: bool = False


def neighbours_of(filters: Sequence[Filter]) -> list[Neighbour]:
    """Return each once. Raises QuestionError for filters of more parts than can be looked after."""
    found = dict.fromkeys(_neighbours(tuple(_flat(filters))))
    if len(found) > MOST:
        raise QuestionError("these filters have too many values for somebody who may not see small numbers")
    return list(found)


def _flat(filters: Sequence[Filter]) -> Iterator[Filter]:
    for one in filters:
        if isinstance(one, AllOf):
            yield from _flat(one.filters)
        else:
            yield one


def _neighbours(filters: tuple[Filter, ...]) -> Iterator[Neighbour]:
    for place, one in enumerate(filters):
        rest = filters[:place] + filters[place + 1 :]
        yield Neighbour(rest, is_whole=True)
        for other in (turned(one), *_parts(one)):
            yield Neighbour((*rest, other))


def turned(one: Filter) -> Filter:
    """Return what a filter leaves out."""
    if isinstance(one, Condition):
        return replace(one, operator=TURNED[one.operator])
    if isinstance(one, Not):
        return one.filter
    return replace(one, did=not one.did) if isinstance(one, Did) else Not(one)


def _parts(one: Filter) -> Iterator[Filter]:
    """Yield every value and every branch of a filter by itself."""
    if isinstance(one, Condition):
        if len(one.values) > 1:
            plain = replace(one, operator=one.operator.removesuffix("_not"))
            yield from (replace(plain, values=(value,)) for value in one.values)
    elif isinstance(one, AllOf | AnyOf):
        for branch in one.filters:
            yield branch
            yield from _parts(branch)
    elif isinstance(one, Not):
        yield from _parts(one.filter)
    else:
        yield from (replace(one, filter=part) for part in _parts(one.filter))
