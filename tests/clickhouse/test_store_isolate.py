"""Days that a hold keeps are moved out of sight, survive crashes on the way, and come back as they were."""

from __future__ import annotations

from datetime import date

import pytest
from store_world import at, event, keep, one, question

from clickhouse.client import Store
from clickhouse.isolate import isolate, release
from clickhouse.rows import ENGAGEMENT

SINCE, UNTIL = date(2026, 3, 1), date(2026, 3, 4)
TIMES = (
    "2026-02-28 22:59:59",
    "2026-02-28 23:00:00",
    "2026-03-02 12:00:00",
    "2026-03-03 22:59:59",
    "2026-03-03 23:30:00",
)
BERLIN = "Europe/Berlin"


def world(store: Store) -> None:
    """Five moments around three days of Berlin, each a visit with an engagement; and another site's."""
    for site in (1, 2):
        views = [
            event(site_id=site, visitor=n, path=t, ts=at(t), props={"plan": "pro"}) for n, t in enumerate(TIMES, 1)
        ]
        left = [event(ENGAGEMENT, t, site_id=site, visitor=n, ts=at(t), engaged_ms=7) for n, t in enumerate(TIMES, 1)]
        keep(store, [*views, *left], segment=site, timezone=BERLIN)


def rows(store: Store, table: str, site: int = 1) -> list[str]:
    column = "entry" if table == "visits" else "path"
    asked = f"select {column} from {table} where site_id = {{n:UInt32}} order by 1 settings apply_deleted_mask = 0"
    return [found for (found,) in store.query(asked, {"n": site})]


def whole(store: Store) -> list[tuple[object, ...]]:
    return store.query("select * from events order by site_id, segment, seq")


def until_done(step: object, *words: object) -> None:
    for _ in range(10_000):
        if step(*words):  # type: ignore[operator]
            return
    pytest.fail("never done")


def test_a_holds_days_are_in_no_answer_and_come_back_as_they_were(any_store: Store) -> None:
    world(any_store)
    before, visits = whole(any_store), any_store.query("select * from visits final order by site_id, visit_id")
    until_done(isolate, any_store, 1, SINCE, UNTIL, BERLIN, 4)
    assert rows(any_store, "events") == [TIMES[0], TIMES[0], TIMES[4], TIMES[4]]
    assert rows(any_store, "visits") == [TIMES[0], TIMES[4]]
    assert rows(any_store, "events_isolated") == sorted([*TIMES[1:4], *TIMES[1:4]])
    assert one(any_store, question("visits", "pageviews")) == (1, 1)
    assert len(rows(any_store, "visits", 2)) == 5
    until_done(release, any_store, 1, 4)
    assert whole(any_store) == before
    assert any_store.query("select * from visits final order by site_id, visit_id") == visits
    assert rows(any_store, "events_isolated") == []


def test_isolating_and_releasing_twice_loses_and_doubles_nothing(store: Store) -> None:
    world(store)
    before = whole(store)
    for hold in (4, 5):
        until_done(isolate, store, 1, SINCE, UNTIL, BERLIN, hold)
        assert isolate(store, 1, SINCE, UNTIL, BERLIN, hold)
        until_done(release, store, 1, hold)
        assert whole(store) == before


def test_another_holds_rows_stay_apart(store: Store) -> None:
    world(store)
    until_done(isolate, store, 1, SINCE, UNTIL, BERLIN, 4)
    until_done(isolate, store, 2, SINCE, UNTIL, BERLIN, 5)
    until_done(release, store, 1, 4)
    assert rows(store, "events_isolated", 2) == sorted([*TIMES[1:4], *TIMES[1:4]])


class DyingWriter:
    """A writer that dies at the n-th command, as its process may."""

    def __init__(self, store: Store, after: int) -> None:
        self.query, self._command, self._left = store.writer.query, store.writer.command, after

    def command(self, sql: str, params: dict[str, object] | None = None) -> None:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        self._command(sql, params or {})


class DyingStore:
    """The store with that writer."""

    def __init__(self, store: Store, after: int) -> None:
        self.database, self.cluster, self.query = store.database, store.cluster, store.query
        self.writer = DyingWriter(store, after)


@pytest.mark.parametrize("after", range(4))
def test_a_crash_between_any_two_steps_is_made_good(store: Store, after: int) -> None:
    world(store)
    before = whole(store)
    with pytest.raises(KeyboardInterrupt):
        until_done(isolate, DyingStore(store, after), 1, SINCE, UNTIL, BERLIN, 4)
    until_done(isolate, store, 1, SINCE, UNTIL, BERLIN, 4)
    assert len(rows(store, "events")) == 4
    assert len(rows(store, "events_isolated")) == 6
    with pytest.raises(KeyboardInterrupt):
        until_done(release, DyingStore(store, min(after, 2)), 1, 4)
    until_done(release, store, 1, 4)
    assert whole(store) == before


def test_the_statements_name_days_and_nobody(store: Store) -> None:
    world(store)
    (visitor,) = store.query("select visitor_id from events limit 1")
    until_done(isolate, store, 1, SINCE, UNTIL, BERLIN, 4)
    told = store.query("select command from system.mutations where database = {d:String}", {"d": store.database})
    assert told
    assert not [text for (text,) in told if "visitor_id" in text or "pro" in text]
    assert visitor
