"""Metrics: what can be counted. A table of one-liners; a new metric is a new row.

In: nothing. Out: METRICS, name -> Metric. Each says what it means in one sentence, its unit, whether its numbers may be
added over days, and how it is counted on each kind of row that can answer it: `visits` (a row is a visit, or one event
without identity, which has visitor_id 0), `events` (a row is a page view or a feature use), `pages` (a row is what one
visit reported of one page). An empty expression means: rows of that kind cannot say it. build.py chooses.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Unit = Literal["count", "percent", "seconds", "ratio", "money"]


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One way to count."""

    name: str
    label: str
    unit: Unit
    definition: str
    adds_up: bool
    """Whether the numbers of several days may be added."""
    visits: str = ""
    events: str = ""
    pages: str = ""
    decimals: int = 0
    counts_loose: bool = False
    """Whether events without identity (they have no visit) are part of the number; else they make no row either."""


def visitor_days(at: str) -> str:
    """Visitor numbers live one day, so visitors are counted per local day and summed, whatever the period.

    `bitXor` with the hashed day keeps 64 bits (an exact count of pairs costs twice as much); a consented
    visitor number, which lives longer, counts once on each day too.
    """
    return f"uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate({at}, {{tz:String}})))), visitor_id != 0)"


VISIT_DAY = "bitXor(visit_id, intHash64(toUInt32(toDate(ts, {tz:String}))))"
"""A consented visitor's visit may go on over midnight; where events are counted, it is counted on each of its days.

So the numbers of days may be added, as for visitors. Where whole visits are counted, the day is that of the start.
"""


_TABLE = (
    Metric(
        name="visitors",
        label="Visitors",
        unit="count",
        adds_up=True,
        definition="Daily visitors: different visitors of each day, added up; nobody is recognised the next day.",
        visits=visitor_days("start"),
        events=visitor_days("ts"),
    ),
    Metric(
        name="visits",
        label="Visits",
        unit="count",
        adds_up=True,
        definition="Runs of events by one visitor, each ended by 30 minutes of quiet or by midnight.",
        visits="countIf(visitor_id != 0)",
        events=f"uniqExactIf({VISIT_DAY}, visit_id != 0)",
    ),
    Metric(
        name="pageviews",
        label="Page views",
        unit="count",
        adds_up=True,
        definition="How often a page was shown.",
        visits="sum(pageviews)",
        events="countIf(name = 'pageview')",
        counts_loose=True,
    ),
    Metric(
        name="events",
        label="Events",
        unit="count",
        adds_up=True,
        definition="Page views and feature uses together.",
        visits="sum(events)",
        events="count()",
        counts_loose=True,
    ),
    Metric(
        name="views_per_visit",
        label="Views per visit",
        unit="ratio",
        adds_up=False,
        definition="Page views of visits, divided by visits.",
        visits="sumIf(pageviews, visitor_id != 0) / countIf(visitor_id != 0)",
        decimals=2,
    ),
    Metric(
        name="bounce_rate",
        label="Bounce rate",
        unit="percent",
        adds_up=False,
        definition="Share of visits with a single page view and no feature use.",
        visits="100 * countIf(is_bounce) / countIf(visitor_id != 0)",
    ),
    Metric(
        name="visit_duration",
        label="Visit duration",
        unit="seconds",
        adds_up=False,
        definition="Average time from a visit's first event to its last; a visit of one event has none.",
        visits="avgIf(seconds, visitor_id != 0)",
    ),
    Metric(
        name="engaged_rate",
        label="Engaged visits",
        unit="percent",
        adds_up=False,
        definition="Share of visits with a second page view, a feature use, or 10 seconds of attention.",
        visits="100 * countIf(is_engaged) / countIf(visitor_id != 0)",
    ),
    Metric(
        name="engaged_seconds",
        label="Attention",
        unit="seconds",
        adds_up=False,
        definition="Average time per visit that a page was visible and in focus; for a page, per visit that told it.",
        visits="sum(engaged_ms) / 1000 / countIf(visitor_id != 0)",
        pages="sum(engaged_ms) / 1000 / uniqExact(visit_day)",
    ),
    Metric(
        name="scroll_depth",
        label="Scroll depth",
        unit="percent",
        adds_up=False,
        definition="How far down a page a visit got at most, averaged over visits.",
        pages="avg(deepest)",
    ),
    Metric(
        name="revenue",
        label="Revenue",
        unit="money",
        adds_up=True,
        definition="Sum of the amounts sent with events; ask for one currency at a time.",
        events="sum(revenue) / 1000",
        decimals=2,
        counts_loose=True,
    ),
    Metric(
        name="average_revenue",
        label="Average revenue",
        unit="money",
        adds_up=False,
        definition="Average of the amounts sent with events, over events that had one; ask for one currency at a time.",
        events="avgIf(revenue, revenue != 0) / 1000",
        decimals=2,
        counts_loose=True,
    ),
    Metric(
        name="consented_visitors",
        label="Consented visitors",
        unit="count",
        adds_up=False,
        definition="Different visitors of the whole period, among those who agreed to be recognised only.",
        visits="uniqExactIf(visitor_id, consented)",
        events="uniqExactIf(visitor_id, consented)",
    ),
)

METRICS = {metric.name: metric for metric in _TABLE}

PEOPLE = Metric(
    name="people",
    label="People",
    unit="count",
    adds_up=True,
    definition="Visitors, each event without identity taken for one more: what the guard compares with k.",
    visits=f"{visitor_days('start')} + countIf(visitor_id = 0)",
    events=f"{visitor_days('ts')} + countIf(visitor_id = 0)",
    counts_loose=True,
)
"""Not for asking: guard.py adds it to a question to learn how many stand behind a row."""
