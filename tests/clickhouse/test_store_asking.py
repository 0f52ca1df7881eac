"""Asking: order and pages, comparison, mixing of visits and events, operators, and what cannot be asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from store_world import days, engagement, event, keep, one, only, question, table

from clickhouse.ask import (
    AllOf,
    AnswerRow,
    AnyOf,
    Did,
    Period,
    Question,
    QuestionError,
    ask,
    ask_many,
)
from clickhouse.client import Store


def test_nothing_is_zero_and_a_share_of_nothing_is_not_a_number(any_store: Store) -> None:
    asked = question("visitors", "pageviews", "bounce_rate", "views_per_visit", "scroll_depth", "revenue")
    assert one(any_store, asked) == (0, 0, None, None, None, 0)
    assert table(any_store, question("visitors", dimensions=("page",))) == []


def test_visitors_are_counted_each_day_and_added_up(any_store: Store) -> None:
    keep(any_store, [event(t=day * 86_400 + hour, visitor=1) for day in range(3) for hour in (0, 7200)])
    keep(any_store, [event(visitor=2), event(visitor=0), event(visitor=3, site_id=2)], segment=8)
    assert one(any_store, question("visitors", "visits", "pageviews")) == (4, 7, 8)
    by_day = table(any_store, question("visitors", dimensions=("time:day",)))
    assert by_day == [("2026-03-04", 2), ("2026-03-05", 1), ("2026-03-06", 1)]


def test_another_sites_events_are_never_counted(any_store: Store) -> None:
    keep(any_store, [event(visitor=1), event(visitor=2, site_id=2, path="/secret"), event(visitor=0, site_id=2)])
    for asked in (question("pageviews"), question("pageviews", filters=(only("page", "/", "/secret"),))):
        assert one(any_store, asked) == (1,)
    assert table(any_store, question("pageviews", dimensions=("page",))) == [("/", 1)]


def test_the_first_metric_leads_and_labels_break_ties(any_store: Store) -> None:
    keep(any_store, [event(path=path, visitor=n) for n, path in enumerate(["/b", "/a", "/c", "/c"], 1)])
    assert table(any_store, question("visitors", dimensions=("page",))) == [("/c", 2), ("/a", 1), ("/b", 1)]
    asked = question("visitors", dimensions=("page",), order_by=(("page", "desc"),), limit=2, offset=1)
    assert table(any_store, asked) == [("/b", 1), ("/a", 1)]


@pytest.mark.parametrize(("limit", "offset"), [(2, 0), (2, 2), (5, 1), (1, 9)])
def test_all_rows_are_counted_on_every_page(any_store: Store, limit: int, offset: int) -> None:
    keep(any_store, [event(path=f"/{n}", visitor=n) for n in range(1, 4)])
    asked = question("visitors", dimensions=("page",), limit=limit, offset=offset, count_rows=True)
    answer = ask(any_store, asked)
    assert answer.total_rows == 3
    assert len(answer.rows) == max(0, min(limit, 3 - offset))


def test_a_group_carries_its_numbers_of_the_other_period(any_store: Store) -> None:
    week = 7 * 86_400
    keep(any_store, [event(source="Google", visitor=n) for n in (1, 2)] + [event(source="news", visitor=3)])
    keep(any_store, [event(source="Google", visitor=4, t=-week), event(source="gone", visitor=5, t=-week)], segment=8)
    asked = question(
        "visitors",
        dimensions=("source",),
        period=days("2026-03-02", "2026-03-09"),
        compare=days("2026-02-23", "2026-03-02"),
        limit=5,
    )
    assert ask(any_store, asked).rows == (AnswerRow(("Google",), (2,), (1,)), AnswerRow(("news",), (1,), None))
    total = question("visitors", period=asked.period, compare=asked.compare)
    assert ask(any_store, total).rows == (AnswerRow((), (3,), (2,)),)


def test_nothing_now_is_beside_nothing(any_store: Store) -> None:
    keep(any_store, [event(t=-7 * 86_400)])
    asked = question(
        "visitors",
        dimensions=("page",),
        period=days("2026-03-02", "2026-03-09"),
        compare=days("2026-02-23", "2026-03-02"),
    )
    assert ask(any_store, asked).rows == ()


def test_groups_by_host_and_source_are_compared_with_themselves(any_store: Store) -> None:
    for week in (0, 1):
        ago = -week * 7 * 86_400
        keep(
            any_store,
            [event(source="Google", t=ago), event(hostname="blog.example.com", t=ago + 9, continued=True)],
            segment=week,
        )
    asked = question(
        "visitors",
        dimensions=("hostname", "source"),
        period=days("2026-03-02", "2026-03-09"),
        compare=days("2026-02-23", "2026-03-02"),
    )
    assert ask(any_store, asked).rows == (
        AnswerRow(("blog.example.com", "Google"), (1,), (1,)),
        AnswerRow(("example.com", "Google"), (1,), (1,)),
    )


def test_the_nth_bucket_stands_beside_the_nth_even_when_only_the_other_has_anything(any_store: Store) -> None:
    day = 86_400
    keep(any_store, [event(visitor=1), event(visitor=2, t=-7 * day), event(visitor=3, t=-6 * day)])
    asked = question(
        "visitors",
        "bounce_rate",
        dimensions=("time:day",),
        period=days("2026-03-04", "2026-03-07"),
        compare=days("2026-02-25", "2026-02-28"),
    )
    assert ask(any_store, asked).rows == (
        AnswerRow(("2026-03-04",), (1, 100), (1, 100)),
        AnswerRow(("2026-03-05",), (0, None), (1, 100)),
    )


def test_a_page_filter_asks_bounce_rate_of_visits_that_began_there(any_store: Store) -> None:
    keep(any_store, [event(path="/in"), event(path="/x", t=9)])
    keep(any_store, [event(path="/x", visitor=2)], segment=8)
    asked = question("visitors", "pageviews", "bounce_rate", filters=(only("page", "/x"),))
    assert one(any_store, asked) == (2, 2, 100)
    by_page = question("visitors", "bounce_rate", "visit_duration", dimensions=("page",))
    assert table(any_store, by_page) == [("/x", 2, 100, 0), ("/in", 1, 0, 9)]


def test_a_visit_dimension_under_a_page_filter_is_that_of_the_visit(any_store: Store) -> None:
    keep(any_store, [event(source="Google"), event(path="/x", t=9, continued=True)])
    asked = question("visitors", "pageviews", dimensions=("source",), filters=(only("page", "/x"),))
    assert table(any_store, asked) == [("Google", 1, 1)]


def test_attention_and_scroll_of_a_page_are_those_told_of_it(any_store: Store) -> None:
    keep(
        any_store,
        [
            event(path="/a"),
            engagement("/a", t=10, seconds=4, scroll=40),
            engagement("/a", t=20, seconds=6, scroll=80),
            event(path="/b", t=30),
            engagement("/b", t=50, seconds=20, scroll=255),
            event(path="/a", t=60, visitor=2),
            engagement("/a", t=70, seconds=2, scroll=20, visitor=2),
        ],
    )
    by_page = question("visitors", "engaged_seconds", "scroll_depth", dimensions=("page",))
    assert table(any_store, by_page) == [("/a", 2, 6, 50), ("/b", 1, 20, None)]
    assert one(any_store, question("engaged_seconds", "events")) == (16, 3)


def test_a_property_is_a_dimension_and_a_filter(any_store: Store) -> None:
    told: list[dict[str, str]] = [{"plan": "pro"}, {"plan": "free"}, {}, {"x": "1"}]
    keep(any_store, [event("Signup", visitor=n, props=props) for n, props in enumerate(told, 1)])
    asked = question("events", dimensions=("prop:plan",), filters=(only("feature", "Signup"),))
    assert table(any_store, asked) == [("", 2), ("free", 1), ("pro", 1)]
    assert one(any_store, question("visitors", filters=(only("prop:plan", "pro", "free"),))) == (2,)


def test_one_event_must_fit_all_that_is_said_of_deeds(any_store: Store) -> None:
    keep(any_store, [event("Signup", props={"plan": "free"}), event("Order", t=1, props={"plan": "pro"})])
    both = (only("feature", "Signup"), only("prop:plan", "pro"))
    assert one(any_store, question("visits", filters=both)) == (0,)
    assert one(any_store, question("visit_duration", filters=both)) == (None,)
    either = (Did(only("feature", "Signup")), Did(only("prop:plan", "pro")))
    assert one(any_store, question("visits", filters=either)) == (1,)
    apart = (AnyOf((AllOf(both), only("feature", "Order"))),)
    assert one(any_store, question("events", "visit_duration", filters=apart)) == (1, 1)


def test_revenue_is_summed_by_currency(any_store: Store) -> None:
    sales = [(12_500, "EUR"), (1_250, "EUR"), (-99, "USD")]
    keep(any_store, [event("Order", t=n, revenue=amount, currency=code) for n, (amount, code) in enumerate(sales)])
    assert table(any_store, question("revenue", dimensions=("currency",))) == [("EUR", 13.75), ("USD", -0.1)]


COMPARED = [
    ("is", ("/A",), True, {"/A"}),
    ("is", ("/a",), False, {"/A", "/a"}),
    ("is_not", ("/a",), True, {"/A", "/é", ""}),
    ("is", ("",), True, {""}),
    ("contains", ("a", "é"), True, {"/a", "/é"}),
    ("contains", ("É", "A"), False, {"/A", "/a", "/é"}),
    ("contains_not", ("/",), True, {""}),
    ("matches", ("^/[aé]$",), True, {"/a", "/é"}),
    ("matches", ("^/a$", "^$"), False, {"/A", "/a", ""}),
    ("matches_not", ("^/",), True, {""}),
]


@pytest.mark.parametrize(("operator", "values", "case_sensitive", "expected"), COMPARED)
def test_the_operator_finds(
    any_store: Store, operator: Any, values: tuple[str, ...], case_sensitive: bool, expected: set[str]
) -> None:
    keep(any_store, [event(path=path, visitor=n) for n, path in enumerate(["/A", "/a", "/é", ""], 1)])
    condition = only("page", *values, operator=operator, case_sensitive=case_sensitive)
    asked = question("visitors", dimensions=("page",), filters=(condition,))
    assert {row[0] for row in table(any_store, asked)} == expected


LATER = datetime(2026, 3, 2, tzinfo=UTC)
WRONG: list[tuple[Question, str]] = [
    (question("baa"), "baa"),
    (question("people"), "people"),
    (question("visitors", dimensions=("bad",)), "bad"),
    (question("visitors", dimensions=("prop:",)), "prop:"),
    (question("visitors", filters=(only("visitor_id", "1"),)), "visitor_id"),
    (question("visitors", filters=(only("time:day", "2026-03-04"),)), "time:day"),
    (question("visitors", filters=(only("page"),)), "page"),
    (question("visitors", filters=(AllOf(()),)), ""),
    (question("visitors", order_by=(("pageviews", "desc"),)), "pageviews"),
    (question("bounce_rate", dimensions=("feature",)), "bounce_rate"),
    (question("scroll_depth", dimensions=("prop:x",)), "scroll_depth"),
    (question("visitors", timezone="Mars/Olympus"), "Mars/Olympus"),
    (question("visitors", timezone="../../etc/passwd"), "../../etc/passwd"),
    (question("visitors", period=Period(LATER, LATER)), ""),
    (question(), ""),
    (question("visitors", dimensions=("source", "source")), "source"),
    (question("visitors", limit=0), ""),
    (question("visitors", offset=-1), ""),
]


@pytest.mark.parametrize(("asked", "offender"), WRONG, ids=[f"{n} {offender}" for n, (_, offender) in enumerate(WRONG)])
def test_what_cannot_be_asked_is_named(store: Store, asked: Question, offender: str) -> None:
    with pytest.raises(QuestionError) as refusal:
        ask(store, asked)
    assert refusal.value.offender == offender
    assert offender in str(refusal.value)


def test_a_period_may_be_all_of_time(any_store: Store) -> None:
    keep(any_store, [event(), event(visitor=0)])
    for since, until in (("0002-01-01", "9998-01-01"), ("0002-01-01", "9998-01-01 10:00:00")):
        assert one(any_store, question("visitors", "pageviews", period=days(since, until))) == (1, 2)


def test_a_pattern_that_is_none_is_the_askers_fault(any_store: Store) -> None:
    keep(any_store, [event()])
    with pytest.raises(QuestionError, match="regular expression"):
        ask(any_store, question("visitors", filters=(only("page", "(", operator="matches"),)))


def test_many_questions_are_answered_in_the_order_asked(any_store: Store) -> None:
    keep(any_store, [event(visitor=n, path=f"/{n}") for n in range(1, 8)])
    asked = [question("pageviews", filters=(only("page", *(f"/{n}" for n in range(1, k + 1))),)) for k in range(1, 8)]
    assert [answer.rows[0].metrics for answer in ask_many(any_store, asked)] == [(k,) for k in range(1, 8)]
    assert ask_many(any_store, []) == []
