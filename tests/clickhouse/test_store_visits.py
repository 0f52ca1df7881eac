"""What a visit's row says, from peers' own cases, from the rules in words, and from an oracle that shares no code."""

from __future__ import annotations

import json
import random
import zlib
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from store_world import NOON, at, engagement, event, keep, place, some_events, touched

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import ENGAGEMENT, Event
from clickhouse.visits import derive_visits, recent_visits, start_of, visit_id_of

CASES = Path(__file__).parents[3] / "shared" / "cases" / "sessions.jsonl"
COLUMNS = (
    "visitor_id, start, seconds, entry, exit, entry_hostname, exit_hostname, source, channel, referrer, utm_source,"
    " country, device, pageviews, events, engaged_ms, is_bounce, is_engaged, version"
)


def visits(store: Store) -> list[dict[str, Any]]:
    rows = store.query(f"select {COLUMNS} from visits final order by site_id, start, visitor_id")
    names = [name.strip() for name in COLUMNS.split(",")]
    return [dict(zip(names, row, strict=True)) for row in rows]


def the_visit(store: Store, *events: Event) -> dict[str, Any]:
    keep(store, events)
    (row,) = visits(store)
    return row


def cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        return []
    rows = [json.loads(line) for line in CASES.read_text().splitlines()]
    asked = {"visits", "pageviews", "events", "bounce_rate", "visit_duration", "entry_page", "exit_page"}
    return [row for row in rows if row["dialect"] == "plausible" and asked & set(row["expected"])]


def from_case(row: dict[str, Any]) -> Event:
    url = urlsplit(row["url"])
    visitor = hash_of(row["visitor"] + row.get("ip", "") + ".".join(str(url.hostname).split(".")[-2:]))
    return event(
        row["name"],
        url.path or "/",
        t=row["t"],
        visitor=visitor,
        hostname=url.hostname,
        interactive=row.get("interactive", True),
        engaged_ms=row.get("e", 0),
        scroll=row.get("sd", 255),
    )


def hash_of(text: str) -> int:
    return zlib.crc32(text.encode())


@pytest.mark.skipif(not CASES.exists(), reason="the case tables are not beside this checkout")
@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case['id']} {case['name']}")
def test_a_visit_is_what_plausible_says_it_is(store: Store, case: dict[str, Any]) -> None:
    keep(store, [from_case(row) for row in case["events"]])
    rows = visits(store)
    got: dict[str, Any] = {
        "visits": len(rows),
        "visitors": len({row["visitor_id"] for row in rows}),
        "pageviews": sum(row["pageviews"] for row in rows),
        "events": sum(row["events"] for row in rows),
    }
    if rows:
        got["bounce_rate"] = round(100 * sum(row["is_bounce"] for row in rows) / len(rows))
        got["visit_duration"] = round(sum(row["seconds"] for row in rows) / len(rows))
        got["views_per_visit"] = round(got["pageviews"] / len(rows), 2)
        got |= {"entry_page": rows[0]["entry"], "exit_page": rows[-1]["exit"]}
        got |= {"entry_hostname": rows[0]["entry_hostname"], "exit_hostname": rows[-1]["exit_hostname"]}
    expected = {name: value for name, value in case["expected"].items() if name in got}
    assert expected
    assert {name: got[name] for name in expected} == expected


