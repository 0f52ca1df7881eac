"""Filters of the Stats API, turned into ours.

In: filters of the right shape, and the site's goals. Out: Filters, or BadQuestion with Plausible's words. A label for
what is empty (`Direct / None`, `(not set)`) is the empty value to the store, a country's name its code. Goals can be
filtered by at the top or as something done in the visit, where they become what they are made of (`goals.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import msgspec

from clickhouse.ask.question import AllOf, AnyOf, Condition, Did, Filter, Not, Operator
from dashboard.api.goals import any_goal, matching
from dashboard.api.quoted import quoted
from dashboard.api.words import GOAL, SEGMENT, our_dimension, our_value
from dashboard.errors import BadQuestion
from dashboard.filters import read_filter
from registry.goals import Goal
from registry.segments import Segment

Saved = Mapping[int, Sequence[str]]

BEHAVIOUR = ("has_done", "has_not_done")
NUMBERED = ("visit:city", SEGMENT)
"""Dimensions whose values Plausible numbers; ours have names, and a number is just another name nobody has."""


def read_filters(filters: list[object], goals: Sequence[Goal], segments: Sequence[Segment] = ()) -> tuple[Filter, ...]:
    """Translate the list of a query."""
    for tree in filters:
        _check_tree(_as_list(tree), top=True)
    saved = {segment.id: segment.filters for segment in segments}
    return tuple(_read(_as_list(tree), goals, saved) for tree in filters)


def without_goals(filters: list[object]) -> list[object]:
    """The filters that say whom a query is about, without those at the top that say which goals."""
    return [tree for tree in filters if _as_list(tree)[1] != GOAL]


def _as_list(value: object) -> list[object]:
    return cast("list[object]", value)


def _read(tree: list[object], goals: Sequence[Goal], saved: Saved) -> Filter:
    match tree:
        case ["and", list() as inner]:
            return AllOf(tuple(_read(_as_list(one), goals, saved) for one in inner))
        case ["or", list() as inner]:
            return AnyOf(tuple(_read(_as_list(one), goals, saved) for one in inner))
        case ["not", list() as inner]:
            return Not(_read(inner, goals, saved))
        case ["has_done" | "has_not_done" as word, list() as inner]:
            return Did(_read(inner, goals, saved), did=word == "has_done")
    if tree[1] == SEGMENT:
        return AnyOf(tuple(_segment(number, saved) for number in _as_list(tree[2])))
    return any_goal(matching(goals, tree)) if tree[1] == GOAL else _condition(tree)


def _segment(number: object, saved: Saved) -> Filter:
    """The filters that a number stands for. Raises BadQuestion."""
    texts = saved.get(number) if isinstance(number, int) else None
    if not texts:
        raise BadQuestion("Invalid filters. Some segments don't exist or aren't accessible.")
    return AllOf(tuple(read_filter(text) for text in texts))


def _condition(filter_: list[object]) -> Condition:
    operator, name, values, *rest = filter_
    texts = tuple(our_value(str(name), str(value)) for value in _as_list(values))
    options = cast("dict[str, bool]", rest[0]) if rest else {}
    return Condition(
        msgspec.convert(operator, Operator),
        our_dimension(str(name)),
        texts,
        case_sensitive=options.get("case_sensitive", True),
    )


def _check_tree(tree: list[object], *, top: bool, done: str = "") -> None:
    """Raise BadQuestion where parts of a tree do not go together."""
    word = tree[0]
    if word in ("and", "or"):
        for one in _as_list(tree[1]):
            _check_tree(_as_list(one), top=False, done=done)
    elif word == "not":
        _check_tree(_as_list(tree[1]), top=False, done=done)
    elif word in BEHAVIOUR:
        if done:
            raise BadQuestion("Invalid filters. Behavioral filters (has_done, has_not_done) cannot be nested.")
        _check_tree(_as_list(tree[1]), top=False, done=str(word))
    else:
        _check_plain(tree, top=top, done=done)


def _check_plain(filter_: list[object], *, top: bool, done: str) -> None:
    operator, name, values = filter_[0], str(filter_[1]), _as_list(filter_[2])
    if not all(isinstance(value, str) for value in values) and name not in NUMBERED:
        raise BadQuestion(f"Invalid filter '{quoted(filter_)}'.")
    if done and not name.startswith("event:"):
        raise BadQuestion(
            "Invalid filters. Behavioral filters (has_done, has_not_done) "
            "can only be used with event dimension filters."
        )
    if name == GOAL and not (top or done):
        raise BadQuestion("Invalid filters. Dimension `event:goal` can only be filtered at the top level.")
    if name == "visit:country" and operator in ("is", "is_not") and any(len(str(value)) != 2 for value in values):
        raise BadQuestion("Invalid visit:country filter, visit:country needs to be a valid 2-letter country code")


def names_in(filters: list[object], *, deep: bool = True) -> Iterator[str]:
    """Yield the dimensions that filters name; not deep: only at the top."""
    for tree in map(_as_list, filters):
        if tree[0] in ("and", "or"):
            yield from names_in(_as_list(tree[1])) if deep else ()
        elif tree[0] in ("not", *BEHAVIOUR):
            yield from names_in([tree[1]]) if deep else ()
        else:
            yield str(tree[1])
