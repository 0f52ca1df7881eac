"""Adding up: days that are over are not counted twice, and every answer is the one that counting gives."""

from __future__ import annotations

import os
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from store_world import days, event, keep, only, place, question, some_events

from clickhouse import close_days as close_days_
from clickhouse.ask import Question, ask, build
from clickhouse.ask.adding import add_up
from clickhouse.ask.build import Statement
from clickhouse.ask.known import read_known
from clickhouse.changes import note_change
from clickhouse.client import Row, Store
from clickhouse.close_days import close_days
from clickhouse.erase import erase_site, tables_of_sites
from clickhouse.insert import insert_events
from clickhouse.visits import derive_visits, derive_visits_of_site

NOW = datetime(2026, 6, 10, 14, tzinfo=UTC)
SINCE = int(datetime(2026, 1, 20, tzinfo=UTC).timestamp() * 1000)
DIMENSIONS: list[tuple[str, ...]] = [
    (), ("country",), ("page",), ("feature",), ("source",), ("entry",), ("hostname",), ("browser", "device"),
    ("time:day",), ("time:week",), ("time:month",), ("time:month", "country"), ("time:day", "page"), ("prop:plan",),
    ("referrer",),
]  # fmt: skip
FILTERS: list[tuple[Any, ...]] = [
    (), (only("country", "DE"),), (only("country", "DE", "US"),), (only("page", "/a"),), (only("feature", "Signup"),),
    (only("feature", "pageview", operator="is_not"),), (only("page", "b", operator="contains", case_sensitive=False),),
    (only("country", "DE"), only("device", "mobile")), (only("hostname", "blog.example.com"),),
]  # fmt: skip
SEEDS = range(6 if os.environ.get("FOOTFALL_TEST_THOROUGH") else 3)
OF_DEEDS = ("visitors", "visits", "pageviews", "events")
METRICS = (
    *OF_DEEDS, "views_per_visit", "bounce_rate", "visit_duration", "engaged_rate", "engaged_seconds", "scroll_depth",
    "revenue",
)  # fmt: skip


def close(store: Store, site_id: int = 1, timezone: str = "UTC", now: datetime = NOW) -> int:
    """Do all that the chore does; return how many steps it took."""
    steps = 1
    while not close_days(store, site_id, timezone, now):
        steps += 1
        assert steps < 400
    return steps


def forget_changes(store: Store) -> None:
    """Make all that was stored so far look as old as it says it is."""
    store.writer.command("truncate table changes")
    store.keep.forget(1)


@pytest.fixture
def world(store: Store) -> Store:
    """Months of visits, all of them long ago."""
    rows = place(some_events(7, visits=900, since=SINCE, hours=24 * 140), timezone="Europe/Berlin")
    insert_events(store, rows, token="world")
    derive_visits_of_site(store, 1)
    forget_changes(store)
    return store


