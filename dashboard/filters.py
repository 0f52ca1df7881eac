"""Filters as text, `is:page:/pricing|/docs`: operator, dimension, values; and back.

In: one `f` parameter of a URL. Out: a Filter, or a BadQuestion with a sentence. `\\` escapes `|`, `:` and itself. An
operator ending in `-i` ignores case; `did:` and `did_not:` before it ask about the whole visit; `is:segment:3` stands
for the filters saved under that number (saved.py). Reading what was written gives the same Filter. Only names from the
table of dimensions pass; a value is only ever a value.
"""

from __future__ import annotations

import re
from typing import get_args

import msgspec

from clickhouse.ask.dimensions import DIMENSIONS, Of
from clickhouse.ask.question import Condition, Did, Filter, Operator
from dashboard.errors import BadQuestion, shorten

MOST_VALUES = 100
LONGEST_VALUE = 2000
LONGEST_KEY = 300
PROP = "prop:"
SEGMENT = "segment"
"""No dimension: a name for several filters."""
OPERATORS: tuple[str, ...] = get_args(Operator)
CASELESS = "-i"


def escape(text: str, marks: str) -> str:
    return re.sub(f"[{re.escape(marks)}\\\\]", r"\\\g<0>", text)


def split(text: str, mark: str, most: int = -1) -> list[str]:
    """Split at unescaped marks, at most `most` times; the parts stay escaped."""
    parts: list[str] = []
    start = position = 0
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == mark and most != len(parts):
            parts.append(text[start:position])
            start = position + 1
        position += 1
    return [*parts, text[start:]]


def unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def write_filter(filter_: Filter) -> str:
    """Write a filter as one parameter. Only conditions, and what was done in the visit, have a form in a URL."""
    if isinstance(filter_, Did) and isinstance(filter_.filter, Condition):
        return f"{'did' if filter_.did else 'did_not'}:{write_filter(filter_.filter)}"
    if not isinstance(filter_, Condition):
        raise BadQuestion("This filter has no short form; ask the API.")
    operator = filter_.operator + ("" if filter_.case_sensitive else CASELESS)
    head, colon, key = filter_.dimension.partition(":")
    dimension = f"{head}{colon}{escape(key, ':')}"
    return f"{operator}:{dimension}:{'|'.join(escape(value, '|') for value in filter_.values)}"


def read_filter(text: str) -> Filter:
    """Read one filter; raises BadQuestion."""
    word, _, rest = text.partition(":")
    if word in ("did", "did_not"):
        inner = read_filter(rest)
        if isinstance(inner, Did):
            raise BadQuestion("A filter may say `did` once.")
        return Did(inner, did=word == "did")
    operator = word.removesuffix(CASELESS)
    if operator not in OPERATORS:
        raise BadQuestion(f"A filter begins with one of {', '.join(OPERATORS)}, then a dimension, then values.")
    dimension, values = read_dimension(rest)
    if dimension == SEGMENT and (word != "is" or len(values) != 1):
        raise BadQuestion("A segment is asked for as `is:segment:1`, one at a time.")
    return Condition(msgspec.convert(operator, Operator), dimension, values, case_sensitive=not word.endswith(CASELESS))


def read_dimension(text: str) -> tuple[str, tuple[str, ...]]:
    """Read `dimension:value|value`."""
    parts = split(text, ":", 2 if text.startswith(PROP) else 1)
    if len(parts) < (3 if text.startswith(PROP) else 2):
        raise BadQuestion("A filter is `operator:dimension:value`.")
    *names, last = parts
    dimension = ":".join(unescape(name) for name in names)
    values = tuple(unescape(value) for value in split(last, "|"))
    if dimension != SEGMENT and not is_dimension(dimension):
        raise BadQuestion(f"There is no dimension “{shorten(dimension)}”.")
    if len(values) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in values):
        raise BadQuestion(f"A filter takes up to {MOST_VALUES} values of up to {LONGEST_VALUE} characters.")
    return dimension, values


def is_dimension(name: str) -> bool:
    """Whether a reader may filter or sort by it."""
    if name.startswith(PROP):
        return len(PROP) < len(name) <= 300
    return name in DIMENSIONS and DIMENSIONS[name].of is not Of.TIME
