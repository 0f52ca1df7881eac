"""Report: one state of one site becomes one page. Which questions that takes, and what is made of the answers.

In: a state (the URL), the site, the clock, and `ask`, which answers a list of questions at once and keeps its reader's
small numbers guarded. Out: a Report for `report.html`, or a single card for `card.html`: a script that changes one card
asks for no more than that card. All questions of a page are put together, so that the store can answer them in few
scans. It holds no SQL, no HTML and no rule about who may see what.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

import msgspec

from clickhouse.ask.answer import Answer
from clickhouse.ask.asking import people_now
from clickhouse.ask.metrics import METRICS
from clickhouse.ask.question import Condition, Period, Question
from dashboard import words
from dashboard.cards import NONE, CardView, asked_of, card_view, only_rows, share_of
from dashboard.controls import Choice, Controls, controls, days_of, interval_choices
from dashboard.conversion import converting, whatever_they_did, whole_question, wholes_of
from dashboard.panels import CARDS, CONVERSION, ROWS_OF_A_CARD, ROWS_OF_A_MAP, Card, Tab, tabs_for
from dashboard.period import Span
from dashboard.plot import Bucket, Kpi, Plot, buckets, kpi, plot
from dashboard.scene import Note, Scene, question
from dashboard.url import State, with_changes
from dashboard.words import Number

Ask: TypeAlias = Callable[[Sequence[Question]], Awaitable[Sequence[Answer]]]
SERIES = "series"
"""What the files of the chart are called."""
LONGEST_DAY = timedelta(hours=25)
"""The day on which clocks are set back."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that `report.html` shows."""

    controls: Controls
    kpis: tuple[Kpi, ...]
    plot: Plot
    intervals: tuple[Choice, ...]
    legend_now: str
    legend_before: str
    cards: tuple[CardView, ...]
    files: tuple[tuple[str, str], ...]
    """The numbers of the chart as files: (kind, address)."""
    notes: tuple[Note, ...]
    """What was written about days of the period, in order."""
    people_now: str
    nobody_now: str
    """What `people_now` says of nobody."""
    live: str
    realtime: str
    is_quiet: bool
    """Nothing at all, neither in this period nor in the one compared with."""
    fewer_than: int
    """Above 0: fewer people than this match the filters, so there is nothing to show."""
    tag: str
    all_time: str
    note: str
    definitions: tuple[tuple[str, str], ...]
    converted: str = ""
    """Which share of all visits did what is filtered by."""


def totals_question(scene: Scene) -> Question:
    return question(scene, scene.kpis, scene.resolved.period, compare=scene.resolved.compare)


def series_question(scene: Scene, period: Period) -> Question:
    return question(scene, scene.kpis, period, dimensions=(f"time:{scene.interval}",))


def here_now_question(scene: Scene) -> Question:
    """Visitors of the last minutes, whatever the filters."""
    return people_now(scene.site.id, scene.site.timezone, scene.now)


def tab_question(scene: Scene, tab: Tab) -> Question:
    limit = ROWS_OF_A_MAP if tab.dimension == "country" else ROWS_OF_A_CARD + tab.needs_name
    return question(scene, asked_of(tab.columns), scene.resolved.period, dimensions=(tab.dimension,),
                    filters=(*scene.filters, *only_rows(tab)),
                    compare=scene.resolved.compare, limit=limit)  # fmt: skip


def open_tab(scene: Scene, card: Card) -> tuple[tuple[Tab, ...], Tab]:
    """The tabs of a card for this site, and the one that is open."""
    tabs = lists_of(scene, card)
    chosen = scene.state.tab(card.key, usual_tab(scene, tabs).key)
    return tabs, next((tab for tab in tabs if tab.key == chosen), tabs[0])


def lists_of(scene: Scene, card: Card) -> tuple[Tab, ...]:
    """The lists of a card for this site, under these filters."""
    return tuple(fitting(scene, tab) for tab in tabs_for(card, scene.site))


def fitting(scene: Scene, tab: Tab) -> Tab:
    return converting(tab, scene.filters) if scene.may_see_all and scene.site.mode != "none" else tab


def usual_tab(scene: Scene, tabs: Sequence[Tab]) -> Tab:
    """The tab that is open when nobody chose: within one country its regions, where they are known; else the first."""
    in_one = any(isinstance(one, Condition) and one.dimension == "country" and one.operator == "is" and
                 len(one.values) == 1 for one in scene.filters)  # fmt: skip
    return next((tab for tab in tabs if in_one and tab.dimension == "region"), tabs[0])


def make_card(scene: Scene, card: Card, answer: Answer, totals: Mapping[str, Number], whole: Answer | None) -> CardView:
    tabs, tab = open_tab(scene, card)
    return card_view(card, tabs, tab, answer, totals, state=scene.state, link=scene.link, details=scene.details,
                     outlines=scene.paths.world, wholes=wholes_of(whole) if whole else NONE)  # fmt: skip


def numbers_of(scene: Scene, answer: Answer, *, before: bool = False) -> dict[str, Number]:
    """The totals of an answer by metric; empty where there is nothing to say."""
    if not answer.rows:
        return {}
    numbers = answer.rows[0].before if before else answer.rows[0].metrics
    return dict(zip(scene.kpis, numbers or (), strict=False))


def kpi_name(metric: str, scene: Scene) -> str:
    """On a single day daily visitors are simply visitors."""
    alone = metric == "visitors" and is_one_day(scene)
    return words.say("metric.visitors_one_day" if alone else f"metric.{metric}")


