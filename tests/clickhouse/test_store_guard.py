"""Small numbers: who may see what, and that neither a row nor a subtraction tells of fewer than k people."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from store_world import NOON, days, event, keep, question

from clickhouse.ask import (
    OTHER,
    Answer,
    AnswerRow,
    Condition,
    Guard,
    Question,
    QuestionError,
    ask,
    ask_many,
    people_now,
)
from clickhouse.ask.folding import hide
from clickhouse.ask.guard import widen
from clickhouse.client import Store
from clickhouse.rows import Event

PEOPLE = Guard.for_people(5)
PUBLIC = Guard.for_public(5)


def crowd(sizes: dict[str, int], trait: str, *, first: int = 1, **more: Any) -> list[Event]:
    """So many visitors for each value of a trait."""
    numbers = itertools.count(first)
    return [
        event(visitor=next(numbers), **{trait: value}, **more) for value, size in sizes.items() for _ in range(size)
    ]


def shown(store: Store, asked: Question, guard: Guard) -> dict[tuple[str, ...], tuple[Any, ...]]:
    return {row.dimensions: row.metrics for row in ask(store, asked, guard).rows}


def test_everything_is_exact_unless_a_guard_is_named(store: Store) -> None:
    keep(store, crowd({"DE-BE": 1}, "region"))
    assert Guard() == Guard.EXACT
    assert shown(store, question("visitors", dimensions=("region",)), Guard.EXACT) == {("DE-BE",): (1,)}


@pytest.mark.parametrize("guard", [PEOPLE, PUBLIC])
def test_a_filtered_question_that_few_match_is_not_answered(any_store: Store, guard: Guard) -> None:
    keep(any_store, crowd({"/a": 5, "/b": 4, "/c": 1}, "path"))
    for path, answered in (("/a", True), ("/b", False), ("/none", False)):
        asked = question("pageviews", filters=(Condition("is", "page", (path,)),))
        answer = ask(any_store, asked, guard)
        assert (answer.fewer_than is None) is answered
        assert [row.metrics for row in answer.rows] == ([(5,)] if answered else [])


def test_an_unfiltered_total_is_told_to_people_who_signed_in_and_not_to_the_public(store: Store) -> None:
    keep(store, crowd({"/a": 2}, "path"))
    assert shown(store, question("visitors"), PEOPLE) == {(): (2,)}
    assert ask(store, question("visitors"), PUBLIC) == Answer((), 0, 5)


def test_people_are_counted_whatever_metric_is_asked(store: Store) -> None:
    keep(store, [event(path="/a", visitor=1, t=second) for second in range(50)])
    asked = question("pageviews", filters=(Condition("is", "page", ("/a",)),))
    assert ask(store, asked, PEOPLE).fewer_than == 5


def test_an_event_without_identity_stands_for_one_person(store: Store) -> None:
    keep(store, [event(path="/a", visitor=0, t=second) for second in range(5)])
    asked = question("pageviews", filters=(Condition("is", "page", ("/a",)),))
    assert shown(store, asked, PEOPLE) == {(): (5,)}


def test_small_regions_are_folded_into_one_row_that_stands_last(any_store: Store) -> None:
    keep(any_store, crowd({"DE-BE": 9, "DE-BY": 6, "DE-HH": 3, "DE-SN": 2}, "region"))
    asked = question("visitors", "bounce_rate", dimensions=("region",), count_rows=True)
    answer = ask(any_store, asked, PEOPLE)
    assert answer.rows == (
        AnswerRow(("DE-BE",), (9, 100)),
        AnswerRow(("DE-BY",), (6, 100)),
        AnswerRow((OTHER,), (5, None)),
    )
    assert answer.total_rows == 3


def test_one_small_region_takes_the_next_with_it(store: Store) -> None:
    keep(store, crowd({"DE-BE": 9, "DE-BY": 6, "DE-HH": 4}, "region"))
    rows = shown(store, question("visitors", dimensions=("region",)), PEOPLE)
    assert rows == {("DE-BE",): (9,), (OTHER,): (10,)}


def test_pages_are_folded_for_the_public_only(store: Store) -> None:
    keep(store, crowd({"/": 9, "/a": 4, "/b": 3}, "path"))
    asked = question("visitors", dimensions=("page",))
    assert shown(store, asked, PEOPLE) == {("/",): (9,), ("/a",): (4,), ("/b",): (3,)}
    assert shown(store, asked, PUBLIC) == {("/",): (9,), (OTHER,): (7,)}


def test_folding_comes_before_pages_and_keeps_the_order_asked(store: Store) -> None:
    keep(store, crowd({"A": 9, "B": 8, "C": 7, "D": 2, "E": 3}, "city"))
    first = question("visitors", dimensions=("city",), limit=2, count_rows=True)
    answer = ask(store, first, PEOPLE)
    assert [row.dimensions for row in answer.rows] == [("A",), ("B",)]
    assert answer.total_rows == 4
    by_name = question("pageviews", dimensions=("city",), order_by=(("city", "desc"),), offset=1)
    assert list(shown(store, by_name, PEOPLE)) == [("B",), ("A",), (OTHER,)]


def test_the_compared_period_is_folded_with_the_same_rows(store: Store) -> None:
    week = 7 * 86_400
    keep(store, crowd({"A": 9, "B": 9, "C": 9}, "city"))
    keep(store, crowd({"A": 9, "B": 3, "C": 5}, "city", first=100, t=-week), segment=8)
    asked = question(
        "visitors",
        dimensions=("city",),
        period=days("2026-03-02", "2026-03-09"),
        compare=days("2026-02-23", "2026-03-02"),
    )
    assert ask(store, asked, PEOPLE).rows == (
        AnswerRow(("A",), (9,), (9,)),
        AnswerRow((OTHER,), (18,), (8,)),
    )


def test_a_compared_period_that_few_match_is_left_out(store: Store) -> None:
    week = 7 * 86_400
    keep(store, crowd({"/a": 6}, "path"))
    keep(store, crowd({"/a": 3}, "path", first=100, t=-week), segment=8)
    asked = question(
        "visitors",
        filters=(Condition("is", "page", ("/a",)),),
        period=days("2026-03-02", "2026-03-09"),
        compare=days("2026-02-23", "2026-03-02"),
    )
    assert ask(store, asked, PEOPLE).rows == (AnswerRow((), (6,), None),)
    assert ask(store, asked).rows == (AnswerRow((), (6,), (3,)),)


@pytest.mark.parametrize(("size", "told"), [(4, False), (5, True)])
def test_less_than_a_day_picks_people_out_as_a_filter_does(store: Store, size: int, told: bool) -> None:
    keep(store, crowd({"/": size}, "path"))
    now = datetime.fromtimestamp(NOON / 1000, UTC)
    assert bool(ask(store, people_now(1, "UTC", now), PEOPLE).rows) is told
    assert bool(ask(store, question("visitors", period=days("2026-03-04", "2026-03-05")), PEOPLE).rows)


def test_days_are_left_blank_and_not_folded(store: Store) -> None:
    day = 86_400
    for number, size in enumerate([9, 4, 8, 7]):
        keep(store, crowd({"/": size}, "path", first=number * 100 + 1, t=number * day), segment=number)
    asked = question("visitors", "bounce_rate", dimensions=("time:day",))
    assert [row.metrics for row in ask(store, asked, PUBLIC).rows] == [(9, 100), (None, None), (8, 100), (None, None)]
    assert [row.metrics[0] for row in ask(store, asked, PEOPLE).rows] == [9, 4, 8, 7]


def test_the_public_may_not_ask_finely(store: Store) -> None:
    three = tuple(Condition("is", name, ("x",)) for name in ("page", "source", "country"))
    with pytest.raises(QuestionError, match="at most 2 filters"):
        ask(store, question("visitors", filters=three), PUBLIC)
    with pytest.raises(QuestionError, match="not finer than a day"):
        ask(store, question("visitors", dimensions=("time:hour",)), PUBLIC)
    for wrong in (question("visitors", order_by=(("nope", "asc"),)), question("nope")):
        with pytest.raises(QuestionError, match="nope"):
            ask(store, wrong, PUBLIC)


def test_many_answers_pass_the_same_guard(store: Store) -> None:
    keep(store, crowd({"/": 2}, "path"))
    assert [answer.fewer_than for answer in ask_many(store, [question("visitors")] * 3, PUBLIC)] == [5, 5, 5]


def test_the_guards_own_metric_never_leaves(store: Store) -> None:
    keep(store, crowd({"A": 9, "B": 9}, "city"))
    asked = question("pageviews", dimensions=("city",))
    assert len(widen(asked).metrics) == 2
    assert all(len(row.metrics) == 1 for row in ask(store, asked, PEOPLE).rows)


@pytest.mark.parametrize("periods", [1, 2])
def test_hidden_rows_are_never_fewer_than_two_nor_than_k_people(periods: int) -> None:
    dice = random.Random(periods)
    k = 10
    for _ in range(30_000):
        sizes = [dice.choice([1, 2, 3, 5, 8, 9, 10, 12, 40, 300]) for _ in range(dice.randint(1, 7) * periods)]
        cells = {(str(n),): tuple(sizes[n * periods : (n + 1) * periods]) for n in range(len(sizes) // periods)}
        hidden = hide(cells, k)
        if hidden is None:
            assert all(min(sum(column) for column in zip(*cells.values(), strict=True)) < k for _ in "x") or (
                len(cells) == 1
            )
            continue
        assert all(min(cells[label]) >= k for label in cells if label not in hidden)
        if hidden:
            assert len(hidden) >= 2
            assert all(sum(column) >= k for column in zip(*(cells[label] for label in hidden), strict=True))


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    assert hide({("a",): (5, 0), ("b",): (7, 9)}, 5) == set()
    assert hide({}, 5) == set()
