"""Counting together: what a page asks in one go is counted in few scans, in slices, and is what each would be alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from shelf import Shelf
from store_world import days, event, keep, only, place, question, some_events

from clickhouse.ask import Answer, Did, Guard, Not, Question, ask, ask_many, build, together
from clickhouse.ask.adding import counts_of
from clickhouse.ask.build import Statement
from clickhouse.ask.together import Batch, count, put_together
from clickhouse.client import Row, Store
from clickhouse.insert import insert_events
from clickhouse.keep import Keep
from clickhouse.visits import derive_visits_of_site

NOW = datetime(2026, 6, 10, 14, tzinfo=UTC)
SINCE = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
ZONE = "Europe/Berlin"
TOTALS = ("visitors", "visits", "pageviews", "engaged_seconds", "engaged_rate", "bounce_rate", "visit_duration")
LISTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (TOTALS, ""),
    (TOTALS, "time:day"),
    (TOTALS, "time:month"),
    (("visitors", "engaged_rate"), "channel"),
    (("visitors", "engaged_seconds", "scroll_depth"), "page"),
    (("visits", "bounce_rate"), "entry"),
    (("visitors",), "country"),
    (("pageviews", "visitors"), "device"),
    (("events", "visits"), "feature"),
    (("events", "visitors"), "download"),
    (("visitors", "events"), "hostname"),
    (("visits", "events"), "prop:plan"),
)
FILTERS: tuple[tuple[Any, ...], ...] = (
    (),
    (only("country", "DE"),),
    (only("page", "/a"),),
    (only("hostname", "blog.example.com"),),
    (only("channel", "Direct"), only("device", "mobile")),
    (Did(only("feature", "Signup")),),
    (Not(Did(only("feature", "Signup"))),),
    (only("feature", "Signup"), only("hostname", "example.com", operator="is_not")),
)


@pytest.fixture(scope="module")
def quarter(shelf: Shelf[Store]) -> Iterator[Store]:
    """A quarter of visits, nothing of it added up."""
    with shelf.lend() as store:
        rows = place(some_events(11, visits=500, since=SINCE, hours=24 * 95), timezone=ZONE)
        insert_events(store, rows, token="world")
        derive_visits_of_site(store, 1)
        store.writer.command("truncate table changes")
        yield store


@pytest.fixture
def world(quarter: Store) -> Store:
    """The same rows for all who only ask; what a store keeps of answers is not handed on."""
    quarter.keep = Keep()
    return quarter


def page(filters: tuple[Any, ...], since: str, until: str, **more: Any) -> list[Question]:
    """The questions of a page: each list under the same filters."""
    return [
        question(
            *metrics,
            dimensions=(dimension,) if dimension else (),
            filters=filters,
            timezone=ZONE,
            period=days(since, until, ZONE),
            **more,
        )
        for metrics, dimension in LISTS
    ]


def rows_of(answer: Answer) -> list[tuple[object, ...]]:
    return [(row.dimensions, row.metrics) for row in answer.rows]


def counted(store: Store, asked: Question) -> list[tuple[object, ...]]:
    """What the one statement of a question says, which knows nothing of sums."""
    statement, width = build(asked), len(asked.dimensions)
    rows = store.query(statement.sql, statement.binds)
    return [(tuple(row[:width]), tuple(None if cell != cell else cell for cell in row[width:])) for row in rows]


class Running:
    """Runs statements, and remembers them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.binds: list[dict[str, Any]] = []

    def __call__(self, statement: Statement) -> Sequence[Row]:
        if not statement.sql.startswith("explain"):
            self.binds.append(statement.binds)
        return self._store.query(statement.sql, statement.binds)


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_page_asked_at_once_says_what_each_question_says_alone(world: Store, filters: tuple[Any, ...]) -> None:
    for since, until in (("2026-03-05", "2026-06-01"), ("2026-04-10", "2026-04-11")):
        asked = page(filters, since, until)
        for one, answer in zip(asked, ask_many(world, asked), strict=True):
            assert rows_of(answer) == counted(world, one), one
            world.keep.forget(1)


