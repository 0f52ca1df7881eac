"""Events by column: they say what the events say, and what arrives in the store is the same either way."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace
from store_world import event, place
from test_store_insert import BARE, FULL, read_back

from clickhouse.client import Store
from clickhouse.columns import EventColumns, PlacedColumns, without
from clickhouse.faults import BadRow
from clickhouse.insert import insert_columns, insert_events
from clickhouse.native import _length
from clickhouse.rows import Event, PlacedEvent, Position


def placed(events: list[Event], visit_ids: list[int] | None = None, segment: int = 7) -> PlacedColumns:
    columns = EventColumns()
    columns.extend([astuple(one) for one in events])
    return PlacedColumns(columns, visit_ids or [5] * len(events), segment, list(range(len(events))))


EVENTS = st.builds(
    Event,
    site_id=st.integers(0, 2**32 - 1),
    ts=st.integers(0, 2**41),
    visitor_id=st.integers(0, 2**64 - 1),
    name=st.text(),
    hostname=st.text(),
    path=st.text(),
    props=st.dictionaries(st.text(), st.text(), max_size=3),
    interactive=st.booleans(),
)


@given(st.lists(EVENTS, max_size=8), st.sets(st.integers(0, 7)))
def test_columns_give_back_the_events_they_were_made_of(events: list[Event], gone: set[int]) -> None:
    columns = EventColumns()
    for one in events[:3]:
        columns.append(one)
    columns.extend([astuple(one) for one in events[3:]])
    assert list(columns.events(range(len(columns)))) == events
    left = columns.without(sorted(at for at in gone if at < len(events)))
    assert list(left.events(range(len(left)))) == [one for at, one in enumerate(events) if at not in gone]
    assert list(columns.events(range(len(columns)))) == events


@pytest.mark.parametrize("gone", [[], [0], [3], [0, 1, 2, 3], [1, 2], [0, 3]])
def test_places_are_taken_out_of_a_copy(gone: list[int]) -> None:
    values = [10, 11, 12, 13]
    assert without(values, gone) == [10 + at for at in range(4) if at not in gone]
    assert values == [10, 11, 12, 13]


def test_every_column_comes_back_as_it_went_in_by_column(any_store: Store) -> None:
    events = [FULL, BARE, replace(FULL, title="x" * 20_000, path="y" * 200, props={})]
    rows = placed(events, [2**64 - 1, 0, 1], 2**64 - 1)
    insert_columns(any_store, rows, token="one")
    assert read_back(any_store) == rows.rows()
    assert [row.event for row in rows.rows()] == events


def test_columns_that_hold_nothing_are_left_out(any_store: Store) -> None:
    rows = placed([BARE])
    columns, _ = rows.block()
    assert columns == ["site_id", "name", "scroll", "interactive", "visit_id", "segment", "seq"]
    insert_columns(any_store, rows, token="one")
    assert read_back(any_store) == [PlacedEvent(BARE, 5, Position(7, 0))]
    assert any_store.query("select is_loose from events") == [(True,)]


@pytest.mark.parametrize("count", range(8))
def test_a_block_may_begin_with_any_number_of_columns(any_store: Store, count: int) -> None:
    """Ten are written as a line's end."""
    texts = ["hostname", "path", "query", "title", "referrer", "source", "channel"]
    rows = placed([replace(BARE, **dict.fromkeys(texts[:count], "x"))])
    insert_columns(any_store, rows, token="one")
    assert read_back(any_store) == rows.rows()


@pytest.mark.parametrize("misfit", [{"scroll": 300}, {"site_id": -1}, {"revenue": 2**63}, {"path": "\udc80"}])
def test_a_value_that_fits_no_column_is_a_bad_row_and_leaves_nothing(store: Store, misfit: dict[str, object]) -> None:
    with pytest.raises(BadRow) as fault:
        insert_columns(store, placed([FULL, replace(BARE, **misfit)]), token="bad")
    assert fault.value.__cause__ is None
    assert store.query("select count() from events") == [(0,)]


def test_a_batch_of_columns_is_one_block_however_large(store: Store) -> None:
    rows = place([event(t=second / 10, visitor=second) for second in range(1, 20_001)])
    insert_columns(store, placed([row.event for row in rows], [row.visit_id for row in rows]), token="big")
    parts = store.query(
        "select count(), sum(rows) from system.parts where active and table = 'events' and database = {d:String}",
        {"d": store.database},
    )
    assert parts == [(1, 20_000)]


def test_a_batch_of_long_rows_arrives_whole_by_either_way(any_store: Store) -> None:
    """The driver would cut so large a block in two, and the token would keep the second one out."""
    events = [replace(FULL, title=f"{number:0500}", ts=FULL.ts + number) for number in range(6000)]
    rows = placed(events)
    insert_events(any_store, rows.rows(), token="rows")
    insert_columns(any_store, msgspec.structs.replace(rows, segment=8), token="columns")
    assert any_store.query("select segment, uniqExact(title) from events group by all order by all") == [
        (7, 6000),
        (8, 6000),
    ]


@pytest.mark.parametrize(
    ("number", "told"), [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02"), (2**14, b"\x80\x80\x01")]
)
def test_lengths_are_written_in_groups_of_seven_bits(number: int, told: bytes) -> None:
    assert _length(number) == told
