"""Plot: the figures above the chart, and the chart.

In: the totals and the time series of a period, and of the one compared with. Out: figures with how they moved, the
drawn chart, and the same numbers as a table. Buckets without an answer are zeros for counts and unknown for rates;
buckets that have not begun are unknown. The two periods are laid over each other bucket by bucket, first on first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from clickhouse.ask.answer import Answer
from clickhouse.ask.metrics import METRICS
from clickhouse.ask.question import Period
from dashboard import words
from dashboard.buckets import bucket_labels, clip_week
from dashboard.cards import Cell, Link
from dashboard.charts.series import Point, time_series
from dashboard.charts.spark import sparkline
from dashboard.charts.svg import Markup
from dashboard.panels import DOWN_IS_GOOD
from dashboard.period import Interval
from dashboard.url import State, with_changes
from dashboard.words import Change, Number

NOTE = "✎"
"""Stands before what somebody wrote."""


class Kpi(msgspec.Struct, frozen=True):
    """One figure of the strip; following `href` plots it."""

    key: str
    name: str
    about: str
    text: str
    exactly: str
    change: Change | None
    href: str
    is_plotted: bool
    spark: Markup


class Bucket(msgspec.Struct, frozen=True):
    """One step of time with all that was asked."""

    label: str
    numbers: Mapping[str, Number]
    is_partial: bool
    has_begun: bool


class TableRow(msgspec.Struct, frozen=True):
    label: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()


class Plot(msgspec.Struct, frozen=True):
    """The chart and its table."""

    title: str
    chart: Markup
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


def now_label(now: datetime, interval: str, zone: ZoneInfo) -> str:
    """The present moment, written so that it sorts among labels of buckets."""
    return now.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S" if interval in ("minute", "hour") else "%Y-%m-%d")


def is_running(label: str, following: str, present: str) -> bool:
    return label <= present and (not following or present < following)


def buckets(answer: Answer, metrics: Sequence[str], period: Period, interval: Interval, zone: ZoneInfo,
            now: datetime) -> list[Bucket]:  # fmt: skip
    """All buckets of a period, those without an answer included."""
    labels = bucket_labels(period, interval, zone)
    found = {
        clip_week(row.dimensions[0], period, zone) if interval == "week" else row.dimensions[0]: row.metrics
        for row in answer.rows
    }
    nothing = tuple(0 if METRICS[name].adds_up else None for name in metrics)
    present, ended = now_label(now, interval, zone), period.until <= now
    made = []
    for label, following in zip(labels, [*labels[1:], ""], strict=True):
        begun = label <= present
        numbers = dict(zip(metrics, found.get(label, nothing), strict=True))
        running = not ended and is_running(label, following, present)
        made.append(Bucket(label, numbers if begun else {}, running, begun))
    return made


def kpi(key: str, now: Number, before: Number, series: Sequence[Bucket], state: State, plotted: str, link: Link,
        name: str) -> Kpi:  # fmt: skip
    unit = METRICS[key].unit
    return Kpi(
        key=key,
        name=name,
        about=METRICS[key].definition,
        text=words.said(now, unit),
        exactly=words.said_exactly(now, unit),
        change=words.change(now, before, unit, up_is_good=key not in DOWN_IS_GOOD),
        href=link(with_changes(state, metric=key)),
        is_plotted=key == plotted,
        spark=sparkline([bucket.numbers.get(key) for bucket in series]),
    )


def tip(name: str, now: Bucket, before: Bucket | None, metric: str, interval: Interval,
        notes: Sequence[str] = ()) -> str:  # fmt: skip
    """What a point says on hover: when, how much, and how much it was before."""
    unit = METRICS[metric].unit
    when = words.bucket_in_full(now.label, interval)
    lines = [words.say("report.partial", when=when) if now.is_partial else when]
    if now.has_begun:
        lines.append(f"{name}: {words.said_exactly(now.numbers.get(metric), unit)}")
    if before is not None:
        then = words.said_exactly(before.numbers.get(metric), unit)
        lines.append(f"{words.bucket_in_full(before.label, interval)}: {then}")
    lines += [f"{NOTE} {note}" for note in notes]
    return "\n".join(lines)


def table_row(now: Bucket, before: Bucket | None, metric: str, interval: Interval, *, compared: bool,
              notes: Sequence[str] = ()) -> TableRow:  # fmt: skip
    unit = METRICS[metric].unit
    value = now.numbers.get(metric)
    cells = [Cell(words.said_exactly(value, unit), "")]
    if compared:
        then = before.numbers.get(metric) if before else None
        moved = None if now.is_partial else words.change(value, then, unit, up_is_good=metric not in DOWN_IS_GOOD)
        cells += [Cell(words.said_exactly(then, unit), ""), Cell("" if moved else words.NOTHING, "", moved)]
    return TableRow(words.bucket_in_full(now.label, interval), tuple(cells), tuple(notes))


def notes_by_bucket(labels: Sequence[str], notes: Sequence[tuple[date, str]]) -> dict[str, list[str]]:
    """Put each note to the bucket its day begins in, or that its day lies in. Days before the first have no place."""
    placed: dict[str, list[str]] = {}
    for day, text in notes:
        begun = [label[:10] for label in labels if label[:10] <= day.isoformat()]
        label = next((label for label in labels if begun and label[:10] == begun[-1]), "")
        if label:
            placed.setdefault(label, []).append(text)
    return placed


def about(numbers: Sequence[Number], unit: str) -> str:
    known = [number for number in numbers if number is not None] or [0]
    return words.say("report.about", count=len(known), highest=words.said_exactly(max(known), unit),
                     lowest=words.said_exactly(min(known), unit))  # fmt: skip


def plot(metric: str, name: str, now: Sequence[Bucket], before: Sequence[Bucket], interval: Interval,
         notes: Sequence[tuple[date, str]] = ()) -> Plot:  # fmt: skip
    """Draw one metric of both periods. Without a comparison `before` is empty. `notes`: (day, text)."""
    noted = notes_by_bucket([bucket.label for bucket in now], notes)
    unit = METRICS[metric].unit
    pairs = [(bucket, before[i] if i < len(before) else None) for i, bucket in enumerate(now)]
    points = [
        Point(words.bucket(a.label, interval), tip(name, a, b, metric, interval, noted.get(a.label, ())),
              a.numbers.get(metric), b.numbers.get(metric) if b else None, a.is_partial, a.label in noted)
        for a, b in pairs
    ]  # fmt: skip
    title = words.say("report.plotted", metric=name, interval=words.say(f"by.{interval}"))
    chart = time_series(points, title=title, about=about([point.value for point in points], unit),
                        say=lambda value: words.said_on_axis(value, unit), unit=unit)  # fmt: skip
    compared = bool(before)
    columns = (words.say("report.time"), name)
    extra = (words.say("report.before"), words.say("report.change")) if compared else ()
    rows = tuple(
        table_row(a, b, metric, interval, compared=compared, notes=noted.get(a.label, ()))
        for a, b in pairs
        if a.has_begun or a.label in noted
    )
    return Plot(title, chart, (*columns, *extra), rows)
