"""Cards: the answer to a tab's question, made ready for a template.

In: a tab, its answer, the totals it is a part of, the state of the page (which makes the links). Out: columns, rows
with their bars and texts, tabs, links. Every row is a link that adds itself as a filter, or takes itself away again
when it is one already. A row that stands for many (`(other)`) cannot be a filter. Pure: it asks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from clickhouse.ask.answer import Answer, AnswerRow
from clickhouse.ask.metrics import METRICS
from clickhouse.ask.question import Condition, Did, Filter
from dashboard import words
from dashboard.charts.bars import bar
from dashboard.charts.svg import Markup
from dashboard.charts.world import Place, bounds, legend, world_map
from dashboard.panels import CONVERSION, DOWN_IS_GOOD, REPORTED, ROWS_OF_A_CARD, SHARE, Card, Tab
from dashboard.url import State
from dashboard.words import Change, Number

OTHER = "(other)"
Link = Callable[[State], str]
"""From a state to the address of the page that shows it."""
Wholes = Mapping[str, Number]
"""What a row's first number is of everybody, by row."""
NONE: Wholes = MappingProxyType({})


class Column(msgspec.Struct, frozen=True):
    key: str
    name: str
    about: str


class Cell(msgspec.Struct, frozen=True):
    """One number of a row: as written, exactly, and how it moved."""

    text: str
    exactly: str
    change: Change | None = None


class Row(msgspec.Struct, frozen=True):
    """One line of a list. Without `href` it is no filter."""

    label: str
    bar: Markup
    cells: tuple[Cell, ...]
    href: str = ""
    is_filter: bool = False
    about: str = ""
    """Why it is no link, where it is none; empty: it stands for many that are too few each."""


class TabLink(msgspec.Struct, frozen=True):
    name: str
    href: str
    is_open: bool


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template of a card needs."""

    key: str
    title: str
    what: str
    tabs: tuple[TabLink, ...]
    kinds: tuple[TabLink, ...]
    """The second row of tabs: the open one and its kin."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    details: str
    empty: Markup
    is_wide: bool
    map: Markup | None = None
    legend: Markup | None = None
    fewer_than: int = 0
    """Above 0: the rows stand for fewer people than this, so none is shown."""
    next: tuple[str, str] = ("", "")
    """What to do about an empty card: its name and its page."""


def unit_of(metric: str) -> str:
    """`count`, `ratio`, `seconds` or `percent`."""
    return "percent" if metric in REPORTED else METRICS[metric].unit


def column_of(metric: str) -> Column:
    name = words.say(f"column.{metric}") if words.knows(f"column.{metric}") else words.say(f"metric.{metric}")
    return Column(
        metric, name, METRICS[metric].definition if metric in METRICS else words.say(f"metric.{metric}_about")
    )


def asked_of(columns: Sequence[str]) -> tuple[str, ...]:
    """The metrics of a tab's columns that the store is asked for."""
    return tuple(name for name in columns if name not in REPORTED)


def share_of(part: Number, whole: Number) -> float | None:
    return 100 * part / whole if part is not None and whole else None


def filter_of(tab: Tab, value: str) -> Filter:
    """The filter that a click on a row adds."""
    condition = Condition("is", tab.dimension, (value,))
    return Did(condition) if tab.by_visit else condition


def only_rows(tab: Tab) -> tuple[Filter, ...]:
    """The filters that keep what is no row out of a tab's answer."""
    without = (Condition("is_not", tab.dimension, tab.without),) if tab.without else ()
    return (*without, Condition("is", "feature", (tab.feature,))) if tab.feature else without


def numbers_of(row: AnswerRow, tab: Tab, columns: Sequence[str], whole: Number, wholes: Wholes) -> dict[str, Number]:
    numbers: dict[str, Number] = dict(zip(asked_of(columns), row.metrics, strict=True))
    converted = share_of(row.metrics[0], wholes.get(row.dimensions[0]))
    return {**numbers, SHARE: share_of(numbers.get(tab.whole), whole), CONVERSION: converted}


def cells_of(
    row: AnswerRow, tab: Tab, columns: Sequence[str], whole: Number, wholes: Wholes = NONE
) -> tuple[Cell, ...]:
    """The numbers of a row in the order of the columns; the first says how it moved."""
    now = numbers_of(row, tab, columns, whole, wholes)
    before = dict(zip(asked_of(columns), row.before, strict=True)) if row.before else {}
    cells = []
    for nth, name in enumerate(columns):
        unit, good = unit_of(name), name not in DOWN_IS_GOOD
        moved = None if nth else words.change(now[name], before.get(name), unit, up_is_good=good)
        cells.append(Cell(words.said(now[name], unit), words.said_exactly(now[name], unit), moved))
    return tuple(cells)


