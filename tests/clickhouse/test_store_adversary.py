"""An adversary under a guard: asks everything it may, and subtracts. Nobody in a group below k is ever found.

The world is random and known to the test alone. For each question the adversary also asks what could be held against
it: without a filter, with it turned round, one page further, in another order, by day, by hour, compared and direct.
What it then knows is checked against who was really there.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from store_world import days, event, keep, question

from clickhouse.ask import (
    OTHER,
    AllOf,
    Answer,
    AnyOf,
    Condition,
    Did,
    Filter,
    Guard,
    Not,
    QuestionError,
    ask,
)
from clickhouse.ask.folding import hide, lines_of
from clickhouse.ask.neighbours import neighbours_of, turned
from clickhouse.client import Store
from clickhouse.rows import Event

K = 5
PEOPLE, PUBLIC = Guard.for_people(K), Guard.for_public(K)
MARCH = days("2026-03-01", "2026-04-01")
BROWSERS, COUNTRIES, REGIONS = ["Chrome", "Firefox", "Odd"], ["DE", "US", "LI"], ["A", "B", "C", "D", "E"]


def world(seed: int) -> list[Event]:
    """Visitors of one event each, so that a visitor is a page view and everything adds up: the worst case."""
    dice = random.Random(seed)
    weights = [dice.choice([[9, 3, 1], [30, 2, 1], [5, 5, 5]]) for _ in range(3)]
    return [
        event(
            visitor=number,
            t=dice.randrange(-3 * 86_400, 3 * 86_400),
            path=dice.choices(["/", "/a", "/rare"], weights[0])[0],
            browser=dice.choices(BROWSERS, weights[1])[0],
            country=dice.choices(COUNTRIES, weights[2])[0],
            region=dice.choices(REGIONS, [20, 8, 3, 2, 1])[0],
        )
        for number in range(1, dice.choice([12, 40, 90]) + 1)
    ]


def is_found(count: float | None) -> bool:
    """Whether a number tells of somebody, and of fewer than k."""
    return count is not None and 0 < abs(count) < K


def total(answer: Answer) -> float | None:
    return None if answer.fewer_than or not answer.rows else answer.rows[0].metrics[0]


FILTERS: list[Filter] = [
    *(Condition("is", "browser", (name,)) for name in BROWSERS),
    *(Condition("is_not", "browser", (name,)) for name in BROWSERS),
    *(Condition("is", "browser", pair) for pair in itertools.combinations(BROWSERS, 2)),
    *(Condition("is", "country", (name,)) for name in COUNTRIES),
    *(Condition("is", "page", (path,)) for path in ("/", "/a", "/rare")),
    *(Condition("is", "region", (name,)) for name in REGIONS),
    *(Condition("is_not", "region", (name,)) for name in REGIONS),
    Condition("contains", "region", ("A", "B", "E")),
    Condition("matches", "region", ("[A-D]",)),
    AnyOf((Condition("is", "browser", ("Chrome",)), Condition("is", "country", ("LI",)))),
    Not(Condition("is", "browser", ("Odd",))),
    Did(Condition("is", "page", ("/rare",)), did=False),
]


@pytest.mark.parametrize("guard", [PEOPLE, PUBLIC], ids=["people", "public"])
@pytest.mark.parametrize("seed", range(2))
def test_total_with_and_without_a_filter_isolates_nobody(store: Store, seed: int, guard: Guard) -> None:
    keep(store, world(seed))
    asked = question("pageviews", "visitors")
    everyone = total(ask(store, asked, guard))
    told = {one: total(ask(store, replace(asked, filters=(one,)), guard)) for one in FILTERS}
    for one, count in told.items():
        assert not is_found(count), one
        if count is not None and everyone is not None:
            assert not is_found(everyone - count), one
    answered = [(one, count) for one, count in told.items() if count is not None]
    assert guard is PUBLIC or answered, "a guard that answers nothing proves nothing"
    for one, count in answered:
        more = total(ask(store, replace(asked, filters=(one, Condition("is_not", "browser", ("Odd",)))), guard))
        assert more is None or not is_found(count - more), one


def nested_places(store: Store, guard: Guard) -> Iterator[tuple[set[str], float]]:
    """Every set of regions that a filter can take and that is answered."""
    for size in range(1, len(REGIONS) + 1):
        for some in itertools.combinations(REGIONS, size):
            asked = question("pageviews", filters=(Condition("is", "region", some),))
            count = total(ask(store, asked, guard))
            if count is not None:
                yield set(some), count


def test_sets_of_regions_held_against_each_other_isolate_nobody(store: Store) -> None:
    keep(store, world(1))
    told = list(nested_places(store, PEOPLE))
    assert told
    for (one, count), (other, more) in itertools.product(told, told):
        if one < other:
            assert not is_found(more - count), (one, other)


def cells(answer: Answer) -> dict[str, float]:
    return {row.dimensions[0]: row.metrics[0] or 0 for row in answer.rows if row.dimensions[0] != OTHER}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("guard", "name"), [(PEOPLE, "region"), (PUBLIC, "region"), (PUBLIC, "page"),
                                             (PUBLIC, "browser")])  # fmt: skip
def test_a_list_and_its_parts_by_a_filter_isolate_nobody(store: Store, seed: int, guard: Guard, name: str) -> None:
    keep(store, world(seed))
    asked = question("pageviews", "visitors", dimensions=(name,))
    whole = ask(store, asked, guard)
    rows, everyone = cells(whole), total(ask(store, question("pageviews"), guard))
    assert not any(map(is_found, rows.values()))
    hidden = sum(row.metrics[0] or 0 for row in whole.rows if row.dimensions == (OTHER,))
    assert not is_found(hidden)
    if everyone is not None and whole.rows:
        assert not is_found(everyone - sum(rows.values()))
    for one in (Condition("is", "browser", ("Chrome",)), Condition("is", "country", ("DE",))):
        part = cells(ask(store, replace(asked, filters=(one,)), guard))
        rest = cells(ask(store, replace(asked, filters=(turned(one),)), guard))
        for label, count in rows.items():
            for known in (part, rest):
                if label in known:
                    assert not is_found(known[label])
                    assert not is_found(count - known[label]), (label, one)


@pytest.mark.parametrize("guard", [PEOPLE, PUBLIC], ids=["people", "public"])
def test_pages_orders_and_further_metrics_show_no_other_rows(store: Store, guard: Guard) -> None:
    keep(store, world(2))
    asked = question("pageviews", "visitors", "bounce_rate", dimensions=("region",))
    whole = ask(store, asked, guard)
    labels = {row.dimensions for row in whole.rows}
    paged = [
        row
        for offset in range(8)
        for way in ("asc", "desc")
        for row in ask(
            store, replace(asked, limit=1, offset=offset, order_by=(("visitors", way), ("region", way))), guard
        ).rows
    ]
    assert {row.dimensions for row in paged} == labels
    assert all(row in whole.rows for row in paged)
    assert all(row.metrics[2] is None for row in whole.rows if row.dimensions == (OTHER,))


@pytest.mark.parametrize("seed", range(3))
def test_a_compared_period_says_no_more_than_asking_for_it_directly(store: Store, seed: int) -> None:
    keep(store, [*world(seed), *(replace(one, ts=one.ts - 10 * 86_400_000, visitor_id=one.visitor_id + 500)
                                 for one in world(seed + 50))])  # fmt: skip
    now, before = days("2026-03-01", "2026-03-08"), days("2026-02-19", "2026-02-26")
    asked = question("pageviews", dimensions=("region",), period=now)
    direct = cells(ask(store, replace(asked, period=before), PEOPLE))
    beside = ask(store, replace(asked, compare=before), PEOPLE)
    shown = {row.dimensions[0]: (row.before or (0,))[0] for row in beside.rows}
    sums = sum(count or 0 for count in direct.values())
    everyone = total(ask(store, question("pageviews", period=before), PEOPLE)) or 0
    for label, count in shown.items():
        if label != OTHER:
            assert not is_found(count)
            # A row that is hidden when its period is asked for is hidden here too.
            assert label in direct or not count, label
    other = shown.get(OTHER) or 0
    assert not is_found(everyone - sums)
    assert not is_found(other)
    hidden_directly = everyone - sums
    known = sum(direct[label] for label in direct if label not in shown)
    assert other == 0 or other >= hidden_directly or not is_found(hidden_directly - other) or known


@pytest.mark.parametrize("guard", [PEOPLE, PUBLIC], ids=["people", "public"])
def test_time_is_no_way_round_a_filter(store: Store, guard: Guard) -> None:
    keep(store, world(3))
    chrome = (Condition("is", "browser", ("Chrome",)),)
    by_day = ask(store, question("pageviews", dimensions=("time:day",), filters=chrome), guard)
    assert not any(is_found(row.metrics[0]) for row in by_day.rows)
    if guard is PUBLIC:
        with pytest.raises(QuestionError):
            ask(store, question("pageviews", dimensions=("time:hour",)), guard)
        return
    for name in ("time:hour", "time:minute"):
        rows = ask(store, question("pageviews", dimensions=(name,)), guard).rows
        assert not any(is_found(row.metrics[0]) for row in rows), name


def test_a_day_cut_short_isolates_nobody_in_what_is_left_of_it(store: Store) -> None:
    keep(store, [*(event(visitor=n, t=n) for n in range(1, 21)), event(visitor=99, t=5 * 3600)])
    whole, cut = days("2026-03-04", "2026-03-05"), days("2026-03-04", "2026-03-04 16:00:00")
    assert total(ask(store, question("pageviews", period=whole), PEOPLE)) == 21
    assert ask(store, question("pageviews", period=cut), PEOPLE).fewer_than == K
    longer = days("2026-03-01", "2026-03-04 16:00:00")
    assert ask(store, question("pageviews", period=longer), PEOPLE).fewer_than == K
    assert total(ask(store, question("pageviews", period=cut))) == 20


def test_a_row_by_two_dimensions_is_a_filter_and_a_list(store: Store) -> None:
    keep(store, world(2))
    asked = question("pageviews", dimensions=("browser", "country"))
    rows = ask(store, asked, PEOPLE).rows
    assert not any(is_found(row.metrics[0]) for row in rows)
    assert ask(store, asked).rows != rows


def test_a_bucket_left_blank_does_not_name_a_rare_page(store: Store) -> None:
    keep(store, [*(event(visitor=n, path="/", t=n) for n in range(1, 30)), event(visitor=99, path="/u/rare")])
    rows = ask(store, question("pageviews", dimensions=("time:day", "page")), PUBLIC).rows
    assert all("/u/rare" not in row.dimensions for row in rows)


def test_one_visitor_of_many_rare_pages_is_still_one(store: Store) -> None:
    few = [event(visitor=n, path=f"/rare/{page}", t=n + page) for n in (1, 2) for page in range(6)]
    keep(store, [*few, *(event(visitor=n, path="/", t=n) for n in range(10, 30))])
    answer = ask(store, question("visitors", "pageviews", dimensions=("page",)), PUBLIC)
    assert [row.dimensions for row in answer.rows] in ([], [(OTHER,)])


def test_filters_with_more_parts_than_can_be_looked_after_are_refused(store: Store) -> None:
    many = Condition("is", "page", tuple(f"/{n}" for n in range(100)))
    with pytest.raises(QuestionError, match="too many values"):
        ask(store, question("pageviews", filters=(many,)), PEOPLE)
    assert ask(store, question("pageviews", filters=(many,))).rows


def test_the_neighbours_of_a_question_are_those_one_step_away() -> None:
    a, b = Condition("is", "page", ("/a",)), Condition("is", "browser", ("X", "Y"))
    found = neighbours_of((AllOf((a, b)),))
    filters = [one.filters for one in found]
    assert (b,) in filters
    assert (a,) in filters
    assert (b, replace(a, operator="is_not")) in filters
    assert (a, replace(b, values=("X",))) in filters
    assert [one.is_whole for one in found if one.filters in ((a,), (b,))] == [True, True]
    for one in (a, b, Did(a), AnyOf((a, b))):
        assert turned(turned(one)) == one


def test_no_line_of_a_random_table_gives_a_small_cell_away() -> None:
    dice = random.Random(7)
    for _ in range(3_000):
        rows, columns = dice.randint(1, 5), dice.randint(1, 5)
        table = {
            (f"r{r}", f"c{c}"): (dice.choice([0, 1, 2, 4, 5, 9, 30]),) for r in range(rows) for c in range(columns)
        }
        hidden = hide(table, K)
        if hidden is None:
            continue
        assert not any(is_found(table[label][0]) for label in table.keys() - hidden)
        for line in lines_of(table):
            covered = hidden & set(line)
            if covered and len(covered) < len(line):
                assert len(covered) > 1
                assert not is_found(sum(table[label][0] for label in covered))
