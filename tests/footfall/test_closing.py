"""The chore that adds up closed days: a site at a time, and again after a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import Event, PlacedEvent, Position
from footfall.closing import LOOK_AGAIN, Closing

NOW = datetime(2026, 6, 10, 14, tzinfo=UTC)
BOOKED = "select site_id, count() from day_book group by site_id order by site_id"


def test_every_site_is_added_up_and_looked_at_again(store: Store) -> None:
    noon = int(datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp() * 1000)
    rows = [
        PlacedEvent(Event(site_id=site, ts=noon, visitor_id=0, name="pageview", hostname="a.example", path="/"), 0,
                    Position(1, site))
        for site in (1, 2)
    ]  # fmt: skip
    insert_events(store, rows, token="1")
    store.writer.command("truncate table changes")
    sites = [SimpleNamespace(id=1, timezone="UTC"), SimpleNamespace(id=2, timezone="Europe/Berlin")]
    ground: Any = SimpleNamespace(store=store, snapshot=SimpleNamespace(sites=sites))
    clock = [NOW]
    closing = Closing(ground, clock=lambda: clock[0])
    for _ in range(8):
        closing.work()
    assert store.query(BOOKED) == [(1, 8), (2, 8)], "from the first event to the last closed day"
    clock[0] += timedelta(days=1)
    for _ in range(4):
        closing.work()
    assert store.query(BOOKED) == [(1, 9), (2, 9)]
    store.writer.command("truncate table day_book")
    clock[0] += LOOK_AGAIN / 2
    closing.work()
    assert store.query(BOOKED) == [], "nothing is due"
