"""An oracle for answers: the meaning of a Question, worked out row by row in Python, without SQL.

In: the rows that were stored and a Question. Out: group -> exact (unrounded) numbers. It is slow and says everything
twice on purpose: metrics on events are counted on events, also where the code under test counts them on visits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from store_world import local

from clickhouse.ask.question import AllOf, AnyOf, Condition, Did, Filter, Not, Question
from clickhouse.rows import ENGAGEMENT, PAGEVIEW, Event, PlacedEvent

OF_PAGE = {"page": "path", "hostname": "hostname"}
ONLY = {"missing_page": "404", "outbound_link": "Outbound Link: Click", "download": "File Download"}
"""Dimensions that a single feature has."""
OF_DEED = {"feature", "currency", *ONLY}
OF_VISIT_ONLY = {"entry", "exit", "entry_hostname", "exit_hostname"}
OF_ARRIVAL = {"source", "channel", "referrer", "click"} | {
    f"utm_{n}" for n in ("source", "medium", "campaign", "content", "term")
}
ON_VISITS = {"views_per_visit", "bounce_rate", "visit_duration", "engaged_rate"}
Number = float | None


@dataclass
class Visit:
    """A visit and all its events, engagement among them."""

    rows: list[Event]

    def __post_init__(self) -> None:
        self.kept = [event for event in self.rows if event.name != ENGAGEMENT]
        self.pages = [event for event in self.kept if event.name == PAGEVIEW]
        self.deeds = [event for event in self.kept if event.name != PAGEVIEW and event.interactive]
        self.engaged = sum(event.engaged_ms for event in self.rows)
        self.start = self.kept[0].ts
        self.seconds = self.kept[-1].ts // 1000 - self.start // 1000

    def trait(self, name: str) -> str:
        if name in OF_VISIT_ONLY:
            page = self.pages[0 if name.startswith("entry") else -1] if self.pages else None
            return "" if page is None else (page.hostname if name.endswith("hostname") else page.path)
        first = self.kept[0]
        if name in ("source", "channel") and first.continued and not first.source:
            return "(continued)"
        return str(getattr(first, name))


class Oracle:
    """All that was stored of one site."""

    def __init__(self, rows: Iterable[PlacedEvent], question: Question) -> None:
        self.question = question
        self.events: list[tuple[Event, Visit | None]] = []
        told: dict[int, list[Event]] = defaultdict(list)
        mine = [row for row in rows if row.event.site_id == question.site_id]
        for row in mine:
            told[row.visit_id].append(row.event)
        self.visits = {visit_id: Visit(events) for visit_id, events in told.items() if visit_id}
        self.events = [(row.event, self.visits.get(row.visit_id)) for row in mine]

    def answer(self) -> dict[tuple[str, ...], list[Number]]:
        """Return every group with its numbers, in the order of the metrics."""
        sources: dict[str, dict[tuple[str, ...], list[Any]]] = {
            "events": self._group(self._kept(), self._event_label),
            "visits": self._group(self._whole_visits(), self._visit_label),
            "told": self._group(self._told(), self._event_label),
        }
        names = [self._source(metric) for metric in self.question.metrics]
        spine = "events" if "events" in names or len(set(names)) > 1 else names[0]
        groups = sources[spine] if self.question.dimensions else {(): []}
        return {
            group: [
                COUNT[name][metric](sources[name].get(group, []), self)
                for name, metric in zip(names, self.question.metrics, strict=True)
            ]
            for group in groups
        }

    def _source(self, metric: str) -> str:
        if metric in ON_VISITS:
            return "visits"
        if metric == "scroll_depth" or (metric == "engaged_seconds" and self._traits() & set(OF_PAGE)):
            return "told"
        return "visits" if metric == "engaged_seconds" else "events"

    def _traits(self) -> set[str]:
        def names(tree: Filter) -> Iterator[str]:
            if isinstance(tree, Condition):
                yield tree.dimension
            elif isinstance(tree, AllOf | AnyOf):
                for branch in tree.filters:
                    yield from names(branch)
            elif isinstance(tree, Not):
                yield from names(tree.filter)

        return {name for tree in self.question.filters for name in names(tree)} | set(self.question.dimensions)

    def _within(self, ts: int) -> bool:
        return self.question.period.since.timestamp() * 1000 <= ts < self.question.period.until.timestamp() * 1000

    def _kept(self) -> list[tuple[Event, Visit | None]]:
        return [
            (event, visit)
            for event, visit in self.events
            if event.name != ENGAGEMENT
            and self._within(event.ts)
            and (visit or {"pageviews", "events", "revenue", "average_revenue"} & set(self.question.metrics))
            and all(self._holds(tree, event, visit) for tree in self.question.filters)
            and all(event.name == ONLY.get(name, event.name) for name in self.question.dimensions)
        ]

    def _told(self) -> list[tuple[Event, Visit | None]]:
        return [
            (event, visit)
            for event, visit in self.events
            if event.name == ENGAGEMENT
            and visit
            and self._within(event.ts)
            and self._visit_holds(self.question.filters, visit, event)
        ]

    def _whole_visits(self) -> list[Visit]:
        return [
            visit
            for visit in self.visits.values()
            if self._within(visit.start // 1000 * 1000) and self._visit_holds(self.question.filters, visit, None)
        ]

    def _holds(self, tree: Filter, event: Event, visit: Visit | None, *, did: bool = False) -> bool:
        if isinstance(tree, AllOf):
            return all(self._holds(branch, event, visit, did=did) for branch in tree.filters)
        if isinstance(tree, AnyOf):
            return any(self._holds(branch, event, visit, did=did) for branch in tree.filters)
        if isinstance(tree, Not):
            return not self._holds(tree.filter, event, visit, did=did)
        if isinstance(tree, Did):
            return visit is not None and tree.did == self._did(tree, visit)
        if tree.dimension == "hostname" and visit and not did and self._traits() & OF_ARRIVAL:
            return compare(tree, event.hostname) and compare(tree, visit.trait("entry_hostname"))
        return compare(tree, self._trait(tree.dimension, event, visit))

    def _did(self, tree: Did, visit: Visit) -> bool:
        return any(self._holds(tree.filter, event, visit, did=True) for event in visit.kept)

    def _visit_holds(self, trees: Sequence[Filter], visit: Visit, told: Event | None) -> bool:
        """Whether all hold of a visit: branches about deeds together, of one of its events."""
        deeds = [tree for tree in trees if only_deeds(tree)]
        if deeds and not any(all(self._holds(tree, e, visit) for tree in deeds) for e in visit.kept):
            return False
        return all(self._one_holds(tree, visit, told) for tree in trees if not only_deeds(tree))

    def _one_holds(self, tree: Filter, visit: Visit, told: Event | None) -> bool:
        if isinstance(tree, AllOf):
            return self._visit_holds(tree.filters, visit, told)
        if isinstance(tree, AnyOf):
            return any(self._visit_holds([branch], visit, told) for branch in tree.filters)
        if isinstance(tree, Not):
            return not self._visit_holds([tree.filter], visit, told)
        if isinstance(tree, Did):
            return tree.did == self._did(tree, visit)
        if tree.dimension in OF_PAGE and told is None:
            name = "entry" if tree.dimension == "page" else "entry_hostname"
            return compare(tree, visit.trait(name))
        return self._holds(tree, told or visit.kept[0], visit)

    def _trait(self, name: str, event: Event, visit: Visit | None) -> str:
        if name in ONLY:
            return event.path if name == "missing_page" else event.props.get("url", "")
        if name.startswith("time:") or name == "hour_of_week":
            return bucket(name, event.ts, self.question.timezone)
        if name.startswith("prop:"):
            return event.props.get(name.removeprefix("prop:"), "")
        if name in OF_PAGE or name in OF_DEED:
            return str(getattr(event, OF_PAGE.get(name, "name" if name == "feature" else name)))
        if visit is None:
            return "" if name in OF_VISIT_ONLY else str(getattr(event, name))
        return visit.trait(name)

    def _event_label(self, row: tuple[Event, Visit | None]) -> tuple[str, ...]:
        return tuple(self._trait(name, *row) for name in self.question.dimensions)

    def _visit_label(self, visit: Visit) -> tuple[str, ...]:
        pages = {"page": "entry", "hostname": "entry_hostname"}
        return tuple(
            bucket(name, visit.start, self.question.timezone)
            if name.startswith("time:") or name == "hour_of_week"
            else "?"
            if name in OF_DEED or name.startswith("prop:")
            else visit.trait(pages.get(name, name))
            for name in self.question.dimensions
        )

    def _group(self, rows: Iterable[Any], label: Callable[[Any], tuple[str, ...]]) -> dict[tuple[str, ...], list[Any]]:
        groups: dict[tuple[str, ...], list[Any]] = defaultdict(list)
        for row in rows:
            groups[label(row)].append(row)
        return groups

    def visitors(self, rows: list[tuple[Event, Visit | None]]) -> float:
        zone = self.question.timezone
        return len({(e.visitor_id, local(e.ts, zone).date()) for e, _ in rows if e.visitor_id})


def only_deeds(tree: Filter) -> bool:
    if isinstance(tree, Condition):
        return tree.dimension in OF_DEED or tree.dimension.startswith("prop:")
    if isinstance(tree, Not):
        return only_deeds(tree.filter)
    return isinstance(tree, AllOf | AnyOf) and all(only_deeds(branch) for branch in tree.filters)


def compare(condition: Condition, value: str) -> bool:
    values = condition.values if condition.case_sensitive else tuple(v.lower() for v in condition.values)
    value = value if condition.case_sensitive else value.lower()
    operator = condition.operator.removesuffix("_not")
    if operator == "is":
        found = value in values
    elif operator == "contains":
        found = any(part in value for part in values)
    else:
        found = any(re.search(pattern, value) for pattern in values)
    return found != condition.operator.endswith("_not")


def bucket(name: str, ts: int, timezone: str) -> str:
    wall = local(ts, timezone)
    if name in ("time:minute", "time:hour"):
        return wall.strftime("%Y-%m-%d %H:%M:00" if name == "time:minute" else "%Y-%m-%d %H:00:00")
    if name == "hour_of_week":
        return f"{wall.isoweekday()} {wall:%H}:00"
    if name == "time:year":
        return f"{wall.year}-01-01"
    days = {"time:day": 0, "time:week": wall.weekday(), "time:month": wall.day - 1}[name]
    return (wall.date() - timedelta(days=days)).isoformat()


def over(top: float, count: float) -> Number:
    return top / count if count else None


def _deepest(rows: list[tuple[Event, Visit]]) -> Number:
    deepest: dict[tuple[int, str, str], int] = {}
    for event, visit in rows:
        if event.scroll <= 100:
            key = (id(visit), event.hostname, event.path)
            deepest[key] = max(event.scroll, deepest.get(key, 0))
    return over(sum(deepest.values()), len(deepest))


COUNT: dict[str, dict[str, Callable[[list[Any], Oracle], Number]]] = {
    "events": {
        "visitors": lambda rows, oracle: oracle.visitors(rows),
        "visits": lambda rows, _: len({id(visit) for _, visit in rows if visit}),
        "pageviews": lambda rows, _: sum(event.name == PAGEVIEW for event, _ in rows),
        "events": lambda rows, _: len(rows),
        "revenue": lambda rows, _: sum(event.revenue for event, _ in rows) / 1000,
        "average_revenue": lambda rows, _: over(
            sum(event.revenue for event, _ in rows) / 1000, sum(event.revenue != 0 for event, _ in rows)
        ),
        "consented_visitors": lambda rows, _: len({event.visitor_id for event, _ in rows if event.consented}),
    },
    "visits": {
        "views_per_visit": lambda rows, _: over(sum(len(v.pages) for v in rows), len(rows)),
        "bounce_rate": lambda rows, _: over(100 * sum(len(v.pages) <= 1 and not v.deeds for v in rows), len(rows)),
        "visit_duration": lambda rows, _: over(sum(v.seconds for v in rows), len(rows)),
        "engaged_rate": lambda rows, _: over(
            100 * sum(len(v.pages) > 1 or bool(v.deeds) or v.engaged >= 10_000 for v in rows), len(rows)
        ),
        "engaged_seconds": lambda rows, _: over(sum(v.engaged for v in rows) / 1000, len(rows)),
    },
    "told": {
        "scroll_depth": lambda rows, _: _deepest(rows),
        "engaged_seconds": lambda rows, _: over(
            sum(event.engaged_ms for event, _ in rows) / 1000, len({id(visit) for _, visit in rows})
        ),
    },
}
