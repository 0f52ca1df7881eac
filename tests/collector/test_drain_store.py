"""The drain against a real store: what goes in comes out, once, in its visit."""

from __future__ import annotations

from pathlib import Path

from faults.disk import SMALL
from faults.drains import (
    drain_all,
    draining,
    numbered,
    paths,
    refused,
    stored,
)
from faults.traffic import NOON, event, fill, id_of
from msgspec.structs import replace

from clickhouse.client import Store
from clickhouse.rows import ENGAGEMENT
from collector.drain import DrainLimits
from collector.spool.segment import segments_in


def test_an_event_in_the_spool_gets_into_the_store_with_its_visit_and_its_place(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a"), event(60, path="/b"), event(0, visitor=0, path="/c")])
    drain_all(store, tmp_path)
    (_, first), (_, second), (_, third) = stored(store)
    assert first == second != third == 0
    (segment,) = segments_in(tmp_path)
    assert store.query("select segment, seq from events order by seq") == [(segment.key, seq) for seq in range(3)]
    assert store.query("select entry, exit, pageviews, events from visits final") == [("/a", "/b", 2, 2)]


def test_visits_go_on_after_a_restart(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a"), event(1, visitor=2, path="/x")], begun_ms=NOON)
    drain_all(store, tmp_path)
    fill(tmp_path, [event(1500, path="/b"), event(3000, name=ENGAGEMENT, path="/c")], begun_ms=NOON + 1_500_000)
    drain_all(store, tmp_path)
    fill(tmp_path, [event(4800, path="/d")], begun_ms=NOON + 4_800_000)
    drain_all(store, tmp_path)
    assert [path for path, _ in stored(store)] == ["/a", "/b", "/c", "/d", "/x"]
    assert len({visit for _, visit in stored(store)[:4]}) == 1


def test_visits_of_long_ago_go_on_after_a_restart_too(store: Store, tmp_path: Path) -> None:
    """A server sends its history: the store does not tell of visits that old, the last note does."""
    ago = -90 * 86_400
    fill(tmp_path, [event(ago, path="/a")], [event(ago + 60, path="/b")])
    for _ in range(2):
        with draining(store, tmp_path, limits=DrainLimits(batch_rows=1)) as drain:
            drain.step()
    assert len({visit for _, visit in stored(store)}) == 1
    assert len(stored(store)) == 2


def test_the_same_event_id_is_stored_once_over_two_workers_and_a_restart(store: Store, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    fill(one, [(event(0, path="/a"), id_of(1))])
    fill(two, [(event(1, path="/a"), id_of(1))])
    drain_all(store, one, two)
    fill(two, [(event(2, path="/a"), id_of(1)), (event(2, site=2, path="/other site"), id_of(1))])
    drain_all(store, one, two)
    assert paths(store) == ["/a", "/other site"]
    assert refused(store) == {(1, "duplicate"): 2}


def test_a_refusal_that_the_drain_finds_is_counted_on_the_sites_own_day(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, name=ENGAGEMENT, site=7)])
    drain_all(store, tmp_path, day_of=lambda site, ts: 20_000 + site)
    assert store.query("select site_id, toUInt16(day), reason from refusals") == [(7, 20_007, "no_visit")]


def test_a_batch_never_spans_segments_and_keeps_its_limits(store: Store, tmp_path: Path) -> None:
    far = [event(10_000, path="/far")]
    fill(tmp_path, *([one] for one in numbered(0, 30)), far, limits=replace(SMALL, segment_bytes=1500))
    taken = []
    with draining(store, tmp_path, limits=DrainLimits(batch_rows=4)) as drain:
        while rows := drain.step():
            taken.append(rows)
    assert len(segments_in(tmp_path)) > 2
    assert sum(taken) == 31
    assert max(taken) == 4
    assert min(taken) < 4
    keys = store.query("select segment, count() from events group by segment")
    assert len(keys) == len(segments_in(tmp_path))


def test_after_an_outage_the_directories_of_two_workers_are_drained_side_by_side(store: Store, tmp_path: Path) -> None:
    """Hour by hour, not one worker after the other: else the second one's events would all come late."""
    minutes = [event(minute * 60, path=f"/{minute:06d}") for minute in range(0, 400, 20)]
    fill(tmp_path / "one", *([one] for one in minutes[::2]))
    fill(tmp_path / "two", *([one] for one in minutes[1::2]))
    drain_all(store, tmp_path / "one", tmp_path / "two")
    assert len(paths(store)) == len(minutes)
    assert len({visit for _, visit in stored(store)}) == 1
