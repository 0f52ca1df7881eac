"""The shape of a query: is the JSON what the format says, before anyone asks what it means.

In: the decoded body. Out: the faults, each `#/where: what`, in the order of Plausible's schema validator: unknown
keys, then each key by name, then what is missing. Several faults are several lines. Passing here means that every
later step may rely on types; whether goals exist, dates run forwards or metrics go together is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime

from dashboard.api.quoted import quoted
from dashboard.api.words import (
    CASELESS_OPERATORS,
    GOAL,
    GOAL_OPERATORS,
    METRIC_WORDS,
    OPERATORS,
    SEGMENT,
    is_dimension,
    is_filter_dimension,
)

REQUIRED = ("site_id", "metrics", "date_range")
NAMED_RANGES = ("day", "24h", "month", "year", "all")
COUNTED_RANGE = re.compile(r"[1-9]\d{0,8}(d|mo)", re.ASCII)
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
MOST_LIMIT = 10_000
DEEPEST_FILTER = 20

Faults = Iterator[str]
TYPE_NAMES = (
    (bool, "Boolean"),
    (dict, "Object"),
    (list, "Array"),
    (str, "String"),
    (int, "Integer"),
    (float, "Number"),
)


def faults_of(body: dict[str, object]) -> list[str]:
    """List what is wrong with the shape of a query."""
    return list(_faults(body))


def _faults(body: dict[str, object]) -> Faults:
    for key in sorted(body.keys() - CHECKS.keys()):
        yield f"#/{key[:60]}: Schema does not allow additional properties."
    for key, check in CHECKS.items():
        if key in body:
            yield from check(f"#/{key}", body[key])
    missing = [key for key in REQUIRED if key not in body]
    if missing:
        one = len(missing) == 1
        yield f"#: Required propert{'y' if one else 'ies'} {', '.join(missing)} {'was' if one else 'were'} not present."


def type_name(value: object) -> str:
    return next((name for kind, name in TYPE_NAMES if isinstance(value, kind)), "Null")


def _mismatch(where: str, value: object, expected: str) -> Faults:
    yield f"{where}: Type mismatch. Expected {expected} but got {type_name(value)}."


def _list(where: str, value: object, *, unique: bool = False, least: int = 0) -> Faults:
    if not isinstance(value, list):
        yield from _mismatch(where, value, "Array")
    elif len(value) < least:
        yield f"{where}: Expected a minimum of {least} items but got {len(value)}."
    elif unique and any(value[index] in value[:index] for index in range(min(len(value), 100))):
        yield f"{where}: Expected items to be unique but they were not."


def _items(value: object) -> Iterator[tuple[int, object]]:
    return enumerate(value) if isinstance(value, list) else iter(())


def _metrics(where: str, value: object) -> Faults:
    for index, name in _items(value):
        if not (isinstance(name, str) and name in METRIC_WORDS):
            yield f"{where}/{index}: Invalid metric {quoted(name)}"
    yield from _list(where, value, unique=True, least=1)


def _dimensions(where: str, value: object) -> Faults:
    for index, name in _items(value):
        if not is_dimension(name):
            yield f"{where}/{index}: Invalid dimension {quoted(name)}"
    yield from _list(where, value, unique=True)


def _filters(where: str, value: object) -> Faults:
    for index, filter_ in _items(value):
        if not is_filter(filter_):
            yield f"{where}/{index}: Invalid filter {quoted(filter_)}"
    yield from _list(where, value)


def is_filter(value: object, depth: int = 0) -> bool:
    """Whether a value is a filter or a tree of them."""
    if not isinstance(value, list) or depth > DEEPEST_FILTER:
        return False
    match value:
        case ["and" | "or", list() as inner]:
            return bool(inner) and all(is_filter(one, depth + 1) for one in inner)
        case ["not" | "has_done" | "has_not_done", inner]:
            return is_filter(inner, depth + 1)
        case [operator, dimension, list() as values]:
            return is_plain(operator, dimension, values)
        case [operator, dimension, list() as values, {"case_sensitive": bool()} as options]:
            return len(options) == 1 and operator in CASELESS_OPERATORS and is_plain(operator, dimension, values)
    return False


def is_plain(operator: object, dimension: object, values: list[object]) -> bool:
    if not all(isinstance(value, str | int) and not isinstance(value, bool) for value in values):
        return False
    if dimension == SEGMENT:
        return operator == "is" and bool(values)
    return (dimension == GOAL and operator in GOAL_OPERATORS) or (
        operator in OPERATORS and is_filter_dimension(dimension)
    )


def _date_range(where: str, value: object) -> Faults:
    if not is_date_range(value):
        yield f"{where}: Invalid date range {quoted(value)}"


def is_date_range(value: object) -> bool:
    """Whether a value looks like a date range; two days, two instants, or a name."""
    match value:
        case str():
            return value in NAMED_RANGES or COUNTED_RANGE.fullmatch(value) is not None
        case [str() as first, str() as last]:
            return (is_day(first) and is_day(last)) or (is_instant(first) and is_instant(last))
    return False


def is_day(text: str) -> bool:
    return ISO_DAY.fullmatch(text) is not None and _parses(date.fromisoformat, text)


def is_instant(text: str) -> bool:
    return ISO_TIME.fullmatch(text) is not None and _parses(datetime.fromisoformat, text)


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _order_by(where: str, value: object) -> Faults:
    for index, entry in _items(value):
        if not isinstance(entry, list):
            yield from _mismatch(f"{where}/{index}", entry, "Array")
        elif len(entry) != 2:
            least = "minimum" if len(entry) < 2 else "maximum"
            yield f"{where}/{index}: Expected a {least} of 2 items but got {len(entry)}."
        else:
            yield from _order_entry(f"{where}/{index}", entry[0], entry[1])
    yield from _list(where, value)


def _order_entry(where: str, name: object, direction: object) -> Faults:
    if not (is_dimension(name) or (isinstance(name, str) and name in METRIC_WORDS)):
        yield f"{where}/0: Invalid value in order_by {quoted(name)}"
    if direction not in ("asc", "desc"):
        yield f"{where}/1: Invalid value in order_by {quoted(direction)}"


def _object(where: str, value: object, keys: tuple[str, ...]) -> Faults:
    if not isinstance(value, dict):
        yield from _mismatch(where, value, "Object")
        return
    for key in sorted(value.keys() - set(keys)):
        yield f"{where}/{key[:60]}: Schema does not allow additional properties."


def _include(where: str, value: object) -> Faults:
    yield from _object(where, value, ("imports", "time_labels", "total_rows"))
    for key in ("imports", "time_labels", "total_rows"):
        if isinstance(value, dict) and not isinstance(value.get(key, False), bool):
            yield from _mismatch(f"{where}/{key}", value[key], "Boolean")


def _pagination(where: str, value: object) -> Faults:
    yield from _object(where, value, ("limit", "offset"))
    if isinstance(value, dict):
        for key, least, most in (("limit", 1, MOST_LIMIT), ("offset", 0, None)):
            yield from _whole(f"{where}/{key}", value.get(key, least), least, most)


def _whole(where: str, value: object, least: int, most: int | None) -> Faults:
    if isinstance(value, bool) or not isinstance(value, int):
        yield from _mismatch(where, value, "Integer")
    elif value < least:
        yield f"{where}: Expected the value to be >= {least}"
    elif most is not None and value > most:
        yield f"{where}: Expected the value to be <= {most}"


def _site_id(where: str, value: object) -> Faults:
    if not isinstance(value, str):
        yield from _mismatch(where, value, "String")


CHECKS: dict[str, Callable[[str, object], Faults]] = {
    "date_range": _date_range,
    "dimensions": _dimensions,
    "filters": _filters,
    "include": _include,
    "metrics": _metrics,
    "order_by": _order_by,
    "pagination": _pagination,
    "site_id": _site_id,
}
"""By name, as the faults are told."""