def row_of(row: AnswerRow, tab: Tab, columns: Sequence[str], whole: Number, largest: float,
           state: State, link: Link, wholes: Wholes = NONE) -> Row:  # fmt: skip
    value, drawn = row.dimensions[0], bar(row.metrics[0], largest)
    cells = cells_of(row, tab, columns, whole, wholes)
    if value == OTHER:
        return Row(value, drawn, cells)
    wanted = filter_of(tab, value)
    is_filter = wanted in state.filters
    href = link(state.without(wanted) if is_filter else state.having(wanted))
    return Row(words.value_of(tab.dimension, value), drawn, cells, href, is_filter)


def rows_of(rows: Sequence[AnswerRow], tab: Tab, columns: Sequence[str], whole: Number, state: State,
            link: Link, wholes: Wholes = NONE) -> tuple[Row, ...]:  # fmt: skip
    largest = max((row.metrics[0] or 0 for row in rows), default=0)
    return tuple(row_of(row, tab, columns, whole, largest, state, link, wholes) for row in rows)


def empty_text(tab: Tab, state: State) -> Markup:
    """What to do about an empty list. Catalogue texts may hold markup, and nothing else goes in here."""
    if state.filters:
        return Markup(words.say("empty.filtered"))
    name = f"empty.{tab.key}"
    return Markup(words.say(name if words.knows(name) else "empty.any"))


def tab_links(card: Card, tabs: Sequence[Tab], chosen: Tab, state: State, link: Link) -> tuple[TabLink, ...]:
    return tuple(
        TabLink(words.say(f"tab.{tab.key}"), link(state.with_tab(card.key, tab.key)),
                tab.key in (chosen.key, chosen.under))
        for tab in tabs if not tab.under
    )  # fmt: skip


def kind_links(card: Card, tabs: Sequence[Tab], chosen: Tab, state: State, link: Link) -> tuple[TabLink, ...]:
    """The tabs that are kinds of the open one, itself the first; none where it has no kin."""
    head = chosen.under or chosen.key
    kin = [tab for tab in tabs if head in (tab.key, tab.under)]
    return tuple(
        TabLink(words.say(f"kind.{tab.key}"), link(state.with_tab(card.key, tab.key)), tab == chosen)
        for tab in kin if len(kin) > 1
    )  # fmt: skip


def map_of(answer: Answer, tab: Tab, state: State, link: Link, outlines: str) -> tuple[Markup, Markup]:
    """The map of a country answer, and its legend."""
    places = [
        Place(row.dimensions[0], words.country(row.dimensions[0]), row.metrics[0] or 0, words.exact(row.metrics[0]),
              link(state.having(filter_of(tab, row.dimensions[0]))))
        for row in answer.rows if row.dimensions[0]
    ]  # fmt: skip
    largest = max((place.value for place in places), default=0)
    ranges = [words.compact(low) if low == high else f"{words.compact(low)}–{words.compact(high)}"
              for low, high in bounds(largest)]  # fmt: skip
    return world_map(places, title=words.say("report.map"), outlines=outlines), legend(largest, ranges)


def card_view(card: Card, tabs: Sequence[Tab], tab: Tab, answer: Answer, totals: Mapping[str, Number], *,
              state: State, link: Link, details: Link, outlines: str, wholes: Wholes = NONE) -> CardView:  # fmt: skip
    """Make a card from the answer of its open tab."""
    named = [row for row in answer.rows if row.dimensions[0] or not tab.needs_name]
    rows = rows_of(named[:ROWS_OF_A_CARD], tab, tab.columns, totals.get(tab.whole), state, link, wholes)
    drawn = map_of(answer, tab, state, link, outlines) if tab.dimension == "country" else (None, None)
    return CardView(
        key=card.key,
        title=words.say(f"card.{card.key}"),
        what=words.say(f"list.{tab.key}"),
        tabs=tab_links(card, tabs, tab, state, link),
        kinds=kind_links(card, tabs, tab, state, link),
        columns=(Column("", words.say(f"dimension.{tab.dimension}"), ""), *map(column_of, tab.columns)),
        rows=rows,
        details=details(msgspec.structs.replace(state, detail=tab.key, page=1)),
        empty=empty_text(tab, state),
        is_wide=card.is_wide,
        map=drawn[0],
        legend=drawn[1],
        fewer_than=answer.fewer_than or 0,
    )
