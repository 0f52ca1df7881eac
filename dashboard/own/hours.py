"""Busy hours: how busy each hour of the week is, by the site's own clock.

In: an Opened; `show` in the URL says whether visitors, visits or page views are counted. Out: a Page with a table of
weekdays and hours in five shades, and the same numbers as a table. Hours of too few people are left blank for those
under a guard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from clickhouse.ask.timing import Hour, ask_hours
from dashboard import words
from dashboard.charts.heat import heat_table
from dashboard.charts.svg import Markup
from dashboard.controls import Choice
from dashboard.errors import BadQuestion
from dashboard.locales import locale
from dashboard.own.opening import Opened, Page, all_time, bar, nothing_here
from dashboard.own.sheet import Sheet, SheetColumn, column

SHOWN = ("visitors", "visits", "pageviews")
HOURS = range(24)


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of this page needs besides."""

    shows: tuple[Choice, ...]
    chart: Markup
    title: str
    busiest: str
    legend: str
    sheet: Sheet


async def make_page(opened: Opened) -> Page:
    metric = metric_of(opened)
    found = await opened.odd(ask_hours, opened.scope(), opened.guard)
    numbers = {(row.weekday, row.hour): number_of(row, metric) for row in found.rows}
    title = words.say("hours.chart", metric=words.say(f"sheet.{metric}"))
    grid = [[numbers.get((day, hour), 0) for hour in HOURS] for day in range(7)]
    week = week_order()
    chart = heat_table(
        [words.WEEKDAYS[day] for day in week], [f"{hour:02d}" for hour in HOURS], [grid[day] for day in week],
        lambda row, hour: tip(week[row], hour, grid[week[row]][hour], metric), title=title,
        about=words.say("hours.about"),
    )  # fmt: skip
    shows = tuple(
        Choice(words.say(f"sheet.{name}"), opened.link(opened.state.asking(show=name if name != SHOWN[0] else "")),
               name == metric)
        for name in choices(opened)
    )  # fmt: skip
    body = Body(shows=shows, chart=chart, title=title, busiest=busiest_of(numbers, metric),
                legend=opened.site.timezone, sheet=sheet_of(grid, title, week))  # fmt: skip
    return Page(
        controls=bar(opened),
        title=words.say("hours.heading"),
        lead=words.say("hours.lead", zone=opened.site.timezone),
        sheets=(sheet_of(grid, title),),
        fewer_than=found.fewer_than,
        empty=nothing_here(opened, "hours", all_time(opened)) if not found.rows and not found.fewer_than else None,
        body=body,
        said=body.busiest or title,
    )


def choices(opened: Opened) -> tuple[str, ...]:
    return ("pageviews",) if opened.site.mode == "none" else SHOWN


def metric_of(opened: Opened) -> str:
    wanted = opened.state.asked("show") or choices(opened)[0]
    if wanted not in SHOWN:
        raise BadQuestion(f"`show` is one of {', '.join(SHOWN)}.")
    return wanted if wanted in choices(opened) else choices(opened)[0]


def week_order() -> list[int]:
    """The weekdays (0: Monday) in the order in which the reader's week has them."""
    return [(locale().first_weekday + nth) % 7 for nth in range(7)]


def number_of(row: Hour, metric: str) -> int | None:
    return {"visitors": row.visitors, "visits": row.visits, "pageviews": row.pageviews}[metric]


def named(day: int, hour: int) -> str:
    return f"{words.WEEKDAYS[day]} {hour:02d}:00–{(hour + 1) % 24:02d}:00"


def tip(day: int, hour: int, number: int | None, metric: str) -> str:
    return f"{named(day, hour)}\n{words.exact(number)} {words.say(f'sheet.{metric}').lower()}"


def busiest_of(numbers: Mapping[tuple[int, int], int | None], metric: str) -> str:
    known = {place: number for place, number in numbers.items() if number}
    if not known:
        return ""
    day, hour = max(known, key=lambda place: (known[place], -place[0], -place[1]))
    return words.say("hours.busiest", when=named(day, hour), number=words.exact(known[day, hour]),
                     metric=words.say(f"sheet.{metric}").lower())  # fmt: skip


def sheet_of(grid: list[list[int | None]], title: str, week: Sequence[int] = range(7)) -> Sheet:
    """The table; a file has Monday first for everyone."""
    days = tuple(SheetColumn(f"weekday_{day + 1}", words.WEEKDAYS[day]) for day in week)
    rows = tuple((f"{hour:02d}:00", *(grid[day][hour] for day in week)) for hour in HOURS)
    return Sheet("hours", title, (column("hour", "text"), *days), rows)
