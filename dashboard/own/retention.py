"""Retention: who comes back, said of nobody.

In: an Opened. Out: a Page of three parts, each of which says what it is made of: cohorts by week of visitors who agreed
to be known again; how many visits visitors make within their one day; how many pages a visit has. The last two need
no identity that outlives the day. Numbers of too few people are left out for those under a guard.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from clickhouse.ask.returning import MOST_PAGES, MOST_VISITS, Bucket, Cohort, Returning, ask_returning
from dashboard import words
from dashboard.cards import share_of
from dashboard.charts.bars import bar as draw_bar
from dashboard.charts.heat import shade
from dashboard.charts.svg import Markup
from dashboard.own.opening import Opened, Page, all_time, bar, nothing_here
from dashboard.own.sheet import Sheet, SheetColumn, column
from registry.site import CONSENT_MODES

MOST_WEEKS = 12


class CohortCell(msgspec.Struct, frozen=True):
    text: str
    shade: str
    exactly: str


class CohortRow(msgspec.Struct, frozen=True):
    week: str
    size: str
    cells: tuple[CohortCell, ...]


class BucketRow(msgspec.Struct, frozen=True):
    name: str
    bar: Markup
    count: str
    share: str


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of this page needs besides."""

    cohorts: tuple[CohortRow, ...]
    weeks: tuple[str, ...]
    no_cohorts: str
    visits: tuple[BucketRow, ...]
    pages: tuple[BucketRow, ...]


async def make_page(opened: Opened) -> Page:
    found = await opened.odd(ask_returning, opened.scope(), opened.guard)
    shown = [msgspec.structs.replace(one, visitors=one.visitors[: MOST_WEEKS + 1]) for one in found.cohorts]
    body = Body(
        cohorts=tuple(map(cohort_row, shown)),
        weeks=tuple(words.exact(week) for week in range(1, max((len(one.visitors) for one in shown), default=1))),
        no_cohorts=words.say("retention.no_cohorts" if opened.site.mode in CONSENT_MODES else "retention.no_consent"),
        visits=bucket_rows(found.visits_of_day, MOST_VISITS, "visits"),
        pages=bucket_rows([one for one in found.pages_of_visit if one.many], MOST_PAGES, "pages"),
    )
    is_empty = not found.visits_of_day and not found.cohorts and not found.fewer_than
    return Page(
        controls=bar(opened),
        title=words.say("retention.heading"),
        lead=words.say("retention.lead"),
        sheets=sheets_of(found),
        fewer_than=found.fewer_than,
        empty=nothing_here(opened, "retention", all_time(opened)) if is_empty else None,
        body=body,
        said=words.say("retention.heading"),
    )


def cohort_row(cohort: Cohort) -> CohortRow:
    size, later = cohort.visitors[0], cohort.visitors[1:]
    cells = []
    for number in later:
        share = share_of(number, size)
        cells.append(CohortCell(words.percent(share), shade(share, 100), words.exact(number)))
    return CohortRow(words.say("calendar.week_of", day=words.day(cohort.week)), words.exact(size), tuple(cells))


def bucket_rows(buckets: Sequence[Bucket], most: int, what: str) -> tuple[BucketRow, ...]:
    whole = sum(one.count or 0 for one in buckets)
    largest = max((one.count or 0 for one in buckets), default=0)
    return tuple(
        BucketRow(said_many(one.many, most, what), draw_bar(one.count, largest), words.exact(one.count),
                  words.percent(share_of(one.count, whole)))
        for one in buckets
    )  # fmt: skip


def said_many(many: int, most: int, what: str) -> str:
    if many == most:
        return words.say(f"retention.most_{what}", n=most)
    return words.count_of(f"retention.{what}", many)


def sheets_of(found: Returning) -> tuple[Sheet, ...]:
    counted: tuple[SheetColumn, ...] = (column("week", "text"), column("weeks_later"), column("visitors"))
    cohorts = tuple(
        (one.week.isoformat(), later, number) for one in found.cohorts for later, number in enumerate(one.visitors)
    )
    return (
        Sheet("cohorts", words.say("retention.cohorts"), counted, cohorts),
        Sheet("visits_of_day", words.say("retention.by_visits"), (column("visits"), column("visitors")),
              tuple((one.many, one.count) for one in found.visits_of_day)),
        Sheet("pages_of_visit", words.say("retention.by_pages"), (column("pageviews"), column("visits")),
              tuple((one.many, one.count) for one in found.pages_of_visit)),
    )  # fmt: skip
