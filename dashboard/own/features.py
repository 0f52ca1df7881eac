"""Features: what is used, by which share of the visits, how that moves, with which values, and what nobody uses.

In: an Opened; `feature` in the URL opens one of them. Out: a Page. A feature is declared here by name, so that one that
nobody uses is seen too; declaring changes nothing in what is counted. Web vitals have a page of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

from clickhouse.ask.answer import Number
from clickhouse.ask.deeds import Property, Use, Uses, ask_features, ask_last_used, ask_properties
from clickhouse.ask.guard import OTHER
from clickhouse.ask.question import Condition, Did, Period
from dashboard import words
from dashboard.cards import share_of
from dashboard.charts.bars import bar as draw_bar
from dashboard.charts.spark import sparkline
from dashboard.charts.svg import Markup
from dashboard.controls import first_day, last_day
from dashboard.own.opening import Opened, Page, all_time, bar, nothing_here
from dashboard.own.sheet import Sheet, SheetColumn, column
from dashboard.period import today_in
from dashboard.scene import Scene, question
from dashboard.words import Change
from registry.features import DeclaredFeature

EXAMPLE = '<button data-footfall-event="Sign up">Sign up</button>'


class FeatureRow(msgspec.Struct, frozen=True, kw_only=True):
    """One feature that was used."""

    name: str
    about: str
    href: str
    is_open: bool
    bar: Markup
    spark: Markup
    uses: str
    change: Change | None
    visits: str
    adoption: str


class ValueRow(msgspec.Struct, frozen=True):
    name: str
    bar: Markup
    uses: str
    share: str


class PropertyView(msgspec.Struct, frozen=True):
    """A property of the feature that is open."""

    key: str
    rows: tuple[ValueRow, ...]
    more: str


class Unused(msgspec.Struct, frozen=True):
    """A declared feature that nobody used in the period."""

    name: str
    about: str
    last: str


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of this page needs besides."""

    rows: tuple[FeatureRow, ...]
    tells_visits: bool
    open: str
    properties: tuple[PropertyView, ...]
    filtered: str
    closed: str
    unused: tuple[Unused, ...]
    declared: tuple[str, ...]
    action: str
    may_configure: bool
    against: str


async def make_page(opened: Opened) -> Page:
    scene = opened.scene
    listed = asyncio.to_thread(opened.tools.registry.features.list, opened.site.host)
    uses, before, declared, visits = await asyncio.gather(
        opened.odd(ask_features, opened.scope(), opened.guard),
        used_before(opened, scene.resolved.compare),
        listed,
        visits_of(opened),
    )
    chosen = opened.state.asked("feature")
    properties = await opened.odd(ask_properties, opened.scope(), chosen, opened.guard) if chosen else ()
    missing = [feature for feature in declared if feature.name not in {use.name for use in uses.rows}]
    last = await opened.odd(ask_last_used, opened.scope(), [feature.name for feature in missing])
    sheets = (sheet_of(uses, visits), *((property_sheet(properties),) if chosen else ()))
    is_empty = not uses.rows and not declared
    return Page(
        controls=bar(opened, compares=True),
        title=words.say("features.heading"),
        lead=words.say("features.lead"),
        sheets=sheets,
        fewer_than=uses.fewer_than,
        empty=nothing_here(opened, "features", all_time(opened), code=EXAMPLE) if is_empty else None,
        body=body_of(opened, uses, before, declared, visits, properties, missing, last),
        said=words.count_of("features.rows", len(uses.rows)),
    )


async def used_before(opened: Opened, period: Period | None) -> Mapping[str, Use]:
    if period is None:
        return {}
    uses = await opened.odd(ask_features, opened.scope(period), opened.guard)
    return {use.name: use for use in uses.rows}


async def visits_of(opened: Opened) -> Number:
    """The visits that adoption is a part of; None where visits are not told apart."""
    if opened.site.mode == "none":
        return None
    (answer,) = await opened.ask([question(opened.scene, ("visits",), opened.scene.resolved.period)])
    return answer.rows[0].metrics[0] if answer.rows else None


