"""Two visits that turn out to be one: their events are moved, once, and one row of visits is left."""

from __future__ import annotations

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import Event, PlacedEvent, Position
from clickhouse.visits import Merge, derive_visits, merge_visits, visit_id_of

NOON = 1_790_000_000_000
MINUTE = 60_000
FIRST, SECOND = visit_id_of(1, 9, NOON), visit_id_of(1, 9, NOON + 40 * MINUTE)
OTHER = visit_id_of(1, 8, NOON)
MERGES = [Merge(1, 9, SECOND, FIRST)]
TOLD = "select visit_id, seq, path from events order by all"
VISITS = "select visit_id, pageviews, seconds, entry, exit from visits final order by all"


def view(seq: int, minute: int, visit_id: int, visitor_id: int = 9) -> PlacedEvent:
    event = Event(
        site_id=1,
        ts=NOON + minute * MINUTE,
        visitor_id=visitor_id,
        name="pageview",
        hostname="a.example",
        path=f"/{minute}",
    )
    return PlacedEvent(event, visit_id, Position(7, seq))


def two_visits(store: Store) -> None:
    rows = [view(0, 0, FIRST), view(1, 40, SECOND), view(2, 45, SECOND), view(3, 5, OTHER, visitor_id=8)]
    insert_events(store, rows, token="two")
    derive_visits(store, {(1, FIRST), (1, SECOND), (1, OTHER)})


def test_the_events_go_over_and_one_visit_is_left(any_store: Store) -> None:
    two_visits(any_store)
    merge_visits(any_store, MERGES)
    derive_visits(any_store, {(1, FIRST)})
    assert any_store.query(TOLD) == sorted([(FIRST, 0, "/0"), (FIRST, 1, "/40"), (FIRST, 2, "/45"), (OTHER, 3, "/5")])
    assert any_store.query(VISITS) == sorted([(FIRST, 3, 45 * 60, "/0", "/45"), (OTHER, 1, 0, "/5", "/5")])


def test_a_merge_may_be_repeated_and_resumed_halfway(store: Store) -> None:
    two_visits(store)
    insert_events(store, [view(1, 40, FIRST)], token="half")  # what a crash between copy and deletion leaves
    for _ in range(2):
        merge_visits(store, MERGES)
        derive_visits(store, {(1, FIRST)})
        assert [seq for _, seq, _ in store.query(TOLD) if seq < 3] == [0, 1, 2]
    assert len(store.query(VISITS)) == 2


def test_events_that_were_moved_and_moved_back_can_be_moved_again(any_store: Store) -> None:
    """The third move inserts the very block of the first: the store must not take it for a repetition."""
    two_visits(any_store)
    back = Merge(1, 9, FIRST, SECOND)
    for merge in (MERGES[0], back, MERGES[0], back):
        merge_visits(any_store, [merge])
        assert sorted(seq for visit, seq, _ in any_store.query(TOLD) if visit == merge.into) == [0, 1, 2]
    assert any_store.query("select count() from events") == [(4,)]
