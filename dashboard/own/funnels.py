"""Funnels: how many take some steps one after the other, and where they stop.

In: an Opened. The URL names a saved funnel (`funnel`), or holds steps to try (`s`, up to eight) and whether they must
happen within a visit or a day (`within`). Out: a Page with the chart, its table, and the form to try and to save. A
step is a page pattern, a feature or one of the site's goals; a goal that is gone is a step nobody takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from clickhouse.ask.funnels import MOST_STEPS, Walked, ask_funnel
from clickhouse.ask.question import AllOf, Condition, Filter, Period
from clickhouse.rows import PAGEVIEW
from dashboard import words
from dashboard.api.goals import NO_GOAL, goal_filter, path_expression
from dashboard.cards import share_of
from dashboard.charts.funnel import FunnelStep, funnel_bars
from dashboard.charts.svg import Markup
from dashboard.controls import Choice
from dashboard.errors import BadQuestion
from dashboard.own.opening import Opened, Page, bar, nothing_here
from dashboard.own.sheet import Sheet, column
from dashboard.url import State
from dashboard.words import Change
from registry.errors import RegistryError
from registry.funnels import Funnel, Step, step_of
from registry.goals import Goal

KINDS = ("page", "feature", "goal")


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the chart."""

    nth: int
    name: str
    kind: str
    count: str
    change: Change | None
    of_first: str
    of_last: str
    lost: str


