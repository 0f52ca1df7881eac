"""What a visitor has erased is gone from spool, quarantine and store, whenever it crashes, and nothing else is."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from faults.demanding import AT_ONCE, assert_nowhere, demand, events_with_masked, fulfil, fulfil_all
from faults.drains import Crash, crash_at, drain_all, draining, paths, refused, store_without, stored
from faults.traffic import NOON, event, fill, id_of

from clickhouse.client import Store
from clickhouse.rows import ENGAGEMENT, Position
from collector.drain import DrainLimits
from collector.drain.demands import BOOK
from collector.drain.quarantine import Quarantine, Rejected
from collector.spool.reader import Reader
from collector.spool.record import KeptBlank, KeptEvent, decode

POINTS = (
    "noted", "stored", "settled", "found", "changed", "visits dropped", "visits derived", "proved", "forgotten"
)  # fmt: skip
MINE = 0xC0FFEE0DDBA11000
OTHER = 0x0DDBA11C0FFEE000


def visits(store: Store) -> list[tuple[int, int, str]]:
    return store.query("select visitor_id, events, entry from visits final order by visitor_id, entry")


def test_what_a_visitor_sent_before_is_gone_and_what_comes_after_is_kept(any_store: Store, tmp_path: Path) -> None:
    before = [event(0, path="/a"), event(10, visitor=2, path="/b"), event(20, path="/c", name=ENGAGEMENT)]
    fill(tmp_path, before, [demand(30)], [event(40, path="/d"), event(50, site=2, path="/e")])
    fulfil_all(any_store, tmp_path)
    assert paths(any_store) == events_with_masked(any_store) == ["/b", "/d", "/e"]
    assert visits(any_store) == [(1, 1, "/d"), (1, 1, "/e"), (2, 1, "/b")]
    assert refused(any_store) == {}
    assert not (tmp_path / BOOK).exists()


def test_rows_that_were_stored_long_before_the_demand_go_too(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a"), event(5, visitor=2, path="/b"), event(6, site=2, path="/c")])
    drain_all(any_store, tmp_path)
    assert visits(any_store) == [(1, 1, "/a"), (1, 1, "/c"), (2, 1, "/b")]
    fill(tmp_path, [demand(30)])
    fulfil_all(any_store, tmp_path)
    assert events_with_masked(any_store) == ["/b", "/c"]
    assert visits(any_store) == [(1, 1, "/c"), (2, 1, "/b")]
    assert any_store.query("select count() from visits settings apply_deleted_mask = 0") == [(2,)]


def test_a_visit_goes_on_without_the_events_that_were_erased(store: Store, tmp_path: Path) -> None:
    """Another worker's later event was stored first, in the same visit: it stays, and the visit tells only of it."""
    fill(tmp_path / "one", [event(0, path="/a"), event(60, path="/b")])
    drain_all(store, tmp_path / "one")
    fill(tmp_path / "two", [demand(30)])
    fulfil_all(store, tmp_path / "one", tmp_path / "two")
    assert visits(store) == [(1, 1, "/b")]


def test_events_in_another_workers_spool_are_dropped_though_they_come_after_the_demand(
    store: Store, tmp_path: Path
) -> None:
    limits = msgspec.structs.replace(AT_ONCE, late_seconds=10**9)
    fill(tmp_path / "one", [event(0, path="/a"), demand(30)])
    with draining(store, tmp_path / "one", tmp_path / "two", limits=limits) as drain:
        drain.step()
        fill(tmp_path / "two", [event(29, path="/b"), event(31, path="/c")])
        drain.step()
        assert paths(store) == ["/c"]
        status = drain._ledger.tell("", is_behind=False, oldest_ms=0)
        assert (status.kept, status.erased) == ({1: 1}, {1: 2})
    fill(tmp_path / "two", [event(28, path="/d")])
    fulfil_all(store, tmp_path / "one", tmp_path / "two")
    assert paths(store) == ["/c"]