def days_of(scene: Scene) -> list[date]:
    """The days of the period that have begun."""
    last = min(last_day(scene.resolved.period, scene.zone), today_in(scene.zone, scene.now))
    first = first_day(scene.resolved.period, scene.zone)
    return [first + timedelta(days=nth) for nth in range((last - first).days + 1)]


def body_of(
    opened: Opened,
    uses: Uses,
    before: Mapping[str, Use],
    declared: Sequence[DeclaredFeature],
    visits: Number,
    properties: Sequence[Property],
    missing: Sequence[DeclaredFeature],
    last: Mapping[str, date],
) -> Body:
    about = {feature.name: feature.about for feature in declared}
    days, largest = days_of(opened.scene), max((use.uses for use in uses.rows), default=0)
    compared = opened.scene.resolved.compare_whole is not None
    chosen = opened.state.asked("feature")
    of_visits = Did(Condition("is", "feature", (chosen,)))
    return Body(
        rows=tuple(row_of(opened, use, about, before, days, largest, visits, compared=compared) for use in uses.rows),
        tells_visits=opened.site.mode != "none",
        open=chosen,
        properties=tuple(property_of(one) for one in properties),
        filtered=opened.elsewhere("", opened.state.having(of_visits)) if chosen else "",
        closed=opened.link(opened.state.asking(feature="")),
        unused=tuple(Unused(feature.name, feature.about, said_last(feature, last)) for feature in missing),
        declared=tuple(feature.name for feature in declared),
        action=opened.link(opened.state),
        may_configure=opened.may("configure"),
        against=opened.against,
    )


def row_of(opened: Opened, use: Use, about: Mapping[str, str], before: Mapping[str, Use], days: Sequence[date],
           largest: int, visits: Number, *, compared: bool) -> FeatureRow:  # fmt: skip
    earlier = before[use.name].uses if use.name in before else 0
    is_open = opened.state.asked("feature") == use.name
    href = "" if use.name == OTHER else opened.link(opened.state.asking(feature="" if is_open else use.name))
    return FeatureRow(
        name=use.name,
        about=about.get(use.name, ""),
        href=href,
        is_open=is_open,
        bar=draw_bar(use.uses, largest),
        spark=sparkline([use.by_day.get(day, 0) for day in days]) if use.by_day else Markup(""),
        uses=words.exact(use.uses),
        change=words.change(use.uses, earlier, "count") if compared else None,
        visits=words.exact(use.visits),
        adoption=words.percent(share_of(use.visits, visits)),
    )


def property_of(one: Property) -> PropertyView:
    largest = max((value.uses for value in one.values), default=0)
    rows = tuple(
        ValueRow(value.name or words.say("nothing.any"), draw_bar(value.uses, largest), words.exact(value.uses),
                 words.percent(share_of(value.uses, one.uses)))
        for value in one.values
    )  # fmt: skip
    return PropertyView(one.key, rows, words.count_of("features.more_values", one.more) if one.more else "")


def said_last(feature: DeclaredFeature, last: Mapping[str, date]) -> str:
    if feature.name not in last:
        return words.say("features.never")
    return words.say("features.last", day=words.day(last[feature.name], year=True))


def sheet_of(uses: Uses, visits: Number) -> Sheet:
    columns = (column("feature", "text"), column("uses"), column("visits"), column("adoption", "percent"))
    rows = tuple((use.name, use.uses, use.visits, share_of(use.visits, visits)) for use in uses.rows)
    return Sheet("features", words.say("features.heading"), columns, rows)


def property_sheet(properties: Sequence[Property]) -> Sheet:
    columns: tuple[SheetColumn, ...] = (column("key", "text"), column("value", "text"), column("uses"))
    rows = tuple((one.key, value.name, value.uses) for one in properties for value in one.values)
    return Sheet("properties", words.say("features.properties"), columns, rows)