async def card_page(scene: Scene, card: Card, ask: Ask) -> CardView:
    """One card of a report, with two questions."""
    tab = open_tab(scene, card)[1]
    totals, answer, *whole = await ask([totals_question(scene), tab_question(scene, tab), *wholes_asked(scene, [tab])])
    return make_card(scene, card, answer, numbers_of(scene, totals), whole[0] if whole else None)


def wholes_asked(scene: Scene, tabs: Sequence[Tab]) -> list[Question]:
    """The questions about everybody, for those lists that tell a share of them."""
    return [whole_question(tab_question(scene, tab)) for tab in tabs if CONVERSION in tab.columns]


async def report_page(scene: Scene, ask: Ask) -> Report:
    """Ask all questions of a report at once and put the page together."""
    whole = scene.resolved.compare_whole
    opened = [open_tab(scene, card)[1] for card in CARDS]
    everybody = wholes_asked(scene, opened)
    asked = [
        totals_question(scene),
        here_now_question(scene),
        *(tab_question(scene, tab) for tab in opened),
        *everybody,
        *(
            [question(scene, ("visits",), scene.resolved.period, filters=whatever_they_did(scene.filters))]
            if everybody
            else []
        ),
        series_question(scene, scene.resolved.period),
        *([series_question(scene, whole)] if whole else []),
    ]
    totals, here, *rest = await ask(asked)
    tabs, rest = rest[: len(CARDS)], rest[len(CARDS) :]
    wholes = dict(zip((tab.key for tab in opened if CONVERSION in tab.columns), rest, strict=False))
    visits, series = (rest[len(everybody)], rest[len(everybody) + 1 :]) if everybody else (None, rest)
    now = lay_out(scene, series[0], scene.resolved.period)
    before = lay_out(scene, series[1], whole) if whole else []
    numbers = numbers_of(scene, totals)
    cards = tuple(
        make_card(scene, card, answer, numbers, wholes.get(tab.key))
        for card, tab, answer in zip(CARDS, opened, tabs, strict=True)
    )
    made = put_together(scene, totals, here, now, before, cards)
    return msgspec.structs.replace(made, converted=said_conversion(numbers, visits))


def said_conversion(numbers: Mapping[str, Number], everybody: Answer | None) -> str:
    """Which share of all visits did what is filtered by; empty where that is not asked."""
    whole = everybody.rows[0].metrics[0] if everybody and everybody.rows else None
    share = share_of(numbers.get("visits"), whole)
    if share is None:
        return ""
    return words.say("report.converted", share=words.percent(share), part=words.exact(numbers["visits"]),
                     whole=words.exact(whole))  # fmt: skip


def lay_out(scene: Scene, answer: Answer, period: Period) -> list[Bucket]:
    return buckets(answer, scene.kpis, period, scene.interval, scene.zone, scene.now)


def people_here(scene: Scene, here: Answer) -> str:
    """How many people are here, in words; empty where nobody is told apart."""
    return "" if scene.site.mode == "none" else said_here(here)


def said_here(here: Answer) -> str:
    """How many people are here; under a guard, few and none are told alike."""
    if here.fewer_than:
        return words.say("report.now_fewer", k=here.fewer_than)
    return words.count_of("report.now", int((here.rows[0].metrics[0] if here.rows else 0) or 0))


def kpis_of(scene: Scene, totals: Answer, series: Sequence[Bucket]) -> tuple[Kpi, ...]:
    now, before = numbers_of(scene, totals), numbers_of(scene, totals, before=True)
    return tuple(
        kpi(key, now.get(key), before.get(key), series, scene.state, scene.metric, scene.link, kpi_name(key, scene))
        for key in scene.kpis
    )


def is_one_day(scene: Scene) -> bool:
    return scene.resolved.period.until - scene.resolved.period.since <= LONGEST_DAY


def put_together(scene: Scene, totals: Answer, here: Answer, now: Sequence[Bucket], before: Sequence[Bucket],
                 cards: tuple[CardView, ...]) -> Report:  # fmt: skip
    state, resolved, whole = scene.state, scene.resolved, scene.resolved.compare_whole
    return Report(
        controls=controls(state, resolved, scene.zone, scene.now, scene.paths.report, scene.saved, scene.paths.values),
        kpis=kpis_of(scene, totals, now),
        plot=plot(
            scene.metric,
            kpi_name(scene.metric, scene),
            now,
            before,
            scene.interval,
            [(note.day, note.text) for note in scene.notes],
        ),
        intervals=interval_choices(state, resolved.period, scene.link),
        legend_now=days_of(resolved.period, scene.zone),
        legend_before=days_of(whole, scene.zone) if whole else "",
        cards=cards,
        files=tuple(
            (kind.upper(), f"{scene.paths.details}/{SERIES}.{kind}?{state.query()}") for kind in ("csv", "json")
        ),
        notes=scene.notes,
        live=scene.paths.live,
        people_now=people_here(scene, here),
        nobody_now=words.count_of("report.now", 0),
        realtime=scene.link(with_changes(state, span=Span("realtime"), interval="")),
        is_quiet=not any((*numbers_of(scene, totals).values(), *numbers_of(scene, totals, before=True).values())),
        fewer_than=totals.fewer_than or 0,
        tag=f"{scene.paths.report}/tag",
        all_time=scene.link(State(span=Span("all"))),
        note="" if is_one_day(scene) else words.say("report.sum_note"),
        definitions=tuple((words.say(f"metric.{key}"), METRICS[key].definition) for key in scene.kpis),
    )
