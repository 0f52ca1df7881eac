"""An oracle for odd questions: journeys, funnels, deeds, hours, reading, vitals and returning, worked out row by row.

In: the rows that were stored of one site, those of the period. Out: the same values as the modules of clickhouse/ask/
answer with. It knows no SQL and shares no code with what it checks; it is slow and plain on purpose.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from math import floor
from typing import Any

from store_world import local

from clickhouse.ask.question import Period
from clickhouse.rows import ENGAGEMENT, MISSING_SCROLL, PAGEVIEW, Event, PlacedEvent


class OddOracle:
    """All that was stored of one site, within a period and a zone."""

    def __init__(self, rows: Iterable[PlacedEvent], site: int, period: Period, zone: str) -> None:
        since, until = (int(edge.timestamp() * 1000) for edge in (period.since, period.until))
        self.zone = zone
        mine = [row for row in rows if row.event.site_id == site]
        self.every = sorted(mine, key=lambda row: (row.event.ts, row.position.segment, row.position.seq))
        self.rows = [row for row in self.every if since <= row.event.ts < until]
        self.since, self.until = since, until

    def day(self, ts: int) -> date:
        return local(ts, self.zone).date()

    def kept(self) -> list[PlacedEvent]:
        return [row for row in self.rows if row.event.name != ENGAGEMENT]

    def visits(self) -> dict[int, list[Event]]:
        """The events of each visit in order, engagement left out."""
        found: dict[int, list[Event]] = defaultdict(list)
        for row in self.kept():
            if row.visit_id:
                found[row.visit_id].append(row.event)
        return found

    def people(self, rows: Sequence[PlacedEvent]) -> int:
        known = {(row.event.visitor_id, self.day(row.event.ts)) for row in rows if row.event.visitor_id}
        return len(known) + sum(not row.event.visitor_id for row in rows)

    def visit_days(self, rows: Sequence[PlacedEvent]) -> int:
        return len({(row.visit_id, self.day(row.event.ts)) for row in rows if row.visit_id})

    def walks(self, page: str, *, back: bool, steps: int) -> list[list[str]]:
        found = []
        for events in self.visits().values():
            pages: list[str] = []
            for event in events:
                if event.name == PAGEVIEW and (not pages or pages[-1] != event.path):
                    pages.append(event.path)
            if not pages or (page and page not in pages):
                continue
            at = pages.index(page) if page else (len(pages) - 1 if back else 0)
            walk = pages[at::-1] if back else pages[at:]
            found.append(walk[:steps])
        return found

    def hops(self, page: str, *, back: bool, steps: int, named: int, other: str) -> Counter[tuple[int, str, str]]:
        """Hops with the best pages of each step by name; ties by name."""
        walks = self.walks(page, back=back, steps=steps)
        pairs = Counter((nth + 1, walk[nth], walk[nth + 1] if nth + 1 < len(walk) else "")
                        for walk in walks for nth in range(min(len(walk), steps - 1)))  # fmt: skip
        best: dict[int, set[str]] = {}
        for step in range(1, steps + 1):
            sizes: Counter[str] = Counter()
            for (at, here, there), number in pairs.items():
                if step < steps and at == step:
                    sizes[here] += number
                if step == steps and at == step - 1 and there:
                    sizes[there] += number
            best[step] = set(sorted(sizes, key=lambda name: (-sizes[name], name))[:named])
        told: Counter[tuple[int, str, str]] = Counter()
        for (at, here, there), number in pairs.items():
            to = there if not there or there in best[at + 1] else other
            told[at, here if here in best[at] else other, to] += number
        return told

    def funnel(self, steps: Sequence[Callable[[Event], bool]], *, by_day: bool) -> tuple[list[int], list[int]]:
        """How many walks, and of how many visitors, got at least to each step."""
        walks: dict[Any, list[Event]] = defaultdict(list)
        for row in self.kept():
            if row.visit_id:
                key = (row.event.visitor_id, self.day(row.event.ts)) if by_day else row.visit_id
                walks[key].append(row.event)
        runs, visitors = [0] * len(steps), [set() for _ in steps]
        for events in walks.values():
            at = 0
            for event in events:
                if at < len(steps) and steps[at](event):
                    visitors[at].add((event.visitor_id, self.day(event.ts)))
                    runs[at] += 1
                    at += 1
        return runs, [len(found) for found in visitors]

    def deeds(self, fits: Callable[[Event], bool]) -> tuple[int, int, int, dict[date, int], dict[str, float]]:
        """Times, visits, people, by day, revenue by currency."""
        rows = [row for row in self.kept() if fits(row.event)]
        money: dict[str, float] = {}
        for row in rows:
            if row.event.revenue:
                money[row.event.currency] = money.get(row.event.currency, 0) + row.event.revenue / 1000
        by_day = dict(Counter(self.day(row.event.ts) for row in rows))
        return len(rows), self.visit_days(rows), self.people(rows), by_day, money

    def hours(self) -> dict[tuple[int, int], tuple[int, int, int]]:
        groups: dict[tuple[int, int], list[PlacedEvent]] = defaultdict(list)
        for row in self.kept():
            at = local(row.event.ts, self.zone)
            groups[at.weekday(), at.hour].append(row)
        return {
            place: (len({(row.event.visitor_id, self.day(row.event.ts)) for row in rows if row.event.visitor_id}),
                    self.visit_days(rows), sum(row.event.name == PAGEVIEW for row in rows))
            for place, rows in groups.items()
        }  # fmt: skip

    def reading(self) -> dict[str, tuple[int, float, float, float | None, tuple[int, ...], int]]:
        told: dict[tuple[int, str], list[Event]] = defaultdict(list)
        for row in self.rows:
            if row.event.name == ENGAGEMENT and row.visit_id:
                told[row.visit_id, row.event.path].append(row.event)
        groups: dict[str, list[list[Event]]] = defaultdict(list)
        for (_, path), events in told.items():
            groups[path].append(events)
            groups[""].append(events)
        return {path: self._read(visits) for path, visits in groups.items()}

    def _read(self, visits: Sequence[Sequence[Event]]) -> tuple[int, float, float, float | None, tuple[int, ...], int]:
        seconds = sorted(sum(event.engaged_ms for event in events) / 1000 for events in visits)
        depths = [max(event.scroll for event in events if event.scroll != MISSING_SCROLL)
                  for events in visits if any(event.scroll != MISSING_SCROLL for event in events)]  # fmt: skip
        reached = tuple(sum(depth >= bound for depth in depths) for bound in (25, 50, 75, 100))
        median = seconds[min(len(seconds) - 1, floor(0.5 * len(seconds)))]
        return (len(seconds), statistics.fmean(seconds), median, statistics.fmean(depths) if depths else None, reached,
                len(depths))  # fmt: skip

    def starts(self, *, consented: bool = False) -> list[tuple[int, int]]:
        """(visitor, start) of every visit; `consented`: of those alone who agreed to be known again."""
        found: dict[int, Event] = {}
        for row in self.every:
            if row.visit_id and row.event.name != ENGAGEMENT:
                found.setdefault(row.visit_id, row.event)
        return [(event.visitor_id, event.ts) for event in found.values()
                if event.consented == consented or not consented]  # fmt: skip

    def in_period(self, ts: int) -> bool:
        return self.since <= ts // 1000 * 1000 < self.until

    def cohorts(self) -> dict[date, dict[int, int]]:
        starts = [(who, ts) for who, ts in self.starts(consented=True) if ts // 1000 * 1000 < self.until]
        first: dict[int, int] = {}
        for who, ts in starts:
            first[who] = min(ts, first.get(who, ts))
        found: dict[date, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for who, ts in starts:
            if self.in_period(ts):
                week, now = monday(self.day(first[who])), monday(self.day(ts))
                found[week][(now - week).days // 7].add(who)
        begin = monday(self.day(self.since))
        return {
            week: {later: len(who) for later, who in weeks.items()} for week, weeks in found.items() if week >= begin
        }

    def visits_of_day(self, most: int) -> dict[int, int]:
        days = Counter((who, self.day(ts)) for who, ts in self.starts() if self.in_period(ts))
        return dict(Counter(min(number, most) for number in days.values()))


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
