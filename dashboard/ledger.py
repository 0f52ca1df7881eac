"""The ledger's page: what became of everything that arrived, as words, bars and tables.

In: the books of some days and of as many days before (clickhouse/ask/ledger.py), what waits in the spool now, a scene.
Out: a LedgerPage for `refused.html`. What waits belongs to today: received is kept and refused and duplicate and that.
The table of reasons is reasons.py's. Pure: it asks nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

import msgspec

from clickhouse.ask.ledger import Amount, Day, Ledger
from dashboard import words
from dashboard.buckets import bucket_labels, interval_for
from dashboard.charts.stacked import Stack, stacked_bars
from dashboard.charts.svg import Markup
from dashboard.controls import Controls, controls, days_of, first_day, last_day
from dashboard.period import Interval, days_between, today_in
from dashboard.reasons import KINDS, Group, count_in, groups_of, said, said_share
from dashboard.scene import Scene


class Span(msgspec.Struct, frozen=True):
    """Days on the site's calendar, both inclusive."""

    first: date
    last: date

    @property
    def before(self) -> Span:
        """As many days before."""
        back = self.last - self.first + timedelta(days=1)
        return Span(self.first - back, self.last - back)


class Term(msgspec.Struct, frozen=True):
    """One figure of the balance."""

    key: str
    name: str
    about: str
    text: str


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """All that `refused.html` shows."""

    controls: Controls
    days: str
    terms: tuple[Term, ...]
    balance: str
    notes: tuple[str, ...]
    chart: Markup | None
    chart_title: str
    legend: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    table: tuple[tuple[str, tuple[str, ...]], ...]
    groups: tuple[Group, ...]
    is_quiet: bool
    csv: str
    json: str


def span_of(scene: Scene) -> Span:
    """The whole days of a scene's period, none of them to come."""
    period, today = scene.resolved.period, today_in(scene.zone, scene.now)
    first = min(first_day(period, scene.zone), today)
    return Span(first, min(last_day(period, scene.zone), today))


def holds_today(scene: Scene, span: Span) -> bool:
    return span.last == today_in(scene.zone, scene.now)


def parts_of(day: Day, waiting: int) -> dict[str, Amount]:
    """The figures of the balance: the first is the sum of the others."""
    refused = sum(day.refused.values())
    return {
        "received": day.received + Amount(waiting, waiting),
        "kept": Amount(day.kept, day.kept),
        "refused": Amount(refused, refused),
        "declined": day.declined,
        "duplicate": Amount(day.duplicate, day.duplicate),
        "waiting": Amount(waiting, waiting),
    }


def ledger_page(scene: Scene, now: Ledger, before: Ledger, waiting: int | None, here: str, settings: str) -> LedgerPage:
    """Put the page together. `waiting`: None where it is not known. `settings`: empty for who may not change them."""
    span = span_of(scene)
    is_today = holds_today(scene, span)
    parts = parts_of(now.total, (waiting or 0) if is_today else 0)
    interval = step_of(scene, span)
    folded = fold(now.days, scene, span, interval)
    told = {key: amount for key, amount in parts.items() if key != "waiting" or is_today}
    chart = chart_of(folded, interval) if len(folded) > 1 else None
    query = scene.state.query()
    tail = f"?{query}" if query else ""
    return LedgerPage(
        controls=bar_of(scene, here),
        days=days_of(days_between(span.first, span.last, scene.zone), scene.zone),
        terms=tuple(Term(key, words.say(f"part.{key}"), words.say(f"part_about.{key}"), said(amount))
                    for key, amount in told.items()),
        balance=words.say("refused.balance" if is_today else "refused.balance_past",
                          **{key: said(amount) for key, amount in parts.items()}),
        notes=tuple(notes_of(parts, is_known=waiting is not None or not is_today)),
        chart=chart,
        chart_title=words.say("refused.chart", interval=words.say(f"by.{interval}")),
        legend=tuple((f"k-{key}", words.say(f"refusal.{key}")) for key in KINDS),
        columns=(words.say("report.time"), *(words.say(f"part.{key}") for key in told)),
        table=tuple(table_rows(folded, interval, told, waiting or 0)),
        groups=tuple(groups_of(now, before, parts["received"], settings, is_today=is_today)),
        is_quiet=parts["received"].most == 0,
        csv=f"{here}.csv{tail}",
        json=f"{here}.json{tail}",
    )  # fmt: skip


def bar_of(scene: Scene, here: str) -> Controls:
    """The bar above the page: days only. The books know no filter, and no half hours."""
    full = controls(scene.state, scene.resolved, scene.zone, scene.now, here)
    spans = tuple(choice for choice in full.spans if choice.key != "R")
    return msgspec.structs.replace(full, spans=spans, compares=(), dimensions=(), chips=())


def notes_of(parts: Mapping[str, Amount], *, is_known: bool) -> list[str]:
    """What has to be said beside the balance."""
    declined = parts["declined"]
    share = said_share(declined, parts["received"])
    notes = [words.say("refused.bias", share=share) if declined.most else words.say("refused.no_bias")]
    if not declined.is_exact:
        notes.append(words.say("refused.banded"))
    return notes if is_known else [*notes, words.say("refused.unknown_waiting")]


def step_of(scene: Scene, span: Span) -> Interval:
    """Days at least: the books are closed daily."""
    interval = interval_for(days_between(span.first, span.last, scene.zone), scene.state.interval)
    return "day" if interval in ("minute", "hour") else interval


def fold(days: Sequence[Day], scene: Scene, span: Span, interval: Interval) -> list[Day]:
    """Put days together to weeks or months."""
    labels = bucket_labels(days_between(span.first, span.last, scene.zone), interval, scene.zone)
    starts = [date.fromisoformat(label) for label in labels]
    return [
        next(run).joined(run) for _, run in groupby(days, key=lambda day: bisect_right(starts, max(day.day, starts[0])))
    ]


def chart_of(folded: Sequence[Day], interval: Interval) -> Markup:
    """The refused of each step, in groups; of a band, its lower end is drawn."""
    stacks = []
    for day in folded:
        counts = {kind: sum((count_in(day, reason) for reason in KINDS[kind]), Amount()) for kind in KINDS}
        lines = [f"{words.say(f'refusal.{kind}')}: {said(count)}" for kind, count in counts.items() if count.most]
        tip = "\n".join([words.bucket_in_full(day.day.isoformat(), interval), *lines])
        parts = tuple(count.least for count in counts.values())
        stacks.append(Stack(words.bucket(day.day.isoformat(), interval), tip, parts))
    highest = max(sum(stack.parts) for stack in stacks)
    return stacked_bars(
        stacks,
        [f"k-{kind}" for kind in KINDS],
        title=words.say("refused.chart", interval=words.say(f"by.{interval}")),
        about=words.say("refused.about", count=len(stacks), highest=words.exact(int(highest))),
        say=words.compact,
    )


def table_rows(folded: Sequence[Day], interval: Interval, told: Mapping[str, Amount], waiting: int) -> list[
    tuple[str, tuple[str, ...]]
]:  # fmt: skip
    """The balance of each step; what waits stands in the last."""
    rows = []
    for nth, day in enumerate(folded, 1):
        parts = parts_of(day, waiting if nth == len(folded) and "waiting" in told else 0)
        rows.append((words.bucket_in_full(day.day.isoformat(), interval), tuple(said(parts[key]) for key in told)))
    return rows