class Counting:
    """Runs statements, and remembers those that read rows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked: list[str] = []

    def __call__(self, statement: Statement) -> list[Row]:
        if not statement.sql.startswith("explain"):
            self.asked.append(statement.sql)
        return self._store.query(statement.sql, statement.binds)


def counted(store: Store, asked: Question) -> list[Row]:
    statement = build(asked)
    return store.query(statement.sql, statement.binds)


def said(rows: list[Row] | None) -> list[tuple[object, ...]]:
    assert rows is not None
    return [tuple(None if cell != cell else cell for cell in row) for row in rows]  # nan is nothing, too


def some_questions(seed: int, count: int) -> list[Question]:
    dice = random.Random(seed)
    questions = []
    for _ in range(count):
        dimensions, filters = dice.choice(DIMENSIONS), dice.choice(FILTERS)
        metrics = OF_DEEDS if {"feature", "prop:plan"} & set(dimensions) else METRICS
        since = date(2026, 1, 15) + timedelta(days=dice.randrange(100))
        until = since + timedelta(days=dice.choice([5, 17, 31, 92, 140]))
        chosen = tuple(dice.sample(metrics, dice.randrange(1, 5 if metrics is METRICS else 4)))
        by_label = tuple((name, "asc") for name in dimensions)
        questions.append(
            question(
                *chosen,
                dimensions=dimensions,
                filters=filters,
                timezone="Europe/Berlin",
                period=days(str(since), str(until), "Europe/Berlin"),
                order_by=dice.choice([(), by_label, ((chosen[0], "asc"), *by_label)]) if dimensions else (),
                limit=dice.choice([3, 10_000]),
                count_rows=dice.random() < 0.3,
            )
        )
    return questions


def test_what_is_added_up_is_what_is_counted(world: Store) -> None:
    close(world, timezone="Europe/Berlin")
    for seed in SEEDS:
        added = 0
        for asked in some_questions(seed, 40):
            exactly = said(counted(world, asked))
            for _ in range(2):  # from the table or new; then from memory
                run = Counting(world)
                rows = add_up(world, asked, NOW, run)
                if rows is not None:
                    added += 1
                    assert said(rows) == exactly, (asked, run.asked)
        assert added > 50


def test_a_question_without_a_filter_reads_sums_and_the_last_two_days(world: Store) -> None:
    close(world)
    run = Counting(world)
    asked = question("visitors", dimensions=("country",), period=days("2026-02-01", "2026-06-11"))
    add_up(world, asked, NOW, run)
    assert ["day_sums" in sql for sql in run.asked] == [True, False]
    add_up(world, asked, NOW, run)
    assert len(run.asked) == 3, "what is over is remembered"


def test_whole_months_are_read_as_months(world: Store) -> None:
    close(world)
    run = Counting(world)
    add_up(world, question("visitors", period=days("2026-02-01", "2026-05-01")), NOW, run)
    assert [sql.count("days > 1") for sql in run.asked] == [1]
    assert world.query("select count() from day_sums where days > 1 and dimension = ''") != [(0,)]


def test_a_filter_on_something_else_is_remembered(world: Store) -> None:
    close(world)
    asked = question(
        "visitors", dimensions=("page",), filters=(only("country", "DE"),), period=days("2026-02-01", "2026-06-11")
    )
    run = Counting(world)
    add_up(world, asked, NOW, run)
    assert len(run.asked) == 2
    add_up(world, asked, NOW, run)
    assert len(run.asked) == 3
    assert not any("day_sums" in sql for sql in run.asked)


def test_a_late_event_is_in_the_next_answer_and_the_day_is_added_up_again(world: Store) -> None:
    close(world)
    asked = question("pageviews", "visits", period=days("2026-02-01", "2026-06-01"))
    ((pageviews, visits),) = [row.metrics for row in ask(world, asked).rows]
    late = event(ts=int(datetime(2026, 4, 3, 12, tzinfo=UTC).timestamp() * 1000), visitor=9_999)
    keep(world, [late], segment=8)
    assert ask(world, asked).rows[0].metrics == ((pageviews or 0) + 1, (visits or 0) + 1)
    stale = read_known(world, 1, "UTC", NOW).stale
    assert {date(2026, 4, 3), date(2026, 4, 1)} <= {first for first, _ in stale}
    close(world)
    assert not read_known(world, 1, "UTC", NOW).stale, "what is stale is deleted at once"
    forget_changes(world)
    close(world)
    run = Counting(world)
    assert add_up(world, asked, NOW, run) == [((pageviews or 0) + 1, (visits or 0) + 1)]
    assert all("day_sums" in sql for sql in run.asked)


def test_a_change_of_a_closed_day_is_believed_before_any_sum(world: Store) -> None:
    close(world)
    asked = question("pageviews", filters=(only("device", "mobile"), only("country", "DE")))
    for _ in range(2):
        add_up(world, asked, NOW, Counting(world))
    world.writer.command("alter table events delete where visitor_id % 2 = 1 settings mutations_sync = 2")
    world.writer.command("alter table visits delete where visitor_id % 2 = 1 settings mutations_sync = 2")
    note_change(world, 1, date(2026, 3, 1), date(2026, 4, 1))
    assert ask(world, asked).rows[0].metrics == counted(world, asked)[0]
    whole = question("pageviews", dimensions=("page",))
    assert [(row.dimensions[0], *row.metrics) for row in ask(world, whole).rows] == counted(world, whole)


def test_a_crash_before_a_day_is_booked_leaves_nothing_that_is_read(world: Store) -> None:
    close(world)
    world.writer.command("alter table day_book delete where day >= '2026-05-01' settings mutations_sync = 2")
    world.keep.forget(1)
    asked = question("pageviews", period=days("2026-02-01", "2026-06-11"))
    assert add_up(world, asked, NOW, Counting(world)) == counted(world, asked)
    close(world)
    world.keep.forget(1)
    assert add_up(world, asked, NOW, Counting(world)) == counted(world, asked)


def test_days_go_after_a_quarter_and_months_stay(world: Store) -> None:
    close(world, now=datetime(2026, 4, 10, tzinfo=UTC))
    assert world.query("select min(day) from day_book where days = 1") == [(date(2026, 1, 20),)]
    close(world)
    ((first,),) = world.query("select min(day) from day_book where days = 1")
    assert NOW.date() - first < timedelta(days=97)
    assert world.query("select min(day), max(day) from day_book where days > 1") == [
        (date(2026, 1, 1), date(2026, 5, 1))
    ]


def test_a_month_with_much_in_it_is_added_up_in_slices(world: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(close_days_, "EVENTS_AT_ONCE", 200)
    close(world)
    said_of_months = "select label, sum(visitors), sum(events) from day_sums where dimension = 'page' and days > 1 "
    ((rows, labels),) = world.query("select count(), uniqExact(label) from day_sums where dimension = 'page' and "
                                    "day = '2026-03-01' and days > 1")  # fmt: skip
    assert rows > labels, "several rows for a label"
    march = question("visitors", "events", dimensions=("page",), period=days("2026-03-01", "2026-04-01"))
    of_march = world.query(said_of_months + "and day = '2026-03-01' group by label having sum(events) > 0")
    assert sorted(of_march) == sorted(counted(world, march))
    run = Counting(world)
    asked = question("visitors", "events", dimensions=("page",), period=days("2026-02-01", "2026-05-01"))
    assert add_up(world, asked, NOW, run) == counted(world, asked)
    assert all("days > 1" in sql for sql in run.asked)


def test_a_site_without_events_keeps_nothing(store: Store) -> None:
    assert close(store) == 1
    assert store.query("select count() from day_book") == [(0,)]


def test_sums_hold_no_number_of_a_visitor_and_go_with_the_site(world: Store) -> None:
    close(world)
    columns = {
        name for (name,) in world.query("select name from system.columns where table in ('day_sums', 'day_book')")
    }
    assert not columns & {"visitor_id", "visit_id", "dsr_id", "segment"}
    assert {"day_sums", "day_book"} <= set(tables_of_sites(world))
    erase_site(world, 1)
    assert world.query("select count() from day_sums") == world.query("select count() from day_book") == [(0,)]


def test_old_rows_are_noted_before_they_are_put_in(store: Store) -> None:
    rows = keep(store, [event()])
    now = [event(ts=int(datetime.now(UTC).timestamp() * 1000), site_id=2)]
    keep(store, now, segment=9)
    assert store.query("select site_id, since <= '2026-03-04', until > '2026-03-04' from changes") == [(1, 1, 1)]
    for put_in in (
        lambda: insert_events(store, rows, token="again"),
        lambda: derive_visits(store, {(1, rows[0].visit_id)}),
    ):
        forget_changes(store)
        put_in()
        put_in()
        assert store.query("select count() from changes") == [(1,)], "one note stands for a minute of batches"
