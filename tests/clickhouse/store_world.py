"""A world in one line: events as plain calls, put into visits by the plain rule, kept and derived.

In: events of a test. Out: the rows as they were stored. The rule here is the naive one (sort, cut at 30 minutes); the
collector's drain has the real one, which must agree with it. Nothing here asks the code under test what is right.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from clickhouse.ask import Condition, Period, Question, ask
from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import ENGAGEMENT, Event, PlacedEvent, Position
from clickhouse.visits import derive_visits, visit_id_of

QUIET_MS = 30 * 60_000
NOON = int(datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp() * 1000)
"""Wednesday, 4 March 2026, 12:00 UTC."""


def at(text: str) -> int:
    """Milliseconds of `2026-03-04 12:00:00` (UTC)."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def question(*metrics: str, **more: Any) -> Question:
    """A question about site 1 in March 2026, in UTC."""
    known: dict[str, Any] = {"site_id": 1, "timezone": "UTC", "period": days("2026-03-01", "2026-04-01")}
    return Question(metrics=metrics, **(known | more))


def days(since: str, until: str, timezone: str = "UTC") -> Period:
    """`[since, until)`, by midnights of the zone (or by what times are written)."""
    zone = ZoneInfo(timezone)
    return Period(
        datetime.fromisoformat(since).replace(tzinfo=zone), datetime.fromisoformat(until).replace(tzinfo=zone)
    )


def event(name: str = "pageview", path: str = "/", *, t: float = 0, visitor: int = 1, **more: Any) -> Event:
    """An event `t` seconds after noon."""
    known: dict[str, Any] = {
        "site_id": 1,
        "ts": NOON + int(t * 1000),
        "visitor_id": visitor,
        "name": name,
        "hostname": "example.com",
        "path": path,
        "channel": "Direct",
    }
    return Event(**(known | more))


def engagement(path: str = "/", *, seconds: float, scroll: int = 255, **more: Any) -> Event:
    """What a visitor's page reported when it was left."""
    return event(ENGAGEMENT, path, engaged_ms=int(seconds * 1000), scroll=scroll, **more)


def local(ts: int, timezone: str) -> datetime:
    """The wall clock of a zone."""
    return datetime.fromtimestamp(ts / 1000, ZoneInfo(timezone))


def place(events: Iterable[Event], *, segment: int = 7, timezone: str = "UTC") -> list[PlacedEvent]:
    """Give every event its visit and its place; engagement without a visit is left out, as the drain leaves it."""
    placed = []
    open_visits: dict[tuple[int, int], tuple[int, int]] = {}
    for event in sorted(events, key=lambda event: event.ts):
        visit_id, key = 0, (event.site_id, event.visitor_id)
        if event.visitor_id:
            visit_id, last = open_visits.get(key, (0, 0))
            is_new_day = local(last, timezone).date() != local(event.ts, timezone).date()
            if not visit_id or is_new_day or event.ts - last > QUIET_MS:
                if event.name == ENGAGEMENT:
                    continue
                visit_id = visit_id_of(event.site_id, event.visitor_id, event.ts)
            open_visits[key] = (visit_id, event.ts)
        placed.append(PlacedEvent(event, visit_id, Position(segment, len(placed))))
    return placed


def keep(store: Store, events: Iterable[Event], *, segment: int = 7, timezone: str = "UTC") -> list[PlacedEvent]:
    """Store events and derive their visits."""
    rows = place(events, segment=segment, timezone=timezone)
    insert_events(store, rows, token=f"{segment}")
    derive_visits(store, touched(rows))
    return rows


def touched(rows: Sequence[PlacedEvent]) -> set[tuple[int, int]]:
    return {(row.event.site_id, row.visit_id) for row in rows if row.visit_id}


def some_events(seed: int, *, visits: int = 60, since: int = NOON, hours: int = 70) -> list[Event]:
    """Random visits of two sites, with all that makes counting hard: loose events, features, engagement, props."""
    dice = random.Random(seed)
    events: list[Event] = []
    for _ in range(visits):
        visitor = 0 if dice.random() < 0.1 else 1 + dice.randrange(max(1, visits // 2))
        ts = since + dice.randrange(hours * 3_600_000)
        came: dict[str, Any] = {
            "site_id": dice.choice([1, 1, 1, 2]),
            "visitor_id": visitor,
            "country": dice.choice(["DE", "US", ""]),
            "region": dice.choice(["DE-BE", "DE-BY", ""]),
            "browser": dice.choice(["Chrome", "Firefox"]),
            "device": dice.choice(["desktop", "mobile"]),
            "language": dice.choice(["de", "en"]),
            "consented": visitor % 3 == 1,
        }
        source: dict[str, Any] = dice.choice(
            [
                {"source": "Google", "channel": "Organic Search", "referrer": "google.com"},
                {"source": "news", "channel": "Email", "utm_source": "news", "utm_medium": "email"},
                {"channel": "Direct"},
                {"channel": "Direct", "continued": True},
            ]
        )
        for step in range(dice.choice([1, 1, 2, 3, 5])):
            path = dice.choice(["/", "/a", "/b/c", "/pricing"])
            where = came | {"hostname": dice.choice(["example.com", "blog.example.com"]), "path": path}
            first = source if step == 0 else {"channel": "Direct", "continued": True}
            if dice.random() < 0.9 or step:
                events.append(Event(ts=ts, name="pageview", **where, **first))
            if dice.random() < 0.3:
                props = {"plan": dice.choice(["free", "pro"]), "url": dice.choice(["/a.pdf", "/b.zip"])}
                deed = {"props": props} if dice.random() < 0.7 else {}
                seconds = dice.randrange(20)
                events.append(
                    Event(
                        ts=ts + seconds * 1000,
                        name=dice.choice(["Signup", "Download", "Signup", "Download", "404", "File Download"]),
                        interactive=dice.random() < 0.7,
                        revenue=dice.choice([0, 12_500]),
                        **where,
                        **deed,
                    )
                )
            ts += dice.randrange(1000, 20 * 60_000)
            if visitor and dice.random() < 0.6:
                events.append(
                    Event(
                        ts=ts,
                        name=ENGAGEMENT,
                        engaged_ms=dice.randrange(20_000),
                        scroll=dice.choice([10, 50, 100, 255]),
                        **where,
                    )
                )
    return events


def table(store: Store, asked: Question) -> list[tuple[Any, ...]]:
    return [(*row.dimensions, *row.metrics) for row in ask(store, asked).rows]


def one(store: Store, asked: Question) -> tuple[Any, ...]:
    (row,) = ask(store, asked).rows
    return row.metrics


def only(name: str, *values: str, operator: Any = "is", **more: Any) -> Condition:
    return Condition(operator, name, values, **more)
