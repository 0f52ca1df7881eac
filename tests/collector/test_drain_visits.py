"""Which visit an event belongs to: the rule's table, disorder, memory, and random traffic against the definition."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from pathlib import Path

import pytest
from faults.traffic import MINUTE, NOON, event, visits_by_definition
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple

from clickhouse.rows import ENGAGEMENT, Event
from clickhouse.visits import Merge, RecentVisit, start_of, visit_id_of
from collector.drain.batch import Batch, Found, Records
from collector.drain.decision import NO_VISIT, decide
from collector.drain.seen import Seen
from collector.drain.visits import RUNS, OpenVisits
from collector.spool.segment import Segment

CASES = Path(__file__).parents[3] / "shared" / "cases" / "sessions.jsonl"
VISITOR_NUMBERS = {"ses-020", "ses-021", "ses-022"}
"""Cases about who is one visitor: decided long before the drain."""


def place_all(events: list[Event], visits: OpenVisits | None = None, batch_of: int = 0) -> list[int]:
    """Marks of `events` when they arrive in this order, in batches of so many (0: one by one)."""
    visits, seen = OpenVisits() if visits is None else visits, Seen()
    marks: list[int] = []
    size = batch_of or 1
    for first in range(0, len(events), size):
        some = events[first : first + size]
        records = Records()
        records.add(Found(range(len(some)), [b""] * len(some), [astuple(one) for one in some]))
        segment = Segment(path=Path(), number=0, id=b"")
        decided = decide(Batch(segment, 0, len(some), records), seen, visits)
        into = {merge.gone: merge.into for merge in decided.merges}
        marks = [into.get(mark, mark) for mark in marks] + list(decided.marks)
    return marks


def grouped(marks: list[int], events: list[Event]) -> list[set[int]]:
    """Events (by index) of each visit that the marks say."""
    visits: dict[tuple[int, int], set[int]] = defaultdict(set)
    for at, mark in enumerate(marks):
        if mark > NO_VISIT:
            visits[events[at].site_id, mark].add(at)
    return sorted(visits.values(), key=min)


@pytest.mark.parametrize(
    ("gap_seconds", "visits"),
    [(0, 1), (1, 1), (1799, 1), (1800, 1), (1801, 1), (1859, 1), (1859.999, 1), (1860, 2), (3600, 2)],
)
def test_a_gap_of_30_whole_minutes_still_joins(gap_seconds: float, visits: int) -> None:
    assert len(set(place_all([event(0), event(gap_seconds)]))) == visits
    assert len(set(place_all([event(gap_seconds), event(0)]))) == visits


def test_a_visit_is_named_for_its_first_second_and_its_visitor() -> None:
    (mark,) = place_all([event(7.9, visitor=5, site=3)])
    assert mark == visit_id_of(3, 5, NOON + 7_900)
    assert start_of(mark) == NOON + 7_000


def test_an_engagement_makes_a_visit_longer() -> None:
    marks = place_all([event(0), event(1500, name=ENGAGEMENT), event(3000)])
    assert len(set(marks)) == 1


def test_an_engagement_never_begins_a_visit() -> None:
    assert place_all([event(0, name=ENGAGEMENT)]) == [NO_VISIT]
    assert place_all([event(0), event(1860, name=ENGAGEMENT)])[1] == NO_VISIT
    assert place_all([event(60), event(0, name=ENGAGEMENT)])[1] == NO_VISIT


def test_an_event_without_a_visitor_has_no_visit_and_is_kept() -> None:
    assert place_all([event(0, visitor=0), event(1, visitor=0, name=ENGAGEMENT)]) == [0, 0]


def test_visitors_and_sites_do_not_mix() -> None:
    assert len(set(place_all([event(0), event(0, visitor=2), event(0, site=2), event(0, visitor=2, site=2)]))) == 4


def test_a_late_event_joins_its_visit_and_the_visit_keeps_its_name() -> None:
    marks = place_all([event(300), event(0), event(301)])
    assert len(set(marks)) == 1
    assert start_of(marks[0]) == NOON + 300_000


def test_a_late_event_between_two_visits_makes_them_one() -> None:
    first, second, late = place_all([event(0), event(40 * 60), event(25 * 60)])
    assert first == second == late
    assert start_of(first) == NOON


def test_a_late_event_near_one_of_two_visits_joins_that_one() -> None:
    first, second, late = place_all([event(0), event(60 * 60), event(40 * 60)])
    assert first != second == late


def test_a_chain_of_merges_ends_in_the_earliest_visit() -> None:
    marks = place_all([event(0), event(80 * 60), event(40 * 60), event(60 * 60), event(20 * 60)])
    assert set(marks) == {marks[0]}


def test_of_a_merge_that_was_noted_the_memory_knows_one_visit() -> None:
    visits = OpenVisits()
    first, second = place_all([event(0), event(40 * 60)])
    visits.recall(
        [RecentVisit(1, 1, first, NOON, NOON), RecentVisit(1, 1, second, NOON + 40 * MINUTE, NOON + 40 * MINUTE)]
    )
    visits.merge(Merge(1, 1, second, first))
    assert place_all([event(60 * 60)], visits) == [first]


def test_a_late_event_finds_one_of_the_last_three_visits() -> None:
    hours = [event(hour * 3600) for hour in range(5)]
    marks = place_all([*hours, event(4 * 3600 + 5), event(2 * 3600 + 5), event(5)])
    assert (marks[5], marks[6]) == (marks[4], marks[2])
    assert marks[7] not in {*marks[1:7]}


def test_a_visitor_who_comes_back_all_day_takes_no_more_than_three_runs_of_memory() -> None:
    visits = OpenVisits()
    place_all([event(hour * 3600) for hour in range(24)], visits)
    assert len(visits) == 1
    assert len(visits._runs.get(1 << 32 | 1) or b"") == RUNS * 24


def test_a_batch_is_judged_in_order_of_time_not_of_arrival() -> None:
    """Arriving one by one, 40 minutes would come before 20 and begin a visit of its own."""
    events = [event(0), event(40 * 60), event(20 * 60)]
    assert len(set(place_all(events))) == 1
    assert len(set(place_all(events, batch_of=3))) == 1


def test_visits_that_are_recalled_go_on() -> None:
    (mark,) = place_all([event(0)])
    visits = OpenVisits()
    visits.recall([RecentVisit(1, 1, mark, NOON, NOON)])
    visits.recall([RecentVisit(1, 1, mark, NOON, NOON + 10 * MINUTE), RecentVisit(1, 2, 99 << 32, NOON, NOON)])
    assert place_all([event(40 * 60)], visits) == [mark]


def test_a_visit_can_be_joined_for_as_long_as_a_late_event_may_take() -> None:
    visits = OpenVisits()
    visits.turn(0.0)
    (mark,) = place_all([event(0)], visits)
    for minute in range(1, 42):
        visits.turn(minute * 60.0)
    assert place_all([event(31 * 60 - 1)], visits) == [mark]


def test_quiet_visitors_are_forgotten() -> None:
    visits = OpenVisits()
    visits.turn(0.0)
    place_all([event(0)], visits)
    for minute in range(1, 70):
        visits.turn(minute * 60.0)
    assert len(visits) == 0


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not here")
def test_the_cases_of_the_definition_hold() -> None:
    rows = [json.loads(line) for line in CASES.read_text().splitlines()]
    mine = [row for row in rows if row["dialect"] == "plausible" and "visits" in row["expected"]]
    assert len(mine) >= 8
    for row in mine:
        if row["id"] not in VISITOR_NUMBERS:
            events = [event(one["t"], ord(one["visitor"]), name=one["name"]) for one in row["events"]]
            assert len(grouped(place_all(events), events)) == row["expected"]["visits"], row["id"]


seconds = st.integers(0, 5 * 3600)
kinds = st.sampled_from(["pageview", "pageview", "Signup", ENGAGEMENT])


@settings(max_examples=150, deadline=None)
@given(
    told=st.lists(st.tuples(seconds, st.integers(1, 3), kinds), min_size=1, max_size=60),
    batch_of=st.integers(1, 20),
    restarts=st.sets(st.integers(0, 60)),
)
def test_in_order_of_time_any_batching_and_any_restart_give_the_defined_visits(
    told: list[tuple[int, int, str]], batch_of: int, restarts: set[int]
) -> None:
    events = [event(at, visitor, name=name) for at, visitor, name in sorted(told)]
    visits, marks = OpenVisits(), array("Q")
    for first in range(0, len(events), batch_of):
        if first in restarts:
            visits = OpenVisits()
            visits.recall(stored_visits(events, list(marks)))
        marks.extend(place_all(events[first : first + batch_of], visits, batch_of))
    assert grouped(list(marks), events) == visits_by_definition(events)


def stored_visits(events: list[Event], marks: list[int]) -> list[RecentVisit]:
    """What the store says after these events, as recent_visits does."""
    found = []
    for visit in grouped(marks, events):
        mine = [events[at] for at in visit]
        mark = marks[min(visit)]
        times = [one.ts for one in mine]
        start_ms = min([start_of(mark), *times])
        found.append(RecentVisit(mine[0].site_id, mine[0].visitor_id, mark, start_ms, max(times)))
    return found


@settings(max_examples=150, deadline=None)
@given(
    gaps=st.lists(st.integers(0, 90 * 60), min_size=1, max_size=40),
    late=st.lists(st.integers(0, 600), min_size=40, max_size=40),
    batch_of=st.integers(1, 10),
)
def test_ten_minutes_of_disorder_change_nothing(gaps: list[int], late: list[int], batch_of: int) -> None:
    times = [sum(gaps[: at + 1]) for at in range(len(gaps))]
    arriving = sorted(range(len(times)), key=lambda at: (times[at] + late[at], at))
    events = [event(times[at]) for at in arriving]
    assert grouped(place_all(events, batch_of=batch_of), events) == visits_by_definition(events)


def test_a_batch_without_events_decides_nothing() -> None:
    batch = Batch(Segment(path=Path(), number=0, id=b""), 4, 6, Records(broken=[4]))
    assert list(decide(batch, Seen(), OpenVisits()).marks) == [0, 0]
    assert not len(batch.records.events)
