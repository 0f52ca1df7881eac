"""Asking: order and pages, comparison, clocks of zones, what cannot be asked; and the cases of a peer's API."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from store_world import NOON, at, days, engagement, event, keep, question

from clickhouse.ask import (
    AllOf,
    AnswerRow,
    AnyOf,
    Condition,
    Did,
    Period,
    Question,
    QuestionError,
    ask,
    ask_many,
    buckets,
    people_now,
)
from clickhouse.client import Store

CASES = Path(__file__).parents[3] / "shared" / "cases" / "stats_queries.jsonl"


def table(store: Store, asked: Question) -> list[tuple[Any, ...]]:
    return [(*row.dimensions, *row.metrics) for row in ask(store, asked).rows]


def one(store: Store, asked: Question) -> tuple[Any, ...]:
    (row,) = ask(store, asked).rows
    return row.metrics


def only(name: str, *values: str, operator: Any = "is", **more: Any) -> Condition:
    return Condition(operator, name, values, **more)


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


SUMMER = [
    ("2026-03-29 00:30:00", "2026-03-29 01:00:00"),
    ("2026-03-29 01:30:00", "2026-03-29 03:00:00"),
    ("2026-03-29 21:59:59", "2026-03-29 23:00:00"),
    ("2026-10-25 00:30:00", "2026-10-25 02:00:00"),
    ("2026-10-25 01:30:00", "2026-10-25 02:00:00"),
    ("2026-10-25 02:30:00", "2026-10-25 03:00:00"),
]


def test_hours_are_those_of_the_wall_clock_when_it_is_put_forward_and_back(any_store: Store) -> None:
    keep(any_store, [event(visitor=n, ts=at(utc)) for n, (utc, _) in enumerate(SUMMER, 1)], timezone="Europe/Berlin")
    for since, until, hours in (("2026-03-29", "2026-03-30", 23), ("2026-10-25", "2026-10-26", 24)):
        period = days(since, until, "Europe/Berlin")
        asked = question("visitors", dimensions=("time:hour",), period=period, timezone="Europe/Berlin")
        expected: dict[str, int] = {}
        for _, wall in SUMMER:
            if wall.startswith(since):
                expected[wall] = expected.get(wall, 0) + 1
        assert table(any_store, asked) == sorted(expected.items())
        assert one(any_store, question("visitors", "visits", period=period, timezone="Europe/Berlin")) == (3, 3)
        labels = buckets(period, "Europe/Berlin", "time:hour")
        assert len(labels) == hours
        assert set(expected) <= set(labels)


def test_a_zone_off_by_a_quarter_of_an_hour_cuts_its_own_hours(any_store: Store) -> None:
    keep(any_store, [event(visitor=1, ts=at("2026-03-04 18:14:59")), event(visitor=2, ts=at("2026-03-04 18:15:00"))])
    asked = question("visitors", timezone="Asia/Kathmandu", period=days("2026-03-04", "2026-03-06", "Asia/Kathmandu"))
    rows = {}
    for name in ("time:hour", "time:day"):
        rows[name] = table(any_store, Question(**{**as_dict(asked), "dimensions": (name,)}))
    assert rows["time:hour"] == [("2026-03-04 23:00:00", 1), ("2026-03-05 00:00:00", 1)]
    assert rows["time:day"] == [("2026-03-04", 1), ("2026-03-05", 1)]


def as_dict(asked: Question) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in asked.__struct_fields__}


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("time:minute", ["2026-03-02 00:00:00", "2026-03-04 12:00:00"]),
        ("time:hour", ["2026-03-02 00:00:00", "2026-03-04 12:00:00"]),
        ("time:day", ["2026-03-02", "2026-03-04"]),
        ("time:week", ["2026-03-02"]),
        ("time:month", ["2026-03-01"]),
    ],
)
def test_buckets_are_labelled_as_charts_expect_them(any_store: Store, name: str, labels: list[str]) -> None:
    keep(any_store, [event(visitor=1, ts=at("2026-03-02 00:00:00")), event(visitor=2, ts=NOON)])
    asked = question("visitors", dimensions=(name,))
    assert [row[0] for row in table(any_store, asked)] == labels
    assert set(labels) <= set(buckets(asked.period, "UTC", name))


def test_a_visit_across_the_edge_of_an_hour_is_there_in_both_hours(any_store: Store) -> None:
    keep(any_store, [event(t=-60), event(t=60)])
    asked = question("visitors", "visits", "pageviews", "bounce_rate", dimensions=("time:hour",))
    assert table(any_store, asked) == [("2026-03-04 11:00:00", 1, 1, 1, 0), ("2026-03-04 12:00:00", 1, 1, 1, None)]


def test_a_period_of_hours_counts_the_events_in_it_and_not_the_visits_that_began_in_it(any_store: Store) -> None:
    keep(any_store, [event(t=-600, source="Google"), event(t=60, path="/x")])
    period = days("2026-03-04 12:00:00", "2026-03-04 13:00:00")
    assert one(any_store, question("visitors", "pageviews", period=period)) == (1, 1)
    assert table(any_store, question("visitors", dimensions=("source",), period=period)) == [("Google", 1)]
    google = question("visitors", filters=(only("source", "Google"),), period=period)
    assert one(any_store, google) == (1,)


def test_people_now_are_those_of_the_last_five_minutes(any_store: Store) -> None:
    keep(any_store, [event(visitor=n, t=-60 * n) for n in (0, 1, 2, 4, 6)] + [event(visitor=9, t=-10, site_id=2)])
    assert one(any_store, people_now(1, "Europe/Berlin", datetime.fromtimestamp(NOON / 1000, UTC))) == (3,)


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
]


@pytest.mark.parametrize(("asked", "offender"), WRONG, ids=[f"{n} {offender}" for n, (_, offender) in enumerate(WRONG)])
def test_what_cannot_be_asked_is_named(store: Store, asked: Question, offender: str) -> None:
    with pytest.raises(QuestionError) as refusal:
        ask(store, asked)
    assert refusal.value.offender == offender
    assert offender in str(refusal.value)


def test_a_pattern_that_is_none_is_the_askers_fault(any_store: Store) -> None:
    keep(any_store, [event()])
    with pytest.raises(QuestionError, match="regular expression"):
        ask(any_store, question("visitors", filters=(only("page", "(", operator="matches"),)))


def test_many_questions_are_answered_in_the_order_asked(any_store: Store) -> None:
    keep(any_store, [event(visitor=n, path=f"/{n}") for n in range(1, 8)])
    asked = [question("pageviews", filters=(only("page", *(f"/{n}" for n in range(1, k + 1))),)) for k in range(1, 8)]
    assert [answer.rows[0].metrics for answer in ask_many(any_store, asked)] == [(k,) for k in range(1, 8)]
    assert ask_many(any_store, []) == []


PEERS_NAMES = {"visit:source": "source", "visit:channel": "channel", "visit:utm_medium": "utm_medium"} | {
    "event:name": "feature", "event:page": "page", "time:month": "time:month"
}  # fmt: skip
PEERS_LABELS = {"Direct / None": "", "Direct": "Direct", "(not set)": ""}


def peers_cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        return []
    rows = [json.loads(line) for line in CASES.read_text().splitlines()]
    return [row for row in rows if row["events"] and "results" in row["expected"] and "goals" not in row]


def from_peer(row: dict[str, Any]) -> Any:
    came = "google" in row.get("referrer", "")
    ts = int(datetime.fromisoformat(row["at"]).timestamp() * 1000) if "at" in row else NOON + row["t"] * 1000
    path, _, medium = row["url"].removeprefix("http://example.com").partition("?utm_medium=")
    return event(
        row["name"],
        path,
        ts=ts,
        visitor=ord(row["visitor"]),
        source="Google" if came else "",
        channel="Organic Search" if came else "Direct",
        utm_medium=medium,
        engaged_ms=row.get("e", 0),
    )


@pytest.mark.skipif(not CASES.exists(), reason="the case tables are not beside this checkout")
@pytest.mark.parametrize("case", peers_cases(), ids=lambda case: f"{case['id']} {case['name']}")
def test_the_answer_is_the_one_of_plausibles_api(store: Store, case: dict[str, Any]) -> None:
    keep(store, [from_peer(row) for row in case["events"]])
    asked = case["query"]
    filters = [
        Condition(
            operator,
            PEERS_NAMES[name],
            tuple(PEERS_LABELS.get(value, value) for value in values),
            case_sensitive=not more or more[0]["case_sensitive"],
        )
        for operator, name, values, *more in asked.get("filters", [])
    ]
    answer = ask(
        store,
        question(
            *asked["metrics"],
            dimensions=tuple(PEERS_NAMES[name] for name in asked.get("dimensions", [])),
            filters=tuple(filters),
            period=Period(datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=365)),
        ),
    )
    got = [(tuple(row.dimensions), row.metrics) for row in answer.rows]
    expected = [
        (tuple(PEERS_LABELS.get(label, label) for label in row["dimensions"]), tuple(row["metrics"]))
        for row in case["expected"]["results"]
    ]
    assert got == expected


def test_a_campaign_is_not_credited_to_a_host_visited_later(any_store: Store) -> None:
    keep(
        any_store,
        [
            event(hostname="two.example.com", utm_campaign="ad"),
            event(hostname="one.example.com", t=900, continued=True),
        ],
    )
    host = (only("hostname", "one.example.com"),)
    assert one(any_store, question("visitors", filters=host)) == (1,)
    assert table(any_store, question("visitors", dimensions=("utm_campaign",), filters=host)) == []
