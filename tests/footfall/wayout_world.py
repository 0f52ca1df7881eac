"""A site with all that makes counting hard, in a real store and a real registry; and every question one may ask of it.

In: a store, a directory. Out: a Yard with a registry; `fill` keeps random visits of a site; `answers` asks a table of
questions about it, so that two sites can be compared as a reader would see them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clickhouse.ask import Period, Question, ask
from clickhouse.client import Store
from clickhouse.insert import insert_events, insert_refusals
from clickhouse.rows import Event, PlacedEvent, Position, Reason, RefusalCount
from clickhouse.visits import derive_visits, visit_id_of
from registry.registry import Registry
from registry.site import Site

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DIMENSIONS = (
    (),
    ("time:day",),
    ("page",),
    ("entry",),
    ("exit",),
    ("source",),
    ("channel",),
    ("country",),
    ("region",),
    ("city",),
    ("browser",),
    ("device",),
    ("language",),
)
METRICS = ("visitors", "visits", "pageviews", "bounce_rate", "visit_duration")
PAGE_METRICS = ("visitors", "pageviews")


def events_of(site: Site, seed: int, visits: int = 80) -> list[PlacedEvent]:
    """Random visits of the last 40 days, a few of them by nobody."""
    dice = random.Random(seed)
    rows: list[PlacedEvent] = []
    for number in range(1, visits + 1):
        began = NOW - timedelta(days=dice.randrange(40), seconds=dice.randrange(3600))
        ts = int(began.timestamp() * 1000)
        visitor = 0 if number % 9 == 0 else number
        visit = visit_id_of(site.id, visitor, ts) if visitor else 0
        where: dict[str, Any] = dice.choice(
            [
                {"country": "DE", "region": "DE-BE", "city": "Berlin"},
                {"country": "FR"},
                {"country": "US", "city": "=1+1"},
            ]
        )
        traits = {
            "browser": dice.choice(["Chrome", "Firefox"]),
            "device": "desktop",
            "language": "de",
            "channel": "Direct",
        }
        for step in range(dice.choice([1, 2, 4])):
            event = Event(
                site_id=site.id,
                ts=ts + step * 60_000,
                visitor_id=visitor,
                name="pageview" if step != 2 else "Signup",
                hostname=site.host,
                path=dice.choice(["/", "/a", "=HYPERLINK(1)", '/"quoted",\n']),
                props={"plan": "pro"} if step == 2 else {},
                revenue=12_500 if step == 2 else 0,
                **where,
                **traits,
            )
            rows.append(PlacedEvent(event, visit, Position(site.id * 1000 + seed, len(rows))))
    return rows


@dataclass
class Yard:
    """A registry and a store."""

    registry: Registry
    store: Store
    data: Path

    def site(self, host: str, **settings: str) -> Site:
        return self.registry.sites.add(host, **settings)

    def fill(self, site: Site, seed: int = 1, visits: int = 80) -> Sequence[PlacedEvent]:
        rows = events_of(site, seed, visits)
        insert_events(self.store, rows, token=f"{site.id}-{seed}")
        derive_visits(self.store, {(site.id, row.visit_id) for row in rows})
        day = (NOW.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
        refused = [(Position(site.id * 1000 + seed, 1 << 20), RefusalCount(site.id, day, Reason.GPC, 3))]
        insert_refusals(self.store, refused, token=f"r{site.id}-{seed}")
        return rows

    def answers(self, site: Site) -> list[Any]:
        """Ask a table of questions about a site."""
        period = Period(NOW - timedelta(days=60), NOW + timedelta(days=1))
        found: list[Any] = []
        for dimensions in DIMENSIONS:
            metrics = PAGE_METRICS if dimensions == ("page",) else METRICS
            asked = Question(
                site_id=site.id,
                timezone=site.timezone,
                period=period,
                metrics=metrics,
                dimensions=dimensions,
                limit=1000,
            )
            found.append([(row.dimensions, row.metrics) for row in ask(self.store, asked).rows])
        return found

    def counts(self, site: Site) -> dict[str, int]:
        asked = "select count() from {} final where site_id = {{n:UInt32}}"
        plain = "select count() from {} where site_id = {{n:UInt32}}"
        return {
            table: self.store.query((asked if table == "visits" else plain).format(table), {"n": site.id})[0][0]
            for table in ("events", "visits", "refusals")
        }
