"""The chore that adds up closed days: a site at a time, and again after a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.limits import BACKGROUND_SETTINGS, READER_SETTINGS
from clickhouse.rows import Event, PlacedEvent, Position
from footfall.closing import LOOK_AGAIN, MOST_WAITS, Closing

NOW = datetime(2026, 6, 10, 14, tzinfo=UTC)
BOOKED = "select site_id, count() from day_book group by site_id order by site_id"


def one_event(store: Store) -> Any:
    """The ground of a site with something to add up."""
    noon = int(datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp() * 1000)
    page = Event(site_id=1, ts=noon, visitor_id=0, name="pageview", hostname="a.example", path="/")
    insert_events(store, [PlacedEvent(page, 0, Position(1, 1))], token="1")
    store.writer.command("truncate table changes")
    sites = [SimpleNamespace(id=1, timezone="UTC")]
    return SimpleNamespace(store=store, snapshot=SimpleNamespace(sites=sites))


def test_no_step_begins_while_somebody_waits_for_an_answer(store: Store) -> None:
    closing = Closing(one_event(store), clock=lambda: NOW)
    with store._reader():
        assert store.is_asked
        for _ in range(MOST_WAITS):
            closing.work()
        assert store.background.query(BOOKED) == []
    assert not store.is_asked
    closing.work()
    assert store.query(BOOKED) == [(1, 8)]


def test_a_store_that_is_always_asked_is_added_up_all_the_same(store: Store) -> None:
    closing = Closing(one_event(store), clock=lambda: NOW)
    with store._reader():
        for _ in range(MOST_WAITS + 1):
            closing.work()
        assert store.background.query(BOOKED) == [(1, 8)]


def test_a_step_under_way_pauses_for_questions(any_store: Store) -> None:
    """The engine's own rule: of two priorities the greater number waits. So no question meets its limit beside it."""
    assert int(str(BACKGROUND_SETTINGS["priority"])) > int(str(READER_SETTINGS["priority"])) > 0
    assert BACKGROUND_SETTINGS["max_threads"] == 1
    asked = "select name, value from system.settings where name in ('priority', 'max_threads') order by name"
    assert any_store.background.query(asked) == [("max_threads", "1"), ("priority", "2")]
    assert dict(any_store.query(asked))["priority"] == "1"
    assert "max_execution_time" not in BACKGROUND_SETTINGS, "it may take its time"


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
