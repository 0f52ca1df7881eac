"""The drain and events of long ago: partitions, visits in any order, directories that come later."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from faults.drains import drain_all, draining, paths, stored
from faults.traffic import MINUTE, NOON, event, fill, visits_by_definition
from hypothesis import given, settings
from hypothesis import strategies as st
from test_drain_visits import grouped, place_all

from clickhouse.client import Store
from clickhouse.rows import Event
from clickhouse.visits import start_of
from collector.distill.event import LONGEST_DELAY_MS
from collector.drain import DrainLimits
from collector.drain.batch import is_far, received_ms
from collector.drain.parcel import ERA_YEARS, era_of
from collector.drain.visits import OpenVisits
from collector.spool.record import SCHEMA, KeptEvent

MONTH_SECONDS = 31 * 86_400
DAY_SECONDS = 86_400


def long_ago(days: float, path: str = "/", **rest: object) -> Event:
    delay_ms = min(int(days * DAY_SECONDS * 1000), LONGEST_DELAY_MS)
    return event(-days * DAY_SECONDS, path=path, delay_ms=delay_ms, **rest)


def test_a_batch_over_more_months_than_an_insert_takes_is_stored(any_store: Store, tmp_path: Path) -> None:
    """ClickHouse refuses a block over more than 100 partitions as a whole, and for ever."""
    events = [long_ago(31 * number, f"/{number:03d}", visitor=number + 1) for number in range(130)]
    fill(tmp_path, events)
    drain_all(any_store, tmp_path)
    assert paths(any_store) == [f"/{number:03d}" for number in range(130)]
    assert any_store.query("select countDistinct(toYYYYMM(ts)) > 120, count() from visits final, events")[0][0]


def test_the_months_of_an_era_fit_into_one_insert() -> None:
    assert ERA_YEARS * 12 <= 100
    first = datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000
    assert era_of(int(first)) != era_of(int(first) - 1)
    assert era_of(0) == 1970 // ERA_YEARS


def test_a_crash_between_two_eras_stores_each_row_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, [long_ago(20 * 365, "/old"), event(path="/new")])
    with draining(store, tmp_path) as drain:
        insert, calls = store.writer.pour, []

        def fails_second(*told: object, **rest: object) -> None:
            calls.append(told)
            if len(calls) == 2:
                raise OSError(5, "EIO")
            insert(*told, **rest)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(store.writer, "pour", fails_second)
            with pytest.raises(OSError, match="EIO"):
                drain.step()
        assert paths(store) == ["/old"]
        assert drain.step() == 2
    assert paths(store) == ["/new", "/old"]


def test_a_delay_that_does_not_fit_its_column_says_nothing_of_the_arrival() -> None:
    assert received_ms(KeptEvent(SCHEMA, b"", long_ago(10))) == NOON
    assert received_ms(KeptEvent(SCHEMA, b"", long_ago(300))) == 0
    assert not is_far(received_ms(KeptEvent(SCHEMA, b"", long_ago(300))), NOON, 1)


def test_a_backlog_of_long_ago_does_not_cut_batches_and_is_no_lag(store: Store, tmp_path: Path) -> None:
    days = (700, 500, 300, 100, 20, 1)
    fill(tmp_path, *([long_ago(day, f"/{day:03d}")] for day in days))
    with draining(store, tmp_path, limits=DrainLimits(batch_span_ms=1000)) as drain:
        assert drain.step() == len(days)
    assert len(paths(store)) == len(days)


def test_visits_of_a_past_day_are_right_over_any_number_of_batches(store: Store, tmp_path: Path) -> None:
    """Six visits of a visitor on one day: in order, as the endpoint and the import put them down."""
    day = [long_ago(100 - hour / 24 - minute / 1440, f"/{hour}") for hour in range(6) for minute in (0, 10, 20)]
    fill(tmp_path, *([one] for one in day))
    drain_all(store, tmp_path, limits=DrainLimits(batch_rows=1))
    assert len({visit for _, visit in stored(store)}) == 6
    assert store.query("select sum(pageviews), count(), max(seconds) from visits final") == [(18, 6, 1200)]


def test_a_morning_told_in_the_evening_forms_its_visits() -> None:
    """Three later visits are remembered; the morning's fourth is not the one to be forgotten at once."""
    visits = OpenVisits()
    evening = place_all([event(hour * 3600) for hour in (8, 10, 12)], visits)
    morning = place_all([event(minute * 60) for minute in (0, 5, 20)], visits)
    assert len(set(morning)) == 1
    assert not set(morning) & set(evening)
    assert start_of(morning[0]) == NOON


@settings(max_examples=100, deadline=None)
@given(
    backlog=st.lists(st.tuples(st.integers(-9 * 3600, -3600), st.integers(1, 2)), min_size=1, max_size=40),
    live=st.lists(st.tuples(st.integers(0, 9 * 3600), st.integers(1, 2)), max_size=40),
    batch_of=st.integers(1, 20),
)
def test_a_backlog_in_order_has_the_defined_visits_whatever_came_before_it(
    backlog: list[tuple[int, int]], live: list[tuple[int, int]], batch_of: int
) -> None:
    visits = OpenVisits()
    place_all([event(at, visitor) for at, visitor in sorted(live)], visits, batch_of)
    past = [event(at, visitor) for at, visitor in sorted(backlog)]
    joined = grouped(place_all(past, visits, batch_of), past)
    near = {visitor for at, visitor in live if at < 31 * 60}
    assert [found for found in joined if past[min(found)].visitor_id not in near] == [
        found for found in visits_by_definition(past) if past[min(found)].visitor_id not in near
    ]


def test_a_directory_that_is_made_later_is_drained_too(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    fill(folder / "0", [event(path="/first")])
    limits = DrainLimits(sweep_seconds=0.0, batch_seconds=0.0, poll_seconds=0.01)
    with draining(store, folder / "0", limits=limits, newcomers=lambda: sorted(folder.iterdir())) as drain:
        stop = threading.Event()
        thread = threading.Thread(target=drain.run, args=(stop,))
        thread.start()
        try:
            await_paths(store, 1)
            fill(folder / "import-1", [long_ago(90, "/later")])
            await_paths(store, 2)
            fill(folder / "import-1", [long_ago(80, "/latest")])
            await_paths(store, 3)
        finally:
            stop.set()
            thread.join()
    assert paths(store) == ["/first", "/later", "/latest"]


def await_paths(store: Store, count: int) -> None:
    until = time.monotonic() + 60
    while len(paths(store)) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_late_events_of_ten_minutes_join_their_visit(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a"), event(600, path="/c")], [event(10, path="/b", delay_ms=10 * MINUTE)])
    drain_all(store, tmp_path, limits=DrainLimits(batch_rows=2))
    assert len({visit for _, visit in stored(store)}) == 1