class FormStep(msgspec.Struct, frozen=True):
    nth: int
    kind: str
    pattern: str


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of this page needs besides."""

    saved: tuple[Choice, ...]
    name: str
    within: str
    rows: tuple[StepRow, ...]
    chart: Markup
    conversion: str
    sheet: Sheet | None
    form: tuple[FormStep, ...]
    kinds: tuple[tuple[str, str], ...]
    hidden: tuple[tuple[str, str], ...]
    action: str
    may_configure: bool
    removal: str
    """The name of the saved funnel that is shown; empty: none is."""


async def make_page(opened: Opened) -> Page:
    registry, host = opened.tools.registry, opened.site.host
    saved, goals = await asyncio.gather(
        asyncio.to_thread(registry.funnels.list, host), asyncio.to_thread(registry.goals.list, host)
    )
    shown = chosen(opened.state, saved)
    steps, within = shown_steps(opened.state, shown)
    if len(steps) < 2:
        return page_of(opened, saved, None, steps, within, None, None)
    filters = [filter_of(step, goals) for step in steps]
    resolved = opened.scene.resolved
    now, before = await asyncio.gather(
        walk(opened, filters, within, resolved.period),
        walk(opened, filters, within, resolved.compare) if resolved.compare else none(),
    )
    return page_of(opened, saved, shown, steps, within, now, before)


async def none() -> None:
    return None


async def walk(opened: Opened, filters: Sequence[Filter], within: str, period: Period) -> Walked:
    return await opened.odd(ask_funnel, opened.scope(period), filters, by_day=within == "day", guard=opened.guard)


def chosen(state: State, saved: Sequence[Funnel]) -> Funnel | None:
    """The saved funnel that the URL names; without a name and without steps to try, the first there is."""
    if any(name == "s" for name, _ in state.own):
        return None
    named = state.asked("funnel")
    return next((funnel for funnel in saved if not named or funnel.name == named), None)


def shown_steps(state: State, shown: Funnel | None) -> tuple[tuple[Step, ...], str]:
    if shown is not None:
        return shown.steps, shown.within
    written = [value.partition(":") for name, value in state.own if name == "s"][:MOST_STEPS]
    try:
        steps = tuple(step_of(kind, pattern) for kind, _, pattern in written)
    except (RegistryError, ValueError) as error:
        raise BadQuestion(f"A step cannot be read: {error}.") from None
    return steps, "day" if state.asked("within") == "day" else "visit"


def filter_of(step: Step, goals: Sequence[Goal]) -> Filter:
    """The events that are a step."""
    if step.kind == "goal":
        return next((goal_filter(goal) for goal in goals if goal.name == step.pattern), NO_GOAL)
    if step.kind == "feature":
        return Condition("is", "feature", (step.pattern,))
    path = (
        Condition("matches", "page", (path_expression(step.pattern),))
        if "*" in step.pattern
        else Condition("is", "page", (step.pattern,))
    )
    return AllOf((Condition("is", "feature", (PAGEVIEW,)), path))


def page_of(opened: Opened, saved: Sequence[Funnel], shown: Funnel | None, steps: Sequence[Step], within: str,
            now: Walked | None, before: Walked | None) -> Page:  # fmt: skip
    rows = rows_of(steps, now, before) if now and now.runs else ()
    first, last = (now.runs[0], now.runs[-1]) if now and now.runs else (None, None)
    sheet = sheet_of(steps, now, before) if now and now.runs else None
    body = Body(
        saved=tuple(Choice(one.name, opened.link(plain(opened.state).asking(funnel=one.name)), one is shown)
                    for one in saved),
        name=shown.name if shown else words.say("funnels.trying"),
        within=within,
        rows=rows,
        chart=chart_of(steps, now) if now and rows else Markup(""),
        conversion=words.say("funnels.conversion", share=words.percent(share_of(last, first)),
                             runs=words.say(f"funnels.runs_{within}")) if rows else "",
        sheet=sheet,
        form=form_of(steps),
        kinds=tuple((kind, words.say(f"funnels.{kind}")) for kind in KINDS),
        hidden=tuple(pair for pair in opened.state_pairs if pair[0] not in ("s", "funnel", "within")),
        action=opened.link(plain(opened.state)),
        may_configure=opened.may("configure"),
        removal=shown.name if shown else "",
    )  # fmt: skip
    return Page(
        controls=bar(opened, compares=True),
        title=words.say("funnels.heading"),
        lead=words.say("funnels.lead"),
        sheets=(sheet,) if sheet else (),
        fewer_than=now.fewer_than if now else 0,
        empty=nothing_here(opened, "funnels") if not rows and not (now and now.fewer_than) else None,
        body=body,
        said=body.conversion or words.say("funnels.heading"),
    )


def plain(state: State) -> State:
    """The state without what this page was asked."""
    return msgspec.structs.replace(state, own=(), page=1)


def form_of(steps: Sequence[Step]) -> tuple[FormStep, ...]:
    filled = [FormStep(nth, step.kind, step.pattern) for nth, step in enumerate(steps, 1)]
    return (*filled, *(FormStep(nth, "page", "") for nth in range(len(filled) + 1, MOST_STEPS + 1)))


def passed(now: Walked) -> Iterator[tuple[int | None, int | None, int | None]]:
    """Yield of each step how many took it, how many the one before, and how many were lost between."""
    last = None
    for count in now.runs:
        yield count, last, last - count if last is not None and count is not None else None
        last = count


def rows_of(steps: Sequence[Step], now: Walked, before: Walked | None) -> tuple[StepRow, ...]:
    then = before.runs if before and before.runs else (None,) * len(steps)
    made = []
    for nth, (step, (count, last, lost)) in enumerate(zip(steps, passed(now), strict=True)):
        made.append(StepRow(
            nth=nth + 1,
            name=step.pattern,
            kind=words.say(f"funnels.{step.kind}"),
            count=words.exact(count),
            change=words.change(count, then[nth], "count"),
            of_first=words.percent(share_of(count, now.runs[0])),
            of_last=words.percent(share_of(count, last)) if nth else "",
            lost=words.say("funnels.lost", number=words.exact(lost), share=words.percent(share_of(lost, last)))
            if lost is not None else "",
        ))  # fmt: skip
    return tuple(made)


def chart_of(steps: Sequence[Step], now: Walked) -> Markup:
    drawn = [
        FunnelStep("\n".join([step.pattern, words.exact(count)]), count)
        for step, count in zip(steps, now.runs, strict=True)
    ]
    about = words.say("funnels.about", steps=len(steps), first=words.exact(now.runs[0]), last=words.exact(now.runs[-1]))
    return funnel_bars(drawn, title=words.say("funnels.chart"), about=about)


def sheet_of(steps: Sequence[Step], now: Walked, before: Walked | None) -> Sheet:
    columns = [column("step", "text"), column("kind", "text"), column("reached"), column("of_first", "percent"),
               column("of_last", "percent"), column("lost")]  # fmt: skip
    then: Mapping[int, int | None] = dict(enumerate(before.runs)) if before else {}
    if before:
        columns.append(column("reached_before"))
    rows = []
    for nth, (step, (count, last, lost)) in enumerate(zip(steps, passed(now), strict=True)):
        row = (step.pattern, step.kind, count, share_of(count, now.runs[0]), share_of(count, last), lost)
        rows.append((*row, then.get(nth)) if before else row)
    return Sheet("funnel", words.say("funnels.chart"), tuple(columns), tuple(rows))