RULES: list[tuple[str, list[Event], dict[str, Any]]] = [
    (
        "six minutes of reading are not nothing",
        [event(), engagement(t=360, seconds=360)],
        {"is_bounce": True, "is_engaged": True, "seconds": 0, "engaged_ms": 360_000, "events": 1, "version": 2},
    ),
    ("nine seconds are a glance", [event(), engagement(t=9, seconds=9.999)], {"is_engaged": False}),
    ("ten seconds are attention", [event(), engagement(t=9, seconds=10)], {"is_engaged": True}),
    (
        "attention adds up over pages",
        [event(), engagement(t=5, seconds=5), engagement(t=6, seconds=5)],
        {"engaged_ms": 10_000, "is_engaged": True, "pageviews": 1},
    ),
    ("a second page ends the bounce", [event(), event(t=1)], {"is_bounce": False, "is_engaged": True}),
    ("a feature ends the bounce", [event(), event("Signup", t=1)], {"is_bounce": False, "is_engaged": True}),
    (
        "a feature that is not interactive does not",
        [event(), event("Seen", t=1, interactive=False)],
        {"is_bounce": True, "is_engaged": False, "events": 2},
    ),
    (
        "a feature alone has no pages",
        [event("Signup", "/form")],
        {"entry": "", "exit": "", "entry_hostname": "", "pageviews": 0, "is_bounce": False},
    ),
    (
        "entry and exit are page views, whatever surrounds them",
        [event("A", "/x"), event(path="/in", t=1), event(path="/out", t=2), event("B", "/y", t=3)],
        {"entry": "/in", "exit": "/out", "seconds": 3},
    ),
    (
        "the first event says where the visit came from",
        [event("A", source="Google", channel="Organic Search"), event(t=1, source="news", utm_source="news")],
        {"source": "Google", "channel": "Organic Search", "utm_source": ""},
    ),
    (
        "engagement is never the first event, even when its clock says so",
        [event(t=5, country="DE"), event(t=7, country="US")],
        {"country": "DE", "seconds": 2},
    ),
    (
        "a first event of our own host is continued, not direct",
        [event(continued=True)],
        {"source": "(continued)", "channel": "(continued)"},
    ),
    (
        "a campaign on the way back is a source of its own",
        [event(continued=True, source="news", channel="Email")],
        {"source": "news", "channel": "Email"},
    ),
    ("later events of our own host change nothing", [event(), event(t=1, continued=True)], {"source": ""}),
]