def test_a_demand_waits_for_what_may_still_come(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a")], [demand(30)])
    limits = msgspec.structs.replace(AT_ONCE, late_seconds=10**9)
    with draining(store, tmp_path, limits=limits) as drain:
        for _ in range(200):
            drain.step()
            drain.fulfil()
        assert events_with_masked(store) == []
        assert (tmp_path / BOOK).exists()
        assert drain._fulfilment.oldest_ms == NOON + 30_000


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_any_point_erases_everything_once_and_nothing_else(store: Store, tmp_path: Path, point: str) -> None:
    events = [event(at, visitor=at % 4 + 1, path=f"/{at:03d}") for at in range(40)]
    groups = [[(one, id_of(at)) for at, one in enumerate(events)][first : first + 4] for first in range(0, 40, 4)]
    fill(tmp_path, *groups[:5])
    drain_all(store, tmp_path)
    fill(tmp_path, *groups[5:7], [demand(26, number=2)], *groups[7:])
    for times in (1, 2):
        with draining(store, tmp_path, limits=AT_ONCE, at=crash_at(point, times)) as drain:
            try:
                fulfil(drain)
            except Crash:
                continue
    fulfil_all(store, tmp_path)
    kept = [one for one in events if one.visitor_id != 2 or one.ts > NOON + 26_000]
    assert events_with_masked(store) == [one.path for one in kept]
    assert [(visitor, count) for visitor, count, _ in visits(store)] == [(1, 10), (2, 3), (3, 10), (4, 10)]
    resent = [(event(41, path="/again"), id_of(at)) for at in (1, 30)]
    fill(tmp_path, resent)
    fulfil_all(store, tmp_path)
    assert refused(store) == {(1, "duplicate"): 2}


@pytest.mark.parametrize("table", ["events", "visits", "changes"])
def test_a_store_that_fails_halfway_is_tried_again(store: Store, tmp_path: Path, table: str) -> None:
    fill(tmp_path, [event(0, path="/a"), event(1, visitor=2, path="/b")])
    drain_all(store, tmp_path)
    fill(tmp_path, [demand(30)])
    with draining(store, tmp_path, limits=AT_ONCE) as drain:
        drain.step()
        with store_without(store, table):
            for _ in range(50):
                assert not drain.fulfil()
        fulfil(drain)
    assert events_with_masked(store) == ["/b"]
    assert visits(store) == [(2, 1, "/b")]


def test_the_spool_keeps_nothing_of_it_but_the_ids(store: Store, tmp_path: Path) -> None:
    canary = "canary-5f1c"
    mine, other = event(0, visitor=MINE, path=f"/{canary}"), event(1, visitor=OTHER, path="/b")
    fill(tmp_path, [(mine, id_of(1)), other], begun_ms=NOON)
    fill(tmp_path, [demand(30, number=MINE)], begun_ms=NOON + 1)
    number = MINE.to_bytes(8, "big")
    with pytest.raises(pytest.fail.Exception):
        assert_nowhere(tmp_path, number)
    fulfil_all(store, tmp_path)
    assert_nowhere(tmp_path, canary.encode(), number, MINE.to_bytes(8, "little"))
    reader = Reader(tmp_path)
    kept = []
    while reader.peek() is not None:
        kept += [decode(record) for record in reader.take().records()]
    assert [type(one) for one in kept] == [KeptBlank, KeptEvent, KeptBlank]
    assert (kept[0].event_id.hex(), kept[1].event.path) == (id_of(1), "/b")  # type: ignore[union-attr]
    assert reader.lost == 0


def test_neither_the_store_nor_its_mutations_keep_anything_of_it(
    store: Store, tmp_path: Path, engine_directory: Path
) -> None:
    canary = "canary-9d20"
    fill(tmp_path, [event(0, visitor=MINE, path=f"/{canary}"), event(1, visitor=OTHER, path="/b")])
    drain_all(store, tmp_path)
    fill(tmp_path, [demand(30, number=MINE)])
    fulfil_all(store, tmp_path)
    told = store.query("select command from system.mutations where database = {d:String}", {"d": store.database})
    assert told
    assert not [text for (text,) in told if str(MINE) in text or canary in text]
    texts = [path.read_text(errors="replace") for path in engine_directory.rglob("mutation_*.txt")]
    assert not [text for text in texts if str(MINE) in text or canary in text]
    columns = store.query(
        "select table, name from system.columns where database = {d:String} and type like '%String%'"
        " and table in (select name from system.tables where database = {d:String} and engine like '%MergeTree%')",
        {"d": store.database},
    )
    for table, column in columns:
        asked = (
            f"select count() from {table} where toString({column}) like {{c:String}} settings apply_deleted_mask = 0"
        )
        assert store.query(asked, {"c": f"%{canary}%"}) == [(0,)], (table, column)
    inactive = store.query(
        "select count() from system.parts where database = {d:String} and table in ('events', 'visits') and not active",
        {"d": store.database},
    )
    assert inactive == [(0,)]


def test_lines_of_the_site_leave_the_quarantine(store: Store, tmp_path: Path) -> None:
    rows = [Rejected(Position(9, site), "why", event(0, site=site, path="/x")) for site in (1, 2)]
    Quarantine(tmp_path).put(rows)
    fill(tmp_path, [demand(30)])
    fulfil_all(store, tmp_path)
    assert [line.row["site_id"] for line in Quarantine(tmp_path).lines()] == [2]


def test_days_that_are_over_are_told_to_whoever_keeps_answers(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(-3 * 86_400, path="/old"), event(0, path="/new")])
    drain_all(store, tmp_path)
    fill(tmp_path, [demand(30, whose="cookie")])
    fulfil_all(store, tmp_path)
    day = NOON // 86_400_000
    told = store.query("select site_id, toUInt16(since), toUInt16(until) from changes")
    assert (1, day - 3, day + 1) in told
    assert events_with_masked(store) == []


