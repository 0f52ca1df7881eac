"""The goals card of the report: what the site hopes its visitors do, how often they did, in which share of visits.

In: a scene, the registry's goals, who asks how exactly. Out: a CardView like any other. A row filters by the visits
that reached the goal, where one condition says it. A goal that too few reached is told as `<k`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from clickhouse.ask.deeds import Reached, ask_goals
from clickhouse.ask.guard import Guard
from clickhouse.ask.odd import Scope, too_few
from clickhouse.ask.question import Condition, Did, Filter, Period
from dashboard import words
from dashboard.api.goals import goal_filter
from dashboard.cards import CardView, Cell, Column, Row, share_of
from dashboard.charts.bars import bar
from dashboard.charts.svg import Markup
from dashboard.panels import ROWS_OF_A_CARD
from dashboard.report import Ask
from dashboard.scene import Scene, question
from dashboard.tools import Tools
from dashboard.words import Number
from registry.goals import Goal


def filter_by(goal: Goal) -> Filter | None:
    """The filter that a click on a goal adds; None for a pattern, which no chip says."""
    if goal.kind == "page" and "*" in goal.pattern:
        return None
    return Did(Condition("is", "feature" if goal.kind == "feature" else "page", (goal.pattern,)))


async def goal_card(scene: Scene, tools: Tools, ask: Ask, guard: Guard) -> CardView:
    """Ask how often each goal was reached, now and in the period compared with."""
    goals = await asyncio.to_thread(tools.registry.goals.list, scene.site.host)
    resolved, filters = scene.resolved, [goal_filter(goal) for goal in goals]

    def reached(period: Period | None) -> list[Reached | None]:
        scope = Scope(site_id=scene.site.id, timezone=scene.site.timezone, period=period or resolved.period,
                      filters=scene.filters)  # fmt: skip
        if period is None or not goals or too_few(tools.store, scope, guard):
            return [None] * len(goals)
        return ask_goals(tools.store, scope, filters, guard)

    now, before = await asyncio.gather(
        asyncio.to_thread(reached, resolved.period), asyncio.to_thread(reached, resolved.compare)
    )
    visits: Number = None
    if goals and scene.site.mode != "none":
        (whole,) = await ask([question(scene, ("visits",), resolved.period)])
        visits = whole.rows[0].metrics[0] if whole.rows else None
    return view_of(scene, goals, now, before, visits, guard)


def view_of(scene: Scene, goals: Sequence[Goal], now: Sequence[Reached | None], before: Sequence[Reached | None],
            visits: Number, guard: Guard) -> CardView:  # fmt: skip
    tells_visits = scene.site.mode != "none"
    largest = max((one.times for one in now if one), default=0)
    known = sorted(zip(goals, now, before, strict=True), key=lambda row: -(row[1].times if row[1] else 0))
    rows = tuple(row_of(scene, *row, largest, visits, guard) for row in known[:ROWS_OF_A_CARD])
    columns = ("times", "visits", "conversion") if tells_visits else ("times",)
    page = scene.state.url(f"{scene.paths.report}/goals")
    return CardView(
        key="goals",
        title=words.say("goals.heading"),
        what=words.say("goals.heading"),
        tabs=(),
        kinds=(),
        columns=(Column("", words.say("sheet.goal"), ""),
                 *(Column(name, words.say(f"sheet.{name}"), "") for name in columns)),
        rows=rows,
        details=page,
        empty=Markup(words.say("empty.goals")),
        is_wide=False,
        next=(words.say("empty.goals_next"), page),
    )  # fmt: skip


def row_of(scene: Scene, goal: Goal, now: Reached | None, before: Reached | None, largest: int, visits: Number,
           guard: Guard) -> Row:  # fmt: skip
    times = now.times if now else None
    moved = words.change(times, before.times if before else None, "count")
    hidden = f"<{guard.k}" if guard.population else words.NOTHING
    shown = Cell(words.compact(times), words.exact(times), moved) if now else Cell(hidden, "")
    cells = [shown]
    if scene.site.mode != "none":
        cells.append(Cell(words.compact(now.visits), words.exact(now.visits)) if now else Cell(hidden, ""))
        cells.append(Cell(words.percent(share_of(now.visits, visits)) if now else words.NOTHING, ""))
    wanted, state = filter_by(goal), scene.state
    is_filter = wanted is not None and wanted in state.filters
    href = "" if wanted is None else scene.link(state.without(wanted) if is_filter else state.having(wanted))
    return Row(goal.name, bar(times, largest), tuple(cells), href, is_filter, words.say("empty.goal_pattern"))
