"""Details: one list in full, with search, order, pages and downloads.

In: a scene whose state names a tab, and `ask`. Out: a DetailsPage for `details.html`. The table shows every column of
the tab; a click on a column's name orders by it, a click on a row filters. What is downloaded is the same question
without a limit, so file and page cannot disagree. It knows no store and makes no HTML.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from clickhouse.ask.question import Condition, Direction, Filter, Question
from dashboard import words
from dashboard.cards import NONE, Column, Row, asked_of, column_of, only_rows, rows_of
from dashboard.controls import Choice, Controls, controls
from dashboard.conversion import whole_question, wholes_of
from dashboard.errors import NotHere
from dashboard.panels import CARDS, CONVERSION, MORE_TABS, REPORTED, ROWS_OF_A_PAGE, Tab, fitted, tab_of, tabs_for
from dashboard.report import Ask, fitting, numbers_of, totals_question
from dashboard.scene import Scene, question
from dashboard.url import State, with_changes, write


class Heading(msgspec.Struct, frozen=True):
    """A column's name, and where a click on it leads. `order`: `ascending`, `descending` or empty."""

    column: Column
    href: str
    order: str


class DetailsPage(msgspec.Struct, frozen=True, kw_only=True):
    """All that `details.html` shows."""

    controls: Controls
    title: str
    lists: tuple[Choice, ...]
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    count: str
    fewer_than: int
    search: str
    hidden: tuple[tuple[str, str], ...]
    """The rest of the state, for the search form."""
    unsearched: str
    paging: str
    earlier: str
    later: str
    back: str
    csv: str
    json: str


def chosen_tab(state: State) -> Tab:
    """The tab the state names; the first of all when it names none."""
    found = tab_of(state.detail or CARDS[0].tabs[0].key)
    if found is None:
        raise NotHere("There is no such list.")
    return found


def order_of(state: State, tab: Tab) -> tuple[str, Direction]:
    """What the table is ordered by: the state's wish where the table has that column."""
    if state.sort and state.sort[0] in (*asked_of(tab.details), tab.dimension):
        return state.sort
    return tab.details[0], "desc"


def search_filter(state: State, tab: Tab) -> tuple[Filter, ...]:
    if not state.search:
        return ()
    return (Condition("contains", tab.dimension, (state.search,), case_sensitive=False),)


def details_question(scene: Scene, tab: Tab) -> Question:
    """The question of one page of the table."""
    state, tab = scene.state, fitted(tab, scene.site)
    return question(
        scene,
        asked_of(tab.details),
        scene.resolved.period,
        dimensions=(tab.dimension,),
        filters=(*scene.filters, *only_rows(tab), *search_filter(state, tab)),
        compare=scene.resolved.compare,
        order_by=(order_of(state, tab),),
        limit=ROWS_OF_A_PAGE,
        offset=(state.page - 1) * ROWS_OF_A_PAGE,
        count_rows=True,
    )


def heading_of(name: str, tab: Tab, scene: Scene) -> Heading:
    """A sortable heading: the first click puts numbers from the top and names from A."""
    column = Column(name, words.say(f"dimension.{name}"), "") if name == tab.dimension else column_of(name)
    if name in REPORTED:
        return Heading(column, "", "")
    by, direction = order_of(scene.state, tab)
    usual: Direction = "asc" if name == tab.dimension else "desc"
    other: Direction = "desc" if direction == "asc" else "asc"
    wanted = (name, other if by == name else usual)
    order = "" if by != name else "ascending" if direction == "asc" else "descending"
    return Heading(column, scene.details(with_changes(scene.state, sort=wanted)), order)


def list_choices(scene: Scene, tab: Tab) -> tuple[Choice, ...]:
    """All lists there are, each with its details page."""
    shown: Sequence[Tab] = (*(one for card in CARDS for one in tabs_for(card, scene.site)), *MORE_TABS)
    plain = with_changes(scene.state, search="", sort=None)
    return tuple(
        Choice(words.say(f"list.{one.key}"), scene.details(msgspec.structs.replace(plain, detail=one.key)), one == tab)
        for one in shown
    )


def page_link(scene: Scene, number: int, last: int) -> str:
    return scene.details(with_changes(scene.state, page=number)) if 1 <= number <= last else ""


async def details_page(scene: Scene, ask: Ask) -> DetailsPage:
    """Ask for one page of one list."""
    state, tab = scene.state, fitting(scene, fitted(chosen_tab(scene.state), scene.site))
    asked = details_question(scene, tab)
    totals, answer = await ask([totals_question(scene), asked])
    wholes = NONE
    if CONVERSION in tab.details and answer.rows:
        (whole,) = await ask([whole_question(asked, [row.dimensions[0] for row in answer.rows])])
        wholes = wholes_of(whole)
    count = answer.total_rows if answer.total_rows is not None else len(answer.rows)
    last = max(1, -(-count // ROWS_OF_A_PAGE))
    plain = with_changes(state, detail=tab.key, tabs=())
    rows = rows_of(answer.rows, tab, tab.details, numbers_of(scene, totals).get(tab.whole), state, scene.link, wholes)
    return DetailsPage(
        controls=controls(
            state, scene.resolved, scene.zone, scene.now, scene.paths.details, scene.saved, scene.paths.values
        ),
        title=words.say(f"list.{tab.key}"),
        lists=list_choices(scene, tab),
        headings=tuple(heading_of(name, tab, scene) for name in (tab.dimension, *tab.details)),
        rows=rows,
        count=words.count_of("details.rows", count),
        fewer_than=answer.fewer_than or 0,
        search=state.search,
        hidden=tuple(pair for pair in write(state) if pair[0] not in ("search", "page")),
        unsearched=scene.details(with_changes(state, search="")),
        paging=words.say("details.page", page=state.page, pages=last) if last > 1 else "",
        earlier=page_link(scene, state.page - 1, last),
        later=page_link(scene, state.page + 1, last),
        back=scene.link(with_changes(state, detail="", search="", sort=None)),
        csv=plain.url(scene.paths.csv),
        json=plain.url(scene.paths.json),
    )