@pytest.mark.parametrize(("events", "expected"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_the_rule(store: Store, events: list[Event], expected: dict[str, Any]) -> None:
    row = the_visit(store, *events)
    assert {name: row[name] for name in expected} == expected


def test_engagement_before_the_first_event_does_not_move_the_start(store: Store) -> None:
    early = engagement("/", t=-60, seconds=3, visitor=1)
    rows = place([event(t=0), event(t=9)])
    placed = [*rows, type(rows[0])(early, rows[0].visit_id, type(rows[0].position)(7, 99))]
    insert_events(store, placed, token="x")
    derive_visits(store, touched(placed))
    (row,) = visits(store)
    assert row["seconds"] == 9
    assert row["start"].replace(tzinfo=UTC).timestamp() * 1000 == NOON


def test_deriving_again_changes_nothing(any_store: Store) -> None:
    rows = keep(any_store, some_events(1))
    before = visits(any_store)
    derive_visits(any_store, touched(rows))
    derive_visits(any_store, list(touched(rows))[:7])
    assert visits(any_store) == before
    any_store.writer.command("optimize table visits final")
    assert any_store.query("select count() from visits") == [(len(before),)]


def test_a_visit_with_nothing_of_it_left_is_not_written(store: Store) -> None:
    rows = place([event(), engagement(t=1, seconds=1)])
    insert_events(store, rows[1:], token="x")
    derive_visits(store, touched(rows))
    derive_visits(store, [])
    derive_visits(store, [(1, 0)])
    assert visits(store) == []


def test_events_may_arrive_in_any_order_and_in_any_batches(store: Store) -> None:
    rows = place(some_events(2))
    shuffled = rows[:]
    random.Random(3).shuffle(shuffled)
    for number in range(0, len(shuffled), 10):
        batch = shuffled[number : number + 10]
        insert_events(store, batch, token=f"{number}")
        derive_visits(store, touched(batch))
    piecemeal = visits(store)
    store.writer.command("truncate table visits")
    derive_visits(store, touched(rows))
    assert visits(store) == piecemeal


def test_a_derivation_that_saw_less_never_wins(store: Store) -> None:
    rows = keep(store, [event(t=1), event(t=2), event(t=3)])
    store.writer.command(
        "insert into visits (site_id, visit_id, pageviews, version) values (1, {visit:UInt64}, 1, 1)",
        {"visit": rows[0].visit_id},
    )
    (row,) = visits(store)
    assert row["pageviews"] == 3


def test_a_late_event_across_a_months_edge_replaces_the_visit_and_does_not_double_it(store: Store) -> None:
    visit_id = visit_id_of(1, 1, at("2026-04-01 00:05:00"))
    later = place([event(visitor=1, ts=at("2026-04-01 00:05:00"))])[0]
    insert_events(store, [later], token="later")
    derive_visits(store, [(1, visit_id)])
    earlier = type(later)(event(visitor=1, ts=at("2026-03-31 23:55:00")), visit_id, type(later.position)(8, 1))
    insert_events(store, [earlier], token="earlier")
    derive_visits(store, [(1, visit_id)])
    (row,) = visits(store)
    assert (row["pageviews"], row["seconds"]) == (2, 600)


def test_thousands_of_visits_are_derived_in_bounded_statements(any_store: Store) -> None:
    rows = keep(any_store, [event(t=number * 40, visitor=number) for number in range(1, 2600)])
    assert len(visits(any_store)) == len(touched(rows)) == 2599


def test_a_visit_is_named_by_its_second_and_its_visitor() -> None:
    name = visit_id_of(3, 2**64 - 1, NOON + 999)
    assert start_of(name) == NOON
    assert name == visit_id_of(3, 2**64 - 1, NOON) == 7613368981263291626
    assert len({visit_id_of(site, visitor, NOON) for site in range(50) for visitor in range(50)}) == 2500
    assert visit_id_of(1, 1, 2**41) < 2**64


def test_the_drain_can_take_up_the_visits_that_may_still_go_on(any_store: Store) -> None:
    keep(
        any_store,
        [
            event(t=0, visitor=1),
            event(t=-3000, visitor=2),
            event(t=-1000, visitor=3),
            engagement(t=-10, visitor=3, seconds=1),
            event(t=-5, visitor=0),
            event(t=-1, visitor=4, site_id=2),
        ],
    )
    found = {(row.site_id, row.visitor_id, row.start_ms, row.end_ms) for row in recent_visits(any_store, NOON - 60_000)}
    assert found == {
        (1, 1, NOON, NOON),
        (1, 3, NOON - 1_000_000, NOON - 10_000),
        (2, 4, NOON - 1000, NOON - 1000),
    }


ORACLE = """
select
    site_id,
    visitor_id,
    toUnixTimestamp(kept[1].1) as start,
    toUnixTimestamp(kept[-1].1) - start as seconds,
    pages[1].4 as entry,
    pages[-1].4 as exit,
    length(pages) as pageviews,
    length(kept) as events,
    arraySum(event -> event.6, run) as engaged_ms,
    length(pages) < 2 and not arrayExists(event -> event.3 != 'pageview' and event.5, kept) as is_bounce
from (
    select
        site_id,
        visitor_id,
        run,
        arrayFilter(event -> event.3 != 'engagement', run) as kept,
        arrayFilter(event -> event.3 = 'pageview', run) as pages
    from (
        select
            site_id,
            visitor_id,
            arraySort(event -> (event.1, event.2), groupArray((ts, seq, name, path, interactive, engaged_ms))) as told,
            arrayDifference(arrayMap(event -> toUnixTimestamp64Milli(event.1), told)) as gaps,
            arraySplit((event, gap) -> gap > 1800000, told, gaps) as runs
        from events
        where visitor_id != 0
        group by site_id, visitor_id, toDate(ts)
    )
    array join runs as run
)
order by site_id, visitor_id, start
"""


@pytest.mark.parametrize("seed", range(12))
def test_visits_agree_with_an_oracle_that_cuts_raw_events_itself(store: Store, seed: int) -> None:
    keep(store, some_events(seed, visits=80))
    derived = store.query(
        "select site_id, visitor_id, toUnixTimestamp(start), seconds, entry, exit, pageviews, events, engaged_ms,"
        " is_bounce from visits final order by site_id, visitor_id, start"
    )
    oracle = [(*row[:-1], bool(row[-1])) for row in store.query(ORACLE)]
    assert derived == oracle
    assert len(derived) > 40
    assert ENGAGEMENT in {name for (name,) in store.query("select distinct name from events")}
