"""The query string is the state: period, comparison, filters, what is plotted, which table is open.

In: the decoded parameters of a URL. Out: a State; and from a State the query string again, in its shortest form,
which reads back as the same State. Whatever a URL says becomes a plain value here or a `BadQuestion` with a sentence
for the page that answers 400; nothing of it is ever code. It knows no site, no clock and no store.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import get_args
from urllib.parse import quote, urlencode

import msgspec

from clickhouse.ask.metrics import METRICS
from clickhouse.ask.question import Direction, Filter
from dashboard.errors import BadQuestion, shorten
from dashboard.filters import CASELESS, LONGEST_VALUE, PROP, escape, is_dimension, read_filter, write_filter
from dashboard.period import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_DAYS,
    SPAN_ROWS,
    CompareName,
    Comparison,
    Interval,
    Span,
)
from dashboard.words import code_of

MOST_FILTERS = 20
LAST_PAGE = 10_000
OWN = ("of", "way", "steps", "feature", "funnel", "within", "s", "show")
"""Names that a page of its own may ask by, beside what every page understands."""
MOST_OWN = 16
INTERVALS: tuple[str, ...] = get_args(Interval)
COMPARES: tuple[str, ...] = get_args(CompareName)
WORD = re.compile(r"[a-z0-9_-]{1,60}")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows, as far as the URL says."""

    span: Span = Span()
    compare: Comparison = Comparison()
    filters: tuple[Filter, ...] = ()
    metric: str = ""
    """The metric plotted; empty: the page's first."""
    interval: str = ""
    """Empty: the one that suits the period."""
    tabs: tuple[tuple[str, str], ...] = ()
    """(card, tab) chosen by the reader, where it is not the card's first tab."""
    detail: str = ""
    search: str = ""
    """Text looked for in a details table."""
    sort: tuple[str, Direction] | None = None
    page: int = 1
    own: tuple[tuple[str, str], ...] = ()
    """What only the page at hand understands: (name, value), names may repeat."""

    def query(self) -> str:
        """Write the state as a query string; empty for the state of a bare URL."""
        return urlencode(list(write(self)), safe="/:,", quote_via=quote)

    def url(self, path: str) -> str:
        query = self.query()
        return f"{path}?{query}" if query else path

    def having(self, filter_: Filter) -> State:
        """Add a filter (once); a filter changes what pages of a table mean, so paging starts over."""
        filters = self.filters if filter_ in self.filters else (*self.filters, filter_)
        return msgspec.structs.replace(self, filters=filters, page=1)

    def without(self, filter_: Filter) -> State:
        kept = tuple(one for one in self.filters if one != filter_)
        return msgspec.structs.replace(self, filters=kept, page=1)

    def with_tab(self, card: str, tab: str) -> State:
        others = tuple((name, chosen) for name, chosen in self.tabs if name != card)
        return msgspec.structs.replace(self, tabs=(*others, (card, tab)))

    def tab(self, card: str, default: str) -> str:
        return dict(self.tabs).get(card, default)

    def asked(self, name: str) -> str:
        return dict(self.own).get(name, "")

    def asking(self, **own: str) -> State:
        """Ask the page at hand for something else; an empty value asks no more."""
        kept = tuple(pair for pair in self.own if pair[0] not in own)
        added = tuple((name, value) for name, value in own.items() if value)
        return msgspec.structs.replace(self, own=(*kept, *added), page=1)


def with_changes(state: State, **changes: object) -> State:
    """Copy a state with some fields changed; paging starts over unless it is what changes."""
    return msgspec.structs.replace(state, **{"page": 1, **changes})


def read(parameters: Iterable[tuple[str, str]]) -> State:
    """Read the state from decoded (name, value) pairs; unknown names are left alone. Raises BadQuestion."""
    pairs = list(parameters)
    one = dict(pairs)
    for name, value in pairs:
        if "\x00" in value or "\ufffd" in value or any(0xD800 <= ord(mark) <= 0xDFFF for mark in value):
            raise BadQuestion(f"`{shorten(name)}` holds characters that are not text.")
    written = (read_filter(value) for name, value in pairs if name == "f")
    filters = tuple(dict.fromkeys((*written, *typed_filter(pairs))))
    if len(filters) > MOST_FILTERS:
        raise BadQuestion(f"A page takes up to {MOST_FILTERS} filters.")
    return State(
        span=read_span(one),
        compare=read_compare(one),
        filters=filters,
        metric=read_choice(one, "metric", METRICS),
        interval=read_choice(one, "interval", INTERVALS),
        tabs=tuple(dict(read_tab(value) for name, value in pairs if name == "tab").items()),
        detail=read_word(one.get("detail", "")),
        search=shorten(one.get("search", ""), LONGEST_VALUE),
        sort=read_sort(one.get("sort", "")),
        page=read_page(one.get("page", "1")),
        own=read_own(pairs),
    )


def typed_filter(pairs: Sequence[tuple[str, str]]) -> tuple[Filter, ...]:
    """Read the filter of a form: dimension `fd`, with its key `fp`; operator `fo`; values `fv`; `fi`, `fw`.

    `fi`: case does not matter. `fw`: `did` or `did_not` ask about the whole visit. Values are typed as they are shown:
    a country by its name too.
    """
    one = dict(pairs)
    what, values = one.get("fd", ""), [value.strip() for name, value in pairs if name == "fv" and value.strip()]
    if not what or not values:
        return ()
    if what == PROP:
        if not one.get("fp", "").strip():
            raise BadQuestion("Say which property: its name, as the page sends it.")
        what = PROP + escape(one["fp"].strip(), ":")
    coded = "|".join(escape(code_of(what, value), "|") for value in values)
    how = one.get("fo", "") + (CASELESS if one.get("fi") else "")
    when = f"{one['fw']}:" if one.get("fw") in ("did", "did_not") else ""
    return (read_filter(f"{when}{how}:{what}:{coded}"),)


