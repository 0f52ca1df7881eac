"""Days of a site that its owner erases are gone from every table, proved with deletion marks ignored; others stay."""

from __future__ import annotations

from datetime import date

import pytest
from store_world import at, event, keep

from clickhouse.client import Store
from clickhouse.erase_days import erase_days
from clickhouse.insert import insert_refusals
from clickhouse.isolate import isolate
from clickhouse.rows import Position, Reason, RefusalCount

AUCKLAND = "Pacific/Auckland"  # 13 hours ahead in March
DAY, NEXT = date(2026, 3, 3), date(2026, 3, 4)
TIMES = ("2026-03-02 10:59:59", "2026-03-02 11:00:00", "2026-03-03 10:59:59", "2026-03-03 11:00:00")


def world(store: Store) -> None:
    for site in (1, 2):
        keep(store, [event(site_id=site, visitor=n, path=t, ts=at(t)) for n, t in enumerate(TIMES, 1)], segment=site)
        days = [(day - date(1970, 1, 1)).days for day in (date(2026, 3, 2), DAY, NEXT)]
        counts = [(Position(site, n), RefusalCount(site, day, Reason.GPC, 1)) for n, day in enumerate(days)]
        insert_refusals(store, counts, token=f"r{site}")


def rows(store: Store, table: str, column: str, site: int = 1) -> list[str]:
    asked = f"select toString({column}) from {table} where site_id = {{n:UInt32}} order by 1"
    asked += " settings apply_deleted_mask = 0"
    return [found for (found,) in store.query(asked, {"n": site})]


def carry_out(store: Store) -> None:
    for _ in range(10_000):
        if erase_days(store, 1, DAY, NEXT, AUCKLAND):
            return
    pytest.fail("never proved")


def test_a_day_of_the_sites_own_zone_goes_and_nothing_else(any_store: Store) -> None:
    world(any_store)
    carry_out(any_store)
    assert rows(any_store, "events", "path") == [TIMES[0], TIMES[3]]
    assert rows(any_store, "visits", "entry") == [TIMES[0], TIMES[3]]
    assert rows(any_store, "refusals", "day") == ["2026-03-02", "2026-03-04"]
    assert rows(any_store, "events", "path", 2) == [*TIMES]


def test_rows_that_are_only_marked_as_deleted_go_with_their_day(store: Store) -> None:
    world(store)
    store.writer.command("delete from events where site_id = 1 and visitor_id = 2")
    carry_out(store)
    assert rows(store, "events", "path") == [TIMES[0], TIMES[3]]


def test_what_a_hold_keeps_of_that_day_stays(store: Store) -> None:
    world(store)
    while not isolate(store, 1, DAY, NEXT, AUCKLAND, 4):
        pass
    carry_out(store)
    assert rows(store, "events_isolated", "path") == [TIMES[1], TIMES[2]]


def test_the_statements_name_a_site_and_days(store: Store) -> None:
    world(store)
    carry_out(store)
    told = store.query("select command from system.mutations where database = {d:String}", {"d": store.database})
    assert told
    assert not [text for (text,) in told if "visitor_id" in text or "path" in text]
