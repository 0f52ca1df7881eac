"""Engagement: how long each page is read, and how far down.

In: an Opened. Out: a Page with a row a page: visits that told it, median and average time in sight, the mean of the
deepest points, and the shares that saw a quarter, half, three quarters and all of it. Time is time the page was visible
and in focus; what was not told is not guessed.
"""

from __future__ import annotations

import msgspec

from clickhouse.ask.question import Condition
from clickhouse.ask.timing import Reading, Readings, ask_readings
from dashboard import words
from dashboard.charts.bands import reach_steps
from dashboard.charts.bars import bar as draw_bar
from dashboard.charts.svg import Markup
from dashboard.controls import Choice
from dashboard.own.features import share_of
from dashboard.own.opening import Opened, Page, bar, nothing_here
from dashboard.own.sheet import Sheet, column

ROWS = 100


class PageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One page."""

    page: str
    href: str
    bar: Markup
    median: str
    mean: str
    depth: str
    reach: Markup
    reached: str
    visits: str


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of this page needs besides."""

    figures: tuple[tuple[str, str, str], ...]
    rows: tuple[PageRow, ...]
    more: str


async def make_page(opened: Opened) -> Page:
    found = await opened.odd(ask_readings, opened.scope(), opened.guard)
    is_empty = not found.rows and not found.fewer_than
    return Page(
        controls=bar(opened),
        title=words.say("engagement.heading"),
        lead=words.say("engagement.lead"),
        sheets=(sheet_of(found),),
        fewer_than=found.fewer_than,
        empty=nothing_here(opened, "engagement", Choice(words.say("report.quiet_next"), f"{opened.here}?period=all"))
        if is_empty
        else None,
        body=body_of(opened, found),
        said=words.count_of("engagement.pages", len(found.rows)),
    )


def shares_of(row: Reading) -> list[float | None]:
    return [share_of(number, row.told_depth) for number in row.reached]


def body_of(opened: Opened, found: Readings) -> Body:
    longest = max((row.median_seconds for row in found.rows[:ROWS]), default=0)
    left = len(found.rows) - ROWS
    return Body(
        figures=figures_of(found.whole),
        rows=tuple(row_of(opened, row, longest) for row in found.rows[:ROWS]),
        more=words.say("engagement.more", n=words.exact(left)) if left > 0 else "",
    )


def figures_of(whole: Reading | None) -> tuple[tuple[str, str, str], ...]:
    """The figures of all pages together: key, name, text."""
    if whole is None:
        return ()
    texts = {
        "median_seconds": words.duration(whole.median_seconds),
        "seconds": words.duration(whole.seconds),
        "depth": words.percent(whole.depth),
        "to_end": words.percent(shares_of(whole)[-1]),
    }
    return tuple((key, words.say(f"sheet.{key}"), text) for key, text in texts.items())


def row_of(opened: Opened, row: Reading, longest: float) -> PageRow:
    shares = shares_of(row)
    said = {f"to_{at}": words.percent(share) for at, share in zip((25, 50, 75, 100), shares, strict=True)}
    reached = words.say("engagement.reached", **said)
    return PageRow(
        page=row.page,
        href=opened.elsewhere("", opened.state.having(Condition("is", "page", (row.page,)))),
        bar=draw_bar(row.median_seconds, longest),
        median=words.duration(row.median_seconds),
        mean=words.duration(row.seconds),
        depth=words.percent(row.depth),
        reach=reach_steps(shares) if row.told_depth else Markup(""),
        reached=reached if row.told_depth else words.NOTHING,
        visits=words.exact(row.visits),
    )


def sheet_of(found: Readings) -> Sheet:
    shares = ("to_25", "to_50", "to_75", "to_end")
    columns = (
        column("page", "text"), column("visits"), column("median_seconds", "seconds"), column("seconds", "seconds"),
        column("depth", "percent"), *(column(key, "percent") for key in shares),
    )  # fmt: skip
    rows = tuple(
        (row.page, row.visits, row.median_seconds, row.seconds, row.depth, *shares_of(row)) for row in found.rows
    )
    return Sheet("engagement", words.say("engagement.heading"), columns, rows)
