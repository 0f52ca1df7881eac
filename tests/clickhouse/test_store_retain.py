"""Rows over their site's limit go, all others stay, and the proof sees what deletion marks would hide."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime

import pytest
from store_world import at, event, keep

from clickhouse.client import Store
from clickhouse.erase import wait_for_old_parts
from clickhouse.insert import insert_refusals
from clickhouse.retain import Limit, Rule, end_of, retain, rows_over, tables_with_time
from clickhouse.rows import Position, Reason, RefusalCount

LONG_AGO = date(2020, 1, 1)
TEXT_OF = {"events": "path", "visits": "entry", "refusals": "toString(day)"}


def rule(*limits: Limit, known: Collection[int] = (1, 2), removed: Collection[int] = ()) -> Rule:
    """What may stay; known sites that are not named keep everything."""
    days = dict.fromkeys(known, LONG_AGO) | {limit.site_id: limit.first_day for limit in limits}
    return Rule(
        limits=limits, known=known, removed=removed, strays_from=LONG_AGO, all_from=min(days.values(), default=LONG_AGO)
    )


def visited(store: Store, *times: str, site: int = 1) -> None:
    """Keep a page view at each of these times (UTC), each a visit of its own, and a refusal on its day."""
    keep(store, [event(site_id=site, visitor=n, path=t, ts=at(t)) for n, t in enumerate(times, 1)], segment=site)
    days = [(date.fromisoformat(text[:10]) - date(1970, 1, 1)).days for text in times]
    counts = [(Position(site, n), RefusalCount(site, day, Reason.GPC, 1)) for n, day in enumerate(days)]
    insert_refusals(store, counts, token=f"r{site}")


def there(store: Store, site: int = 1) -> dict[str, list[str]]:
    """What lies in each table, marked as deleted or not."""
    asked = "select {} from {} where site_id = {{site:UInt32}} order by 1 settings apply_deleted_mask = 0"
    return {
        table: [found for (found,) in store.query(asked.format(text, table), {"site": site})]
        for table, text in TEXT_OF.items()
    }


def only(*times: str) -> dict[str, list[str]]:
    return {"events": [*times], "visits": [*times], "refusals": [text[:10] for text in times]}


def carry_out(store: Store, what: Rule) -> None:
    for _ in range(10_000):
        if retain(store, what):
            break
    else:
        pytest.fail("never proved")
    assert not any(rows_over(store, table, what) for table in tables_with_time(store))


def mutations(store: Store) -> list[str]:
    asked = "select command from system.mutations where database = {name:String}"
    return [command for (command,) in store.query(asked, {"name": store.database})]


def test_every_row_over_its_sites_limit_is_deleted_and_no_other(any_store: Store) -> None:
    visited(any_store, "2026-02-27 12:00:00", "2026-02-28 23:59:59", "2026-03-01 00:00:00", "2026-03-04 12:00:00")
    visited(any_store, "2026-02-01 12:00:00", "2026-03-04 12:00:00", site=2)
    carry_out(any_store, rule(Limit(1, date(2026, 3, 1))))
    assert there(any_store) == only("2026-03-01 00:00:00", "2026-03-04 12:00:00")
    assert there(any_store, 2) == only("2026-02-01 12:00:00", "2026-03-04 12:00:00")
    assert wait_for_old_parts(any_store, 60)


def test_a_sites_day_begins_at_its_own_midnight(any_store: Store) -> None:
    times = ("2026-03-02 10:59:59", "2026-03-02 11:00:00", "2026-03-03 07:59:59", "2026-03-03 08:00:00")
    visited(any_store, *times)
    visited(any_store, *times, site=2)
    auckland, los_angeles = "Pacific/Auckland", "America/Los_Angeles"  # 13 hours ahead, 8 behind
    carry_out(any_store, rule(Limit(1, date(2026, 3, 3), auckland), Limit(2, date(2026, 3, 3), los_angeles)))
    for table in ("events", "visits"):
        assert there(any_store)[table] == [*times[1:]]
        assert there(any_store, 2)[table] == [*times[3:]]
    assert there(any_store)["refusals"] == ["2026-03-03"] * 2  # its day is the site's already


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("America/Santiago", date(2026, 9, 6), datetime(2026, 9, 6, 4, tzinfo=UTC)),  # 00:00 does not exist
        ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC)),  # 00:00 comes twice
    ],
)
def test_a_day_without_a_plain_midnight_begins_with_its_first_moment(zone: str, day: date, begins: datetime) -> None:
    assert Limit(1, day, zone).second() == begins.timestamp()


def test_a_month_that_no_site_keeps_is_dropped_without_rewriting(any_store: Store) -> None:
    visited(any_store, "2025-11-30 12:00:00", "2025-12-05 12:00:00", "2026-03-04 12:00:00")
    visited(any_store, "2025-12-05 12:00:00", "2026-03-04 12:00:00", site=2)
    carry_out(any_store, rule(Limit(1, date(2026, 3, 1)), Limit(2, date(2026, 2, 1))))
    assert mutations(any_store) == []
    assert there(any_store) == there(any_store, 2) == only("2026-03-04 12:00:00")


def test_a_month_that_one_site_keeps_is_not_dropped(any_store: Store) -> None:
    visited(any_store, "2025-12-05 12:00:00")
    carry_out(any_store, rule(Limit(1, date(2026, 3, 1)), known=(1, 2)))
    assert mutations(any_store)  # site 2 keeps such a month: a row of it may come at any moment
    visited(any_store, "2025-12-06 12:00:00", site=3)
    carry_out(any_store, rule(Limit(1, date(2026, 3, 1)), known=(1,)))
    assert there(any_store, 3) == only("2025-12-06 12:00:00")


def test_rows_that_are_only_marked_as_deleted_go_too(any_store: Store) -> None:
    visited(any_store, "2026-03-01 12:00:00", "2026-03-04 12:00:00")
    for table in TEXT_OF:
        any_store.writer.command(f"delete from {table} where site_id = 1")
    assert there(any_store) == only("2026-03-01 12:00:00", "2026-03-04 12:00:00")
    carry_out(any_store, rule(Limit(1, date(2026, 3, 3))))
    assert "2026-03-01 12:00:00" not in there(any_store)["events"]


def test_retaining_again_changes_nothing(any_store: Store) -> None:
    visited(any_store, "2026-03-01 12:00:00", "2026-03-04 12:00:00")
    what = rule(Limit(1, date(2026, 3, 3)))
    carry_out(any_store, what)
    before = mutations(any_store)
    assert retain(any_store, what)
    assert (mutations(any_store), there(any_store)) == (before, only("2026-03-04 12:00:00"))


def test_a_longer_limit_brings_nothing_back_and_takes_nothing_more(any_store: Store) -> None:
    visited(any_store, "2026-03-01 12:00:00", "2026-03-03 12:00:00", "2026-03-04 12:00:00")
    carry_out(any_store, rule(Limit(1, date(2026, 3, 3))))
    carry_out(any_store, rule(Limit(1, date(2026, 2, 1))))
    assert there(any_store) == only("2026-03-03 12:00:00", "2026-03-04 12:00:00")


def test_of_a_removed_site_nothing_stays_and_of_an_unknown_one_what_is_young(any_store: Store) -> None:
    visited(any_store, "2019-12-31 12:00:00", "2026-03-04 12:00:00", site=8)
    visited(any_store, "2019-12-31 12:00:00", "2026-03-04 12:00:00", site=9)
    carry_out(any_store, rule(known=(), removed=(8,)))
    assert there(any_store, 8) == only()
    assert there(any_store, 9) == only("2026-03-04 12:00:00")


def test_a_table_of_a_later_release_is_kept_within_the_limit_too(any_store: Store) -> None:
    any_store.writer.command(
        "create table added_later (site_id UInt32, seen DateTime64(6), note String) engine = MergeTree order by site_id"
    )
    any_store.writer.command("insert into added_later values (1, '2026-03-01 12:00:00', 'x'), (1, now64(), 'y')")
    carry_out(any_store, rule(Limit(1, date(2026, 3, 3))))
    assert any_store.query("select note from added_later settings apply_deleted_mask = 0") == [("y",)]


class CutShort:
    """A store whose writer dies at the n-th command, as a process may."""

    def __init__(self, store: Store, after: int) -> None:
        self.database, self.cluster, self.query = store.database, store.cluster, store.query
        self.writer, self._command, self._left = self, store.writer.command, after

    def command(self, sql: str, params: dict[str, object] | None = None) -> None:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        self._command(sql, params or {})


@pytest.mark.parametrize("after", range(6))
def test_a_crash_between_any_two_steps_is_made_good_by_the_next_run(any_store: Store, after: int) -> None:
    visited(any_store, "2024-03-04 12:00:00", "2026-03-01 12:00:00", "2026-03-04 12:00:00")
    what = rule(Limit(1, date(2026, 3, 3)), known=(1,))
    with pytest.raises(KeyboardInterrupt):
        retain(CutShort(any_store, after), what)  # type: ignore[arg-type]
    carry_out(any_store, what)
    assert there(any_store) == only("2026-03-04 12:00:00")


def test_the_order_to_delete_names_sites_and_limits_and_nobody(any_store: Store) -> None:
    visited(any_store, "2026-03-01 12:00:00", "2026-03-04 12:00:00")
    (visitor,) = any_store.query("select visitor_id, visit_id from events order by ts limit 1")
    carry_out(any_store, rule(Limit(1, date(2026, 3, 3))))
    told = " ".join(mutations(any_store))
    assert "site_id" in told
    assert not {"visitor_id", "visit_id", "path", str(visitor[1])} & set(told.replace("(", " ").split())


def test_the_end_of_a_partition_is_read_from_its_name() -> None:
    names = ("202602", "202612", "2026", "all", "20260201")
    assert [end_of(name) for name in names] == [date(2026, 3, 1), date(2027, 1, 1), date(2027, 1, 1), None, None]
