"""An event that comes so late that it joins two visits into one: in the store, through crashes, and by definition."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.drains import crash_at, drain_all, stored, until_the_crash
from faults.traffic import NOON, event, fill, visits_by_definition
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clickhouse.client import Store
from clickhouse.rows import Event
from collector.drain import DrainLimits

VISITS = "select pageviews, seconds from visits final order by visit_id"
FORGET = ("truncate table events", "truncate table visits")


def tell_in_parts(store: Store, directory: Path, *parts: list[Event]) -> None:
    """Each part comes after the one before it is stored, and after a restart."""
    for number, part in enumerate(parts):
        fill(directory, part, begun_ms=NOON + number)
        drain_all(store, directory)


def test_two_stored_visits_become_one(store: Store, tmp_path: Path) -> None:
    tell_in_parts(store, tmp_path, [event(0, path="/a")], [event(2400, path="/c")], [event(1200, path="/b")])
    assert [path for path, _ in sorted(stored(store))] == ["/a", "/b", "/c"]
    assert len({visit for _, visit in stored(store)}) == 1
    assert store.query(VISITS) == [(3, 2400)]


@pytest.mark.parametrize("point", ["noted", "sending", "stored", "settled"])
def test_a_crash_on_the_way_changes_nothing(any_store: Store, tmp_path: Path, point: str) -> None:
    tell_in_parts(any_store, tmp_path, [event(0, path="/a")], [event(2400, path="/c"), event(2500, path="/d")])
    fill(tmp_path, [event(1200, path="/b")], begun_ms=NOON + 5)
    until_the_crash(any_store, tmp_path, at=crash_at(point))
    drain_all(any_store, tmp_path)
    fill(tmp_path, [event(3000, path="/e")], begun_ms=NOON + 6)
    drain_all(any_store, tmp_path)
    assert [path for path, _ in sorted(stored(any_store))] == ["/a", "/b", "/c", "/d", "/e"]
    assert any_store.query(VISITS) == [(5, 3000)]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(st.integers(0, 70 * 60), min_size=1, max_size=12),
    late=st.lists(st.integers(0, 600), min_size=12, max_size=12),
    batch_rows=st.integers(1, 5),
)
def test_ten_minutes_of_disorder_give_the_defined_visits_in_the_store(
    store: Store, tmp_path_factory: pytest.TempPathFactory, gaps: list[int], late: list[int], batch_rows: int
) -> None:
    for statement in FORGET:
        store.writer.command(statement)
    times = [sum(gaps[: at + 1]) for at in range(len(gaps))]
    arriving = sorted(range(len(times)), key=lambda at: (times[at] + late[at], at))
    events = [event(times[at], path=f"/{at}") for at in arriving]
    directory = tmp_path_factory.mktemp("spool")
    fill(directory, *([one] for one in events))
    drain_all(store, directory, limits=DrainLimits(batch_rows=batch_rows))
    found: dict[int, set[str]] = {}
    for path, visit in stored(store):
        found.setdefault(visit, set()).add(path)
    wanted = [{events[at].path for at in visit} for visit in visits_by_definition(events)]
    assert sorted(found.values(), key=sorted) == sorted(wanted, key=sorted)
    assert sum(views for views, _ in store.query(VISITS)) == len(events)