def test_a_show_me_cookie_erases_exactly_its_events(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a"), event(1, path="/b", dsr_id=77), event(2, visitor=2, path="/c", dsr_id=77)])
    drain_all(any_store, tmp_path)
    fill(tmp_path, [event(3, path="/d", dsr_id=77), demand(30, number=77, whose="dsr"), demand(30, number=5)])
    fulfil_all(any_store, tmp_path)
    assert events_with_masked(any_store) == ["/a"]
    assert visits(any_store) == [(1, 1, "/a")]


def test_ending_it_blanks_the_column_and_nothing_else(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a", dsr_id=77), event(1, path="/b", dsr_id=78)])
    drain_all(any_store, tmp_path)
    fill(tmp_path, [demand(30, number=77, whose="dsr", act="blank_dsr"), event(29, path="/c", dsr_id=77)])
    fulfil_all(any_store, tmp_path)
    found = any_store.query("select path, dsr_id from events order by path settings apply_deleted_mask = 0")
    assert found == [("/a", 0), ("/b", 78), ("/c", 0)]


def test_a_restricted_visitor_counts_nowhere_and_is_not_lost(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a", props={"plan": "pro"}), event(1, visitor=2, path="/b")])
    drain_all(any_store, tmp_path)
    fill(tmp_path, [demand(30, act="restrict"), event(29, path="/late")])
    fulfil_all(any_store, tmp_path)
    assert events_with_masked(any_store) == ["/b"]
    assert visits(any_store) == [(2, 1, "/b")]
    kept = any_store.query("select path, props, hold_id, visitor_id from events_isolated order by path")
    assert kept == [("/a", {"plan": "pro"}, 0, 1), ("/late", {}, 0, 1)]
    fill(tmp_path, [demand(60)])
    fulfil_all(any_store, tmp_path)
    assert events_with_masked(any_store, "events_isolated") == []


def test_what_a_hold_keeps_is_not_erased(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a"), demand(30, act="restrict")])
    fulfil_all(store, tmp_path)
    store.writer.command("alter table events_isolated update hold_id = 4 where 1 settings mutations_sync = 1")
    fill(tmp_path, [demand(60)])
    fulfil_all(store, tmp_path)
    assert events_with_masked(store, "events_isolated") == ["/a"]


def test_a_wrong_country_is_forgotten_in_events_and_visits(any_store: Store, tmp_path: Path) -> None:
    place = {"country": "DE", "region": "DE-BE", "city": "Berlin"}
    fill(tmp_path, [event(0, path="/a", **place), event(1, visitor=2, path="/b", **place)])
    drain_all(any_store, tmp_path)
    fill(tmp_path, [demand(30, act="unknown_country"), event(40, path="/c", **place)])
    fulfil_all(any_store, tmp_path)
    found = any_store.query("select path, country, region, city from events order by path")
    assert found == [("/a", "", "", ""), ("/b", "DE", "DE-BE", "Berlin"), ("/c", "DE", "DE-BE", "Berlin")]
    assert any_store.query("select visitor_id, country, city from visits final order by 1") == [
        (1, "", ""),
        (2, "DE", "Berlin"),
    ]


def test_rows_that_are_only_marked_as_deleted_are_erased_too(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a"), event(1, visitor=2, path="/b")])
    drain_all(store, tmp_path)
    for table in ("events", "visits"):
        store.writer.command(f"delete from {table} where visitor_id = 1")
    assert events_with_masked(store) == ["/a", "/b"]
    fill(tmp_path, [demand(30)])
    fulfil_all(store, tmp_path)
    assert events_with_masked(store) == ["/b"]


def test_demands_that_come_while_others_are_done_are_done_too(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, visitor=1, path="/1"), event(0, visitor=2, path="/2"), event(0, visitor=3, path="/3")])
    late = DrainLimits(demand_seconds=0.0, late_seconds=10**9)
    fill(tmp_path, [demand(30, number=1)])
    with draining(store, tmp_path, limits=late) as drain:
        for number in (1, 2):
            while len(paths(store)) > 3 - number or drain.step():
                drain.step()
                drain.fulfil()
            fill(tmp_path, [demand(31, number=number + 1)])
    fulfil_all(store, tmp_path)
    assert events_with_masked(store) == []


def test_random_traffic_with_erasures_looks_as_if_it_had_never_been_sent(store: Store, tmp_path: Path) -> None:
    dice = random.Random(5)
    times = sorted(dice.randrange(20_000) for _ in range(300))
    events = [event(at, dice.randrange(1, 20), path=f"/{number:03d}") for number, at in enumerate(times)]
    erased = {visitor: dice.randrange(20_000) for visitor in dice.sample(range(1, 20), 6)}
    late = [demand(at, number=visitor) for visitor, at in erased.items()]
    for first in range(0, 300, 60):
        some = events[first : first + 60]
        fill(tmp_path / str(first % 120), *([one] for one in some), begun_ms=some[0].ts)
        if first == 120:
            fulfil_all(store, tmp_path / "0", tmp_path / "60")
            fill(tmp_path / "60", *([one] for one in late), begun_ms=some[-1].ts)
    with draining(store, tmp_path / "0", tmp_path / "60", limits=AT_ONCE) as drain:
        fulfil(drain)
    kept = [one for one in events if one.ts > NOON + 1000 * erased.get(one.visitor_id, -1)]
    assert [path for path, _ in stored(store)] == [one.path for one in kept]
    ((seen, versions, rows),) = store.query("select sum(pageviews), sum(version), count() from visits final")
    assert seen == versions == len(kept)
    assert rows == store.query("select uniqExact(visit_id) from events")[0][0]
