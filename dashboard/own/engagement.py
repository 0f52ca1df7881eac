"""Engagement: how long each page is read, and how far down.

In: an Opened. Out: a Page with a row a page: visits that told it, median and average time in sight, the mean of the
deepest points, and the shares that saw a quarter, half, three quarters and all of it. Time is time the page was visible
and in focus; what was not told is not guessed.
"""

from __future__ import annotations

import asyncio

import msgspec

from clickhouse.ask.question import Condition, Period
from clickhouse.ask.timing import Reading, Readings, ask_readings
from dashboard import words
from dashboard.cards import share_of
from dashboard.charts.bands import reach_steps
from dashboard.charts.bars import bar as draw_bar
from dashboard.charts.svg import Markup
from dashboard.own.opening import Opened, Page, all_time, bar, nothing_here
from dashboard.own.sheet import Sheet, column
from dashboard.words import Change

ROWS = 100


class PageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One page."""

    page: str
    href: str
    bar: Markup
    median: str
    change: Change | None
    mean: str
    depth: str
    reach: Markup
    reached: str
    visits: str


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of this page needs besides."""

    figures: tuple[tuple[str, str, str, Change | None], ...]
    rows: tuple[PageRow, ...]
    more: str
    against: str


async def make_page(opened: Opened) -> Page:
    found, before = await asyncio.gather(
        opened.odd(ask_readings, opened.scope(), opened.guard), read_before(opened, opened.scene.resolved.compare)
    )
    is_empty = not found.rows and not found.fewer_than
    return Page(
        controls=bar(opened, compares=True),
        title=words.say("engagement.heading"),
        lead=words.say("engagement.lead"),
        sheets=(sheet_of(found, before),),
        fewer_than=found.fewer_than,
        empty=nothing_here(opened, "engagement", all_time(opened)) if is_empty else None,
        body=body_of(opened, found, before),
        said=words.count_of("engagement.pages", len(found.rows)),
    )


async def read_before(opened: Opened, period: Period | None) -> Readings | None:
    """The same of the period compared with."""
    return await opened.odd(ask_readings, opened.scope(period), opened.guard) if period else None


def shares_of(row: Reading) -> list[float | None]:
    return [share_of(number, row.told_depth) for number in row.reached]


def body_of(opened: Opened, found: Readings, before: Readings | None) -> Body:
    longest = max((row.median_seconds for row in found.rows[:ROWS]), default=0)
    left = len(found.rows) - ROWS
    then = medians_of(before)
    return Body(
        figures=figures_of(found.whole, before.whole if before else None),
        rows=tuple(row_of(opened, row, longest, then.get(row.page)) for row in found.rows[:ROWS]),
        more=words.say("engagement.more", n=words.exact(left)) if left > 0 else "",
        against=opened.against,
    )


def medians_of(found: Readings | None) -> dict[str, float]:
    return {row.page: row.median_seconds for row in found.rows} if found else {}


def figures_of(whole: Reading | None, before: Reading | None) -> tuple[tuple[str, str, str, Change | None], ...]:
    """The figures of all pages together: key, name, text, how it moved."""
    if whole is None:
        return ()
    now, then = numbers_of(whole), numbers_of(before) if before else {}
    units = {"median_seconds": "seconds", "seconds": "seconds", "depth": "percent", "to_end": "percent"}
    return tuple(
        (
            key,
            words.say(f"sheet.{key}"),
            words.said_exactly(now[key], unit),
            words.change(now[key], then.get(key), unit),
        )
        for key, unit in units.items()
    )


def numbers_of(whole: Reading) -> dict[str, float | None]:
    return {"median_seconds": whole.median_seconds, "seconds": whole.seconds, "depth": whole.depth,
            "to_end": shares_of(whole)[-1]}  # fmt: skip


def row_of(opened: Opened, row: Reading, longest: float, before: float | None) -> PageRow:
    shares = shares_of(row)
    said = {f"to_{at}": words.percent(share) for at, share in zip((25, 50, 75, 100), shares, strict=True)}
    reached = words.say("engagement.reached", **said)
    return PageRow(
        page=row.page,
        href=opened.elsewhere("", opened.state.having(Condition("is", "page", (row.page,)))),
        bar=draw_bar(row.median_seconds, longest),
        median=words.duration(row.median_seconds),
        change=words.change(row.median_seconds, before, "seconds"),
        mean=words.duration(row.seconds),
        depth=words.percent(row.depth),
        reach=reach_steps(shares) if row.told_depth else Markup(""),
        reached=reached if row.told_depth else words.NOTHING,
        visits=words.exact(row.visits),
    )


def sheet_of(found: Readings, before: Readings | None) -> Sheet:
    shares, then = ("to_25", "to_50", "to_75", "to_end"), medians_of(before)
    columns = (
        column("page", "text"), column("visits"), column("median_seconds", "seconds"), column("seconds", "seconds"),
        column("depth", "percent"), *(column(key, "percent") for key in shares),
        *((column("median_before", "seconds"),) if before else ()),
    )  # fmt: skip
    rows = tuple(
        (
            row.page,
            row.visits,
            row.median_seconds,
            row.seconds,
            row.depth,
            *shares_of(row),
            *((then.get(row.page),) if before else ()),
        )
        for row in found.rows
    )
    return Sheet("engagement", words.say("engagement.heading"), columns, rows)
