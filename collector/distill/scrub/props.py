"""Props: the properties of a feature event, as text that may be kept.

In: scalars as the page sent them. Out: at most 30 pairs, keys of at most 50 characters, values of at most 300.
Invariant: a name that asks for personal data (`email`, `first_name`) never brings its value along, and a value or a
key that looks personal is scrubbed like any other text. Numbers of eight digits and more are ids.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import islice
from typing import NamedTuple

from collector.distill.scrub.text import scrub
from collector.distill.scrub.words import DENIED_NAME

MAX_PROPS = 30
MAX_READ = 100
"""Pairs looked at: blank ones do not count against the 30, but neither may they cost without end."""
MAX_KEY = 50
MAX_VALUE = 300
BIGGEST_NUMBER = 10_000_000

Scalar = str | int | float | bool


class Key(NamedTuple):
    """A property's name, fit to keep, and whether its value is not."""

    name: str
    is_denied: bool


def key_of(name: str) -> Key:
    """Read a property's name. `Tools` remembers the answers: a site has few names, and uses them all day."""
    key = scrub(name, MAX_KEY)
    return Key(key, DENIED_NAME.fullmatch(key) is not None)


def scrub_props(props: Mapping[str, Scalar], read_key: Callable[[str], Key] = key_of) -> dict[str, str]:
    """Make properties fit to keep; what is blank, endless or not a scalar is left out."""
    kept: dict[str, str] = {}
    for name, value in islice(props.items(), MAX_READ):
        if len(kept) == MAX_PROPS:
            break
        key = read_key(name)
        text = _text(value)
        if key.name and text:
            kept[key.name] = "[redacted]" if key.is_denied else text
    return kept


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return scrub(value, MAX_VALUE)
    if isinstance(value, int | float):
        return _number(value)
    return ""


def _number(value: int | float) -> str:
    """Write a number; comparing comes before asking whether it ends, which an endless integer could not answer."""
    if -BIGGEST_NUMBER < value < BIGGEST_NUMBER:
        return str(value)
    return "[id]" if isinstance(value, int) or math.isfinite(value) else ""
