"""Goals: how often each was reached, by which share of the visits, and for how much.

In: an Opened and the goals of the registry. Out: a Page. Conversion is visits that reached the goal of all visits under
the same filters. Money of different currencies is never added. A goal that too few people reached is not told to those
under a guard. Goals are definitions: they hold for the past too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from clickhouse.ask.answer import Number
from clickhouse.ask.deeds import Reached, ask_goals
from clickhouse.ask.odd import too_few
from dashboard import words
from dashboard.api.goals import goal_filter
from dashboard.cards import share_of
from dashboard.charts.bars import bar as draw_bar
from dashboard.charts.spark import sparkline
from dashboard.charts.svg import Markup
from dashboard.goal_card import filter_by
from dashboard.own.features import days_of, visits_of
from dashboard.own.opening import Opened, Page, bar
from dashboard.own.sheet import Sheet, column
from dashboard.words import Change
from registry.goals import Goal


class GoalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One goal."""

    id: int
    name: str
    what: str
    href: str
    """The report of the visits that reached it; a pattern has none."""
    bar: Markup
    spark: Markup
    times: str
    change: Change | None
    visits: str
    conversion: str
    revenue: str
    is_hidden: bool
    """Reached by too few to say."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of this page needs besides."""

    rows: tuple[GoalRow, ...]
    tells_visits: bool
    has_revenue: bool
    action: str
    may_configure: bool
    least: int


async def make_page(opened: Opened) -> Page:
    scene, guard = opened.scene, opened.guard
    goals = await asyncio.to_thread(opened.tools.registry.goals.list, opened.site.host)
    filters = [goal_filter(goal) for goal in goals]
    fewer, visits, reached, before = await asyncio.gather(
        asyncio.to_thread(too_few, opened.tools.store, opened.scope(), guard),
        visits_of(opened),
        opened.odd(ask_goals, opened.scope(), filters, guard),
        opened.odd(ask_goals, opened.scope(scene.resolved.compare), filters, guard)
        if scene.resolved.compare
        else nothing(),
    )
    body = Body(
        rows=tuple(rows_of(opened, goals, reached, before, visits)),
        tells_visits=opened.site.mode != "none",
        has_revenue=any(one and one.revenue for one in reached),
        action=opened.link(opened.state),
        may_configure=opened.may("configure"),
        least=guard.k,
    )
    return Page(
        controls=bar(opened, compares=True),
        title=words.say("goals.heading"),
        lead=words.say("goals.lead"),
        sheets=(sheet_of(goals, reached, visits), revenue_sheet(goals, reached)) if goals else (),
        fewer_than=fewer,
        body=body,
        said=words.count_of("goals.rows", len(goals)),
    )


async def nothing() -> list[Reached | None]:
    return []


def rows_of(opened: Opened, goals: Sequence[Goal], reached: Sequence[Reached | None],
            before: Sequence[Reached | None], visits: Number) -> list[GoalRow]:  # fmt: skip
    largest = max((one.times for one in reached if one), default=0)
    days = days_of(opened.scene)
    earlier = before or [None] * len(goals)
    return [
        row_of(opened, goal, now, then, largest, days, visits)
        for goal, now, then in zip(goals, reached, earlier, strict=True)
    ]


def row_of(opened: Opened, goal: Goal, now: Reached | None, then: Reached | None, largest: int, days: Sequence[date],
           visits: Number) -> GoalRow:  # fmt: skip
    told = now or Reached()
    moved = words.change(told.times, then.times, "count") if now and then else None
    hidden, wanted = f"<{opened.guard.k}", filter_by(goal)
    return GoalRow(
        id=goal.id,
        name=goal.name,
        what=words.say(f"goals.{goal.kind}", pattern=goal.pattern),
        href=opened.elsewhere("", opened.state.having(wanted)) if wanted is not None else "",
        bar=draw_bar(told.times, largest),
        spark=sparkline([told.by_day.get(day, 0) for day in days]) if told.by_day else Markup(""),
        times=words.exact(told.times) if now else hidden,
        change=moved,
        visits=words.exact(told.visits) if now else hidden,
        conversion=words.percent(share_of(told.visits, visits)) if now else words.NOTHING,
        revenue=said_revenue(told.revenue),
        is_hidden=now is None,
    )


def said_revenue(revenue: Mapping[str, float]) -> str:
    return " + ".join(f"{code} {words.money(amount)}".strip() for code, amount in sorted(revenue.items()))


def sheet_of(goals: Sequence[Goal], reached: Sequence[Reached | None], visits: Number) -> Sheet:
    columns = (column("goal", "text"), column("times"), column("visits"), column("conversion", "percent"))
    rows = tuple(
        (
            goal.name,
            one.times if one else None,
            one.visits if one else None,
            share_of(one.visits if one else None, visits),
        )
        for goal, one in zip(goals, reached, strict=True)
    )
    return Sheet("goals", words.say("goals.heading"), columns, rows)


def revenue_sheet(goals: Sequence[Goal], reached: Sequence[Reached | None]) -> Sheet:
    columns = (column("goal", "text"), column("currency", "text"), column("revenue", "money"))
    rows = tuple(
        (goal.name, code, amount)
        for goal, one in zip(goals, reached, strict=True)
        if one
        for code, amount in sorted(one.revenue.items())
    )
    return Sheet("revenue", words.say("goals.revenue"), columns, rows)