def test_the_period_compared_with_is_counted_together_too(world: Store) -> None:
    asked = page((only("country", "DE"),), "2026-05-01", "2026-06-01", compare=days("2026-04-01", "2026-05-01", ZONE))
    both = ask_many(world, asked)
    alone = [ask(world, one) for one in asked]
    assert both == alone
    earlier = page((only("country", "DE"),), "2026-04-01", "2026-05-01")
    for one, answer in zip(earlier[3:], both[3:], strict=True):
        known = dict(counted(world, one))
        assert [row.before for row in answer.rows] == [known.get(row.dimensions) for row in answer.rows]


@pytest.mark.parametrize("guard", [Guard.for_people(3), Guard.for_public(4)])
def test_what_is_counted_together_passes_the_guard_all_the_same(world: Store, guard: Guard) -> None:
    for filters in FILTERS[:4]:
        asked = page(filters, "2026-03-05", "2026-06-01")
        assert ask_many(world, asked, guard) == [ask(world, one, guard) for one in asked]


def test_lists_of_the_same_rows_share_a_scan(world: Store) -> None:
    counts = [one for asked in page((), "2026-03-05", "2026-06-01") for one in counts_of(world, asked, NOW)]
    batches = put_together(counts)
    assert sorted(one for batch in batches for one in map(repr, batch.counts)) == sorted({repr(one) for one in counts})
    assert len(batches) == 4, "visits; events; downloads, which are only some of the events; what was told of pages"
    credited = [only("hostname", "a.example")]
    counts = [
        one for asked in page(tuple(credited), "2026-03-05", "2026-06-01") for one in counts_of(world, asked, NOW)
    ]
    mixed = [batch for batch in put_together(counts) if len({"channel", "country"} & set(batch.whole.dimensions)) == 2]
    assert mixed == [], "of channels, a filter on hosts means more"


@pytest.mark.parametrize("seed", range(3))
def test_slices_of_a_long_period_add_up_to_it(world: Store, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    since = date(2026, 3, 1) + timedelta(days=random.Random(seed).randrange(20))
    asked = page(FILTERS[seed], str(since), "2026-06-05")
    counts = [one for question_ in asked for one in counts_of(world, question_, NOW)]
    for batch in put_together(counts):
        monkeypatch.setattr(together, "ROWS_AT_ONCE", 10**9)
        whole = count(batch, Running(world))
        monkeypatch.setattr(together, "ROWS_AT_ONCE", 1)
        run = Running(world)
        sliced = count(batch, run)
        assert {one: sorted(rows) for one, rows in sliced.items()} == {one: sorted(rows) for one, rows in whole.items()}
        if batch.counts[0].question.period.until - batch.counts[0].question.period.since > together.LONG:
            edges = [(binds["since"], binds["until"]) for binds in run.binds]
            assert len(edges) == 4, "a month each"
            assert [until for _, until in edges[:-1]] == [since for since, _ in edges[1:]]


def test_no_statement_reads_much_more_than_its_share(world: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    (plain,) = counts_of(world, question("visits", "bounce_rate", period=days("2026-03-01", "2026-06-01")), NOW)
    rows = together._rows_in(plain.question, Running(world))
    ((there_are,),) = world.query("select count() from events where site_id = 1 and ts < '2026-06-01'")
    assert rows >= there_are > 500
    for at_once, slices in ((rows + 1, 1), (rows, 2), (rows // 2, 3), (1, 3)):
        monkeypatch.setattr(together, "ROWS_AT_ONCE", at_once)
        run = Running(world)
        count(Batch((plain,)), run)
        assert len(run.binds) == slices


def test_money_given_back_is_less_than_nothing_however_it_is_counted(any_store: Store) -> None:
    sales = [event("Order", t=n * 86_400, revenue=-1_000 * n, currency="EUR", visitor=n + 1) for n in range(20)]
    keep(any_store, sales)
    for until in ("2026-04-01", "2026-06-01"):
        asked = question("revenue", "average_revenue", dimensions=("currency",), period=days("2026-03-01", until))
        assert rows_of(ask(any_store, asked)) == [(("EUR",), (-190.0, -10.0))]