def read_choice(one: Mapping[str, str], name: str, allowed: Iterable[str]) -> str:
    value = one.get(name, "")
    if value and value not in allowed:
        raise BadQuestion(f"`{name}` is one of {', '.join(allowed)}.")
    return value


def read_word(text: str) -> str:
    if text and not WORD.fullmatch(text):
        raise BadQuestion("Names of cards and tabs are small letters, digits, `_` and `-`.")
    return text


def read_tab(text: str) -> tuple[str, str]:
    card, _, tab = text.partition(".")
    return read_word(card), read_word(tab)


def read_sort(text: str) -> tuple[str, Direction] | None:
    if not text:
        return None
    name, _, direction = text.rpartition(":")
    if direction not in ("asc", "desc") or not (name in METRICS or is_dimension(name)):
        raise BadQuestion("`sort` is a metric or a dimension, then `:asc` or `:desc`.")
    return name, msgspec.convert(direction, Direction)


def read_own(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Read what a page of its own is asked; steps typed into a form (`k1`, `p1`, …) become steps (`s`)."""
    pairs = list(pairs)
    own = tuple((name, shorten(value, LONGEST_VALUE)) for name, value in pairs if name in OWN and value)
    one = dict(pairs)
    typed = ((one.get(f"k{nth}", ""), one.get(f"p{nth}", "").strip()) for nth in range(1, 9))
    own += tuple(("s", shorten(f"{kind}:{pattern}", LONGEST_VALUE)) for kind, pattern in typed if kind and pattern)
    if len(own) > MOST_OWN:
        raise BadQuestion("That is too much for one page.")
    return own


def read_page(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text) or int(text) > LAST_PAGE:
        raise BadQuestion(f"`page` is a number from 1 to {LAST_PAGE}.")
    return int(text)


def read_date(one: Mapping[str, str], name: str) -> date | None:
    text = one.get(name, "")
    if not text:
        return None
    try:
        if not ISO_DATE.fullmatch(text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise BadQuestion(f"`{name}` is a date like 2026-01-31.") from None
    if not FIRST_YEAR < day.year <= LAST_YEAR:
        raise BadQuestion(f"`{name}` lies outside the years {FIRST_YEAR + 1} to {LAST_YEAR}.")
    return day


def read_days(one: Mapping[str, str], first_name: str, last_name: str) -> tuple[date | None, date | None]:
    """Read two dates that must come together and in order."""
    first, last = read_date(one, first_name), read_date(one, last_name)
    if (first is None) != (last is None):
        raise BadQuestion(f"`{first_name}` and `{last_name}` come together.")
    if first and last and not 0 <= (last - first).days < LONGEST_DAYS:
        raise BadQuestion(f"`{last_name}` lies up to ten years after `{first_name}`.")
    return first, last


def read_span(one: Mapping[str, str]) -> Span:
    first, last = read_days(one, "from", "to")
    name = read_choice(one, "period", SPAN_ROWS) or ("custom" if first else Span().name)
    if (name == "custom") != (first is not None):
        raise BadQuestion("A custom period needs `from` and `to`, and only a custom period takes them.")
    if first is None and name in ("day", "month", "year"):
        first = read_date(one, "date")
    return Span(SPAN_ROWS[name].name, first, last)


def read_compare(one: Mapping[str, str]) -> Comparison:
    first, last = read_days(one, "compare_from", "compare_to")
    name = read_choice(one, "compare", COMPARES) or ("custom" if first else "off")
    if (name == "custom") != (first is not None):
        raise BadQuestion("A custom comparison needs `compare_from` and `compare_to`.")
    weekdays = read_choice(one, "match", ("weekdays", "dates")) != "dates"
    return Comparison(msgspec.convert(name, CompareName), weekdays or name in ("off", "custom"), first, last)


def write(state: State) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a state; what is usual is left out."""
    yield from write_span(state.span)
    yield from write_compare(state.compare)
    for filter_ in state.filters:
        yield "f", write_filter(filter_)
    words = {"metric": state.metric, "interval": state.interval, "detail": state.detail, "search": state.search}
    yield from ((name, value) for name, value in words.items() if value)
    for card, tab in state.tabs:
        yield "tab", f"{card}.{tab}"
    if state.sort:
        yield "sort", ":".join(state.sort)
    if state.page > 1:
        yield "page", str(state.page)
    yield from state.own


def write_span(span: Span) -> Iterator[tuple[str, str]]:
    if span.name == "custom" and span.first and span.last:
        yield "from", span.first.isoformat()
        yield "to", span.last.isoformat()
        return
    if span.name != Span().name:
        yield "period", span.name
    if span.first:
        yield "date", span.first.isoformat()


def write_compare(compare: Comparison) -> Iterator[tuple[str, str]]:
    if compare.name == "custom" and compare.first and compare.last:
        yield "compare_from", compare.first.isoformat()
        yield "compare_to", compare.last.isoformat()
    elif compare.name != "off":
        yield "compare", compare.name
        if not compare.weekdays:
            yield "match", "dates"
