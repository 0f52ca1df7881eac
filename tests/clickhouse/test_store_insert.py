"""Rows into the store: every column comes back as it went in, and what arrived can be told exactly."""

from __future__ import annotations

import datetime

import msgspec
import pytest
from store_world import NOON, event, keep, place

from clickhouse.client import Store
from clickhouse.faults import BadRow
from clickhouse.fit import misfit
from clickhouse.insert import insert_events, insert_refusals, stored_positions
from clickhouse.rows import Event, PlacedEvent, Position, Reason, RefusalCount

FULL = Event(
    site_id=2**32 - 1,
    ts=NOON + 123,
    visitor_id=2**64 - 1,
    name="Sign up",
    hostname="shop.example.com",
    path="/à/{id}/'quote'\\back",
    query="a=1&b=2",
    title="Tïtle",
    referrer="news.example/path",
    source="News",
    channel="Referral",
    utm_source="s",
    utm_medium="m",
    utm_campaign="c",
    utm_content="co",
    utm_term="t",
    click="Google Ads",
    country="DE",
    region="DE-BE",
    city="Berlin",
    browser="Firefox",
    browser_version="141",
    os="Linux",
    os_version="6",
    device="desktop",
    language="de",
    engaged_ms=2**32 - 1,
    scroll=100,
    revenue=-12_345_678_901,
    currency="EUR",
    interactive=False,
    continued=True,
    delay_ms=4_000_000_000,
    props={"plan": "pro", "": "empty key", "ключ": "значение", "q'": '"'},
)
BARE = Event(site_id=1, ts=0, visitor_id=0, name="pageview", hostname="", path="")


def read_back(store: Store) -> list[PlacedEvent]:
    fields = [field.name for field in msgspec.structs.fields(Event)]
    columns = ", ".join("toUnixTimestamp64Milli(ts)" if name == "ts" else name for name in fields)
    rows = store.query(f"select visit_id, segment, seq, {columns} from events order by segment, seq")
    return [
        PlacedEvent(Event(**dict(zip(fields, row[3:], strict=True))), row[0], Position(row[1], row[2])) for row in rows
    ]


def test_every_column_comes_back_as_it_went_in(any_store: Store) -> None:
    rows = [
        PlacedEvent(FULL, 2**64 - 1, Position(2**64 - 1, 2**32 - 1)),
        PlacedEvent(BARE, 0, Position(0, 0)),
    ]
    insert_events(any_store, rows, token="one")
    assert read_back(any_store) == [rows[1], rows[0]]


def test_an_event_without_a_visitor_is_loose(any_store: Store) -> None:
    insert_events(any_store, place([event(visitor=0), event(visitor=5)]), token="one")
    assert any_store.query("select visitor_id, is_loose from events order by visitor_id") == [(0, True), (5, False)]


def test_refusals_come_back_as_they_went_in(any_store: Store) -> None:
    counts = [
        (Position(5, 1), RefusalCount(1, 20_516, Reason.BOT, 7, "crawler")),
        (Position(5, 2), RefusalCount(0, 20_517, Reason.UNKNOWN_SITE, 1)),
    ]
    insert_refusals(any_store, counts, token="one")
    rows = any_store.query("select site_id, day, reason, rule, count, segment, seq from refusals order by seq")
    assert rows == [
        (1, datetime.date(2026, 3, 4), "bot", "crawler", 7, 5, 1),
        (0, datetime.date(2026, 3, 5), "unknown_site", "", 1, 5, 2),
    ]
    assert stored_positions(any_store, "refusals", 5, 0, 10, 0) == {1, 2}


def test_nothing_is_inserted_for_nothing(any_store: Store) -> None:
    insert_events(any_store, [], token="none")
    insert_refusals(any_store, [], token="none")
    assert any_store.query("select count() from events") == [(0,)]


def test_the_rows_of_a_range_are_told_exactly(any_store: Store) -> None:
    rows = place([event(t=second) for second in range(50)], segment=2**63 + 5)
    insert_events(any_store, rows[10:20], token="a")
    insert_events(any_store, rows[30:31], token="b")
    insert_events(any_store, place([event()], segment=8), token="c")
    stored = set(range(10, 20)) | {30}
    assert stored_positions(any_store, "events", 2**63 + 5, 0, 50, 0) == stored
    assert stored_positions(any_store, "events", 2**63 + 5, 15, 30, NOON) == set(range(15, 20))
    assert stored_positions(any_store, "events", 2**63 + 5, 20, 30, 0) == set()
    assert stored_positions(any_store, "events", 9, 0, 2**32, 0) == set()


def test_a_batch_is_one_block_however_large(store: Store) -> None:
    insert_events(store, place([event(t=second / 10, visitor=second) for second in range(1, 20_001)]), token="big")
    parts = store.query(
        "select count(), sum(rows) from system.parts where active and table = 'events' and database = {d:String}",
        {"d": store.database},
    )
    assert parts == [(1, 20_000)]


def test_the_range_check_reads_the_index_and_not_the_table(store: Store) -> None:
    store.writer.command(
        "insert into events (site_id, ts, visitor_id, visit_id, name, segment, seq)"
        " select 1, toDateTime(1700000000 + number), 1, bitShiftLeft(1700000000 + number, 32), 'pageview',"
        " intDiv(number, 10000), number % 10000 from numbers(80000)"
    )
    plan = "\n".join(
        row[0]
        for row in store.query(
            "explain indexes = 1 select seq from events where segment = {s:UInt64} and seq >= 0 and seq < 9000",
            {"s": 3},
        )
    )
    index = plan[plan.index("by_segment") :]
    (read, whole) = map(int, index[index.index("Granules: ") + 10 :].split()[0].split("/"))
    assert whole >= 8
    assert read <= 3
    assert stored_positions(store, "events", 3, 0, 10_000, 0) == set(range(10_000))


def test_one_bad_row_spoils_its_block_and_leaves_nothing(any_store: Store) -> None:
    rows = [*place([event(t=1)]), PlacedEvent(event(path="\udc80"), 0, Position(7, 9))]
    with pytest.raises(BadRow):
        insert_events(any_store, rows, token="bad")
    assert any_store.query("select count() from events") == [(0,)]


FITS = [
    ("UInt8", [0, 255], True),
    ("UInt8", [256], False),
    ("UInt32", [-1], False),
    ("UInt64", [2**64], False),
    ("Int64", [-(2**63)], True),
    ("String", ["é"], True),
    ("LowCardinality(String)", ["\ud800"], False),
    ("Map(LowCardinality(String), String)", [{"a": "b"}, {}], True),
    ("Map(LowCardinality(String), String)", [{"a": "\udfff"}], False),
    ("DateTime64(3, 'UTC')", [10**15], False),
    ("Bool", [True], True),
]


@pytest.mark.parametrize(("kind", "values", "fits"), FITS)
def test_a_value_fits_its_type_or_does_not(kind: str, values: list[object], fits: bool) -> None:
    assert (misfit({"column": values}, [kind]) is None) is fits


def test_events_of_a_test_world_are_all_kept(any_store: Store) -> None:
    rows = keep(any_store, [event(t=1), event("Signup", t=2), event(visitor=0)])
    assert sorted(read_back(any_store), key=lambda row: row.position.seq) == rows
