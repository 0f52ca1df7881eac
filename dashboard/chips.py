"""Chips: the filters in force, each with the form that changes it and the link that takes it off.

In: the filters of a state. Out: what they are called, and what the fields of a form hold; the form's answer is read in
url.py. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from clickhouse.ask.question import AllOf, AnyOf, Condition, Did, Filter
from dashboard import words
from dashboard.cards import Link
from dashboard.filters import PROP, SEGMENT
from dashboard.saved import Saved, name_of
from dashboard.url import State, write

FILTER_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pages", ("page", "entry", "exit", "hostname", "entry_hostname", "exit_hostname", "missing_page")),
    ("came", ("source", "channel", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term",
              "click")),
    ("places", ("country", "region", "city", "language")),
    ("devices", ("device", "browser", "browser_version", "os", "os_version")),
    ("deeds", ("feature", PROP, "outbound_link", "download", "currency")),
)  # fmt: skip
"""Offered in the filter form, most used first; `prop:` asks for the property's name."""
WHOLE_VISIT = ("did", "did_not")
WHENS = (("", "filter.when_it"), ("did", "filter.when_did"), ("did_not", "filter.when_did_not"))
"""Of what a filter is asked, and its text."""
OPERATORS = ("is", "is_not", "contains", "contains_not", "matches", "matches_not")
Pairs: TypeAlias = tuple[tuple[str, str], ...]


class FilterForm(msgspec.Struct, frozen=True):
    """What the fields of a filter's form hold; `hidden` is the rest of the state, without that filter."""

    dimension: str = ""
    key: str = ""
    """The property's name, where the dimension is `prop:`."""
    operator: str = "is"
    values: tuple[str, ...] = ()
    when: str = ""
    """`did`, `did_not`: asked about the whole visit."""
    ignores_case: bool = False
    hidden: Pairs = ()


class Chip(msgspec.Struct, frozen=True):
    """A filter in force. `href` is the page without it, `form` changes it; a segment cannot be changed here."""

    what: str
    how: str
    values: str
    href: str
    form: FilterForm | None = None


def said_dimension(name: str) -> str:
    if name.startswith(PROP):
        key = name.removeprefix(PROP)
        return words.say("filter.property", key=key) if key else words.say("filter.any_property")
    return words.say(f"dimension.{name}")


def said_filter(filter_: Filter, saved: Sequence[Saved] = ()) -> tuple[str, str, str]:
    """A filter in words: what, how, which values."""
    if isinstance(filter_, Condition):
        is_saved = filter_.dimension == SEGMENT
        said = (name_of(value, saved) if is_saved else words.value_of(filter_.dimension, value)
                for value in filter_.values)  # fmt: skip
        how = words.say(f"operator.{filter_.operator}")
        what = words.say("segment.one") if is_saved else said_dimension(filter_.dimension)
        return what, how, words.say("filter.or").join(said)
    if isinstance(filter_, Did):
        what, how, values = said_filter(filter_.filter)
        return words.say("filter.did" if filter_.did else "filter.did_not", filter=what), how, values
    if isinstance(filter_, AllOf | AnyOf):
        return words.say("filter.title"), "", ", ".join(" ".join(said_filter(one)) for one in filter_.filters)
    return words.say("operator.is_not"), "", " ".join(said_filter(filter_.filter))


def filter_form(filter_: Filter, hidden: Pairs) -> FilterForm | None:
    """The form that changes a filter; None for what the form has no fields for."""
    inner = filter_.filter if isinstance(filter_, Did) else filter_
    if not isinstance(inner, Condition) or inner.dimension == SEGMENT:
        return None
    is_property = inner.dimension.startswith(PROP)
    return FilterForm(
        dimension=PROP if is_property else inner.dimension,
        key=inner.dimension.removeprefix(PROP) if is_property else "",
        operator=inner.operator,
        values=tuple(words.value_of(inner.dimension, value) for value in inner.values),
        when=WHOLE_VISIT[not filter_.did] if isinstance(filter_, Did) else "",
        ignores_case=not inner.case_sensitive,
        hidden=hidden,
    )


def chips_of(state: State, link: Link, saved: Sequence[Saved] = ()) -> tuple[Chip, ...]:
    def chip(one: Filter) -> Chip:
        without = state.without(one)
        return Chip(*said_filter(one, saved), link(without), filter_form(one, pairs_without(without, ("page",))))

    return tuple(map(chip, state.filters))


def dimension_groups() -> tuple[tuple[str, Pairs], ...]:
    return tuple(
        (words.say(f"filter_group.{group}"), tuple((name, said_dimension(name)) for name in names))
        for group, names in FILTER_GROUPS
    )


def pairs_without(state: State, names: Sequence[str]) -> Pairs:
    return tuple(pair for pair in write(state) if pair[0] not in names)
