"""Answers of the Stats API: results, their words and numbers, and the echo of the question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from dash_world import NOW, Hand, World

PLAIN = {"site_id": "example.com", "metrics": ["visitors"], "date_range": "all"}


def test_the_echo_says_what_was_understood(world: World):
    world.views(2)
    query = {"metrics": ["visitors", "pageviews"], "date_range": "7d", "dimensions": ["time"]}
    answer = world.ask(query).json()
    assert answer["query"] == {
        "site_id": "example.com",
        "metrics": ["visitors", "pageviews"],
        "date_range": ["2026-11-15T00:00:00+00:00", "2026-11-21T23:59:59+00:00"],
        "filters": [],
        "dimensions": ["time:day"],
        "order_by": [["time:day", "asc"], ["visitors", "desc"]],
        "include": {},
        "pagination": {"limit": 10000, "offset": 0},
    }
    assert answer["meta"] == {}


RANGES = [
    ("day", "2026-11-22T00:00:00+00:00", "2026-11-22T23:59:59+00:00"),
    ("24h", "2026-11-21T13:00:00+00:00", "2026-11-22T12:59:59+00:00"),
    ("7d", "2026-11-15T00:00:00+00:00", "2026-11-21T23:59:59+00:00"),
    ("10d", "2026-11-12T00:00:00+00:00", "2026-11-21T23:59:59+00:00"),
    ("month", "2026-11-01T00:00:00+00:00", "2026-11-30T23:59:59+00:00"),
    ("6mo", "2026-05-01T00:00:00+00:00", "2026-10-31T23:59:59+00:00"),
    ("12mo", "2025-11-01T00:00:00+00:00", "2026-10-31T23:59:59+00:00"),
    ("year", "2026-01-01T00:00:00+00:00", "2026-12-31T23:59:59+00:00"),
    ("all", "2026-11-20T00:00:00+00:00", "2026-11-22T23:59:59+00:00"),
    (["2026-01-02", "2026-01-03"], "2026-01-02T00:00:00+00:00", "2026-01-03T23:59:59+00:00"),
    (
        ["2026-08-29T07:12:34-07:00", "2026-08-29T10:12:34-07:00"],
        "2026-08-29T14:12:34+00:00",
        "2026-08-29T17:12:34+00:00",
    ),
]


@pytest.mark.parametrize(("value", "first", "last"), RANGES, ids=lambda value: str(value)[:30])
def test_date_ranges(world: World, value: object, first: str, last: str):
    world.views(1, NOW - timedelta(days=2))
    assert world.ask({"metrics": ["visitors"], "date_range": value}).json()["query"]["date_range"] == [first, last]


def test_a_site_without_events_begins_today(world: World):
    answer = world.ask(PLAIN).json()
    assert answer["query"]["date_range"][0] == "2026-11-22T00:00:00+00:00"
    assert answer["results"] == [{"metrics": [0], "dimensions": []}]


def test_hours_are_those_of_the_sites_zone(world: World):
    world.registry.sites.set("example.com", {"timezone": "Asia/Kathmandu"})
    begin = datetime(2026, 1, 2, 5, 0, tzinfo=UTC)
    world.count(*(Hand(50 + n, begin + timedelta(minutes=15 * n)) for n in range(7)))
    query = {"metrics": ["visits"], "date_range": ["2026-01-02", "2026-01-02"], "dimensions": ["time:hour"]}
    assert world.results(query) == [["2026-01-02 10:00:00", 1], ["2026-01-02 11:00:00", 4], ["2026-01-02 12:00:00", 2]]


def test_time_labels_name_empty_buckets_too(world: World):
    world.views(1, datetime(2026, 1, 3, 9, tzinfo=UTC))
    query = {"metrics": ["visitors"], "date_range": ["2026-01-01", "2026-01-04"], "dimensions": ["time:day"]}
    answer = world.ask({**query, "include": {"time_labels": True}}).json()
    assert answer["results"] == [{"metrics": [1], "dimensions": ["2026-01-03"]}]
    assert answer["meta"]["time_labels"] == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]


def test_weeks_cut_by_the_range_are_named_by_its_first_day(world: World):
    world.views(1, datetime(2020, 12, 20, 9, tzinfo=UTC))
    world.views(2, datetime(2021, 1, 1, 9, tzinfo=UTC))
    query = {"metrics": ["visitors"], "date_range": ["2020-12-20", "2021-01-07"], "dimensions": ["time:week"]}
    assert world.results(query) == [["2020-12-20", 1], ["2020-12-28", 2]]


def test_percentages_are_of_all_visitors(world: World):
    for count, browser in ((3, "Chrome"), (2, "Safari"), (1, "")):
        world.views(count, browser=browser)
    query = {**PLAIN, "metrics": ["visitors", "percentage"], "dimensions": ["visit:browser"]}
    assert world.results(query) == [["Chrome", 3, 50.0], ["Safari", 2, 33.3], ["(not set)", 1, 16.7]]


EMPTY = [
    ("visit:source", "source", "Direct / None"),
    ("visit:referrer", "referrer", "Direct / None"),
    ("visit:utm_medium", "utm_medium", "(not set)"),
    ("visit:os", "os", "(not set)"),
    ("visit:country_name", "country", "(not set)"),
]


@pytest.mark.parametrize(("dimension", "field", "word"), EMPTY)
def test_what_is_empty_has_a_word_that_filters_too(world: World, dimension: str, field: str, word: str):
    world.views(2, **{field: "DE"})
    world.views(1)
    name = "Germany" if dimension == "visit:country_name" else "DE"
    assert world.results({**PLAIN, "dimensions": [dimension]}) == [[name, 2], [word, 1]]
    assert world.results({**PLAIN, "filters": [["is", dimension, [word]]]}) == [[1]]
    assert world.results({**PLAIN, "filters": [["is_not", dimension, [word]]]}) == [[2]]
    assert world.results({**PLAIN, "filters": [["is", dimension, [name]]]}) == [[2]]


def test_a_property_that_was_not_sent_is_none(world: World):
    world.views(2, name="Buy", props={"plan": "gold"})
    world.views(1, name="Buy")
    query = {**PLAIN, "dimensions": ["event:props:plan"]}
    assert world.results(query) == [["gold", 2], ["(none)", 1]]


def test_devices_have_the_words_of_the_api(world: World):
    world.views(2, device="desktop")
    assert world.results({**PLAIN, "dimensions": ["visit:device"]}) == [["Desktop", 2]]
    assert world.results({**PLAIN, "filters": [["is", "visit:device", ["Desktop"]]]}) == [[2]]


def test_all_metrics_together(world: World):
    day = NOW - timedelta(days=1)
    world.count(Hand(1, day), Hand(1, day + timedelta(minutes=25)), Hand(2, day))
    metrics = ["pageviews", "visits", "views_per_visit", "visitors", "bounce_rate", "visit_duration", "events"]
    assert world.results({**PLAIN, "metrics": metrics}) == [[3, 2, 1.5, 2, 50, 750, 3]]


def test_trees_of_filters(world: World):
    for path, browser in (("/a", "Chrome"), ("/b", "Chrome"), ("/b", "Safari")):
        world.views(1, path=path, browser=browser)
    page, chrome = ["is", "event:page", ["/a"]], ["is", "visit:browser", ["Chrome"]]
    for tree, count in (
        (["or", [page, ["not", chrome]]], 2),
        (["and", [["not", page], chrome]], 1),
        (["has_done", page], 1),
        (["has_not_done", page], 2),
    ):
        assert world.results({**PLAIN, "filters": [tree]}) == [[count]], tree


def test_order_paging_and_the_number_of_rows(world: World):
    for number, path in enumerate(("/a", "/b", "/c", "/d"), 1):
        world.views(number, path=path)
    query = {**PLAIN, "dimensions": ["event:page"], "order_by": [["visitors", "asc"]]}
    paged = {**query, "pagination": {"limit": 2, "offset": 1}, "include": {"total_rows": True}}
    answer = world.ask(paged).json()
    assert [row["dimensions"][0] for row in answer["results"]] == ["/b", "/c"]
    assert answer["meta"] == {"total_rows": 4}


def test_several_orders_count_in_turn(world: World):
    for os, browser in (("Windows", "Chrome"), ("Windows", "Firefox"), ("Linux", "Firefox"), ("Mac", "Chrome")):
        world.views(2 if os == "Linux" else 1, os=os, browser=browser)
    order = [["visitors", "asc"], ["visit:browser", "desc"], ["visit:os", "asc"]]
    query = {**PLAIN, "dimensions": ["visit:os", "visit:browser"], "order_by": order}
    assert world.results(query) == [
        ["Windows", "Firefox", 1], ["Mac", "Chrome", 1], ["Windows", "Chrome", 1], ["Linux", "Firefox", 2],
    ]  # fmt: skip


# --- goals ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_goals(world: World) -> World:
    world.registry.goals.add("example.com", feature="Signup")
    world.registry.goals.add("example.com", page="/blog/**")
    world.registry.goals.add("example.com", page="/never")
    day = NOW - timedelta(days=1)
    world.count(
        Hand(1, day, {"browser": "Chrome"}),
        Hand(1, day, {"name": "Signup", "browser": "Chrome"}),
        Hand(2, day, {"path": "/blog/a/b", "browser": "Chrome"}),
        Hand(3, day, {"path": "/blog", "browser": "Safari"}),
        Hand(4, day, {"path": "/blog/c", "name": "Other", "browser": "Safari"}),
    )
    return world


def test_conversions_by_goal(with_goals: World):
    query = {**PLAIN, "metrics": ["visitors", "events", "conversion_rate"], "dimensions": ["event:goal"]}
    assert with_goals.results(query) == [["Signup", 1, 1, 25.0], ["Visit /blog/**", 1, 1, 25.0]]


def test_filters_by_goal(with_goals: World):
    assert with_goals.results({**PLAIN, "filters": [["is", "event:goal", ["Signup", "Visit /blog/**"]]]}) == [[2]]
    assert with_goals.results({**PLAIN, "filters": [["contains", "event:goal", ["Sign"]]]}) == [[1]]
    assert with_goals.results({**PLAIN, "filters": [["contains", "event:goal", ["nothing"]]]}) == [[0]]
    caseless = ["is", "event:goal", ["SIGNUP"], {"case_sensitive": False}]
    assert with_goals.results({**PLAIN, "filters": [caseless]}) == [[1]]
    assert with_goals.results({**PLAIN, "filters": [["has_not_done", ["is", "event:goal", ["Signup"]]]]}) == [[3]]


def test_conversions_within_a_group(with_goals: World):
    query = {
        **PLAIN,
        "metrics": ["visitors", "conversion_rate", "group_conversion_rate"],
        "dimensions": ["visit:browser"],
        "filters": [["is", "event:goal", ["Signup"]]],
    }
    assert with_goals.results(query) == [["Chrome", 1, 25.0, 50.0]]


def test_goals_are_ordered_and_paged(with_goals: World):
    query = {**PLAIN, "dimensions": ["event:goal"], "order_by": [["visitors", "asc"]], "include": {"total_rows": True}}
    answer = with_goals.ask({**query, "pagination": {"limit": 1, "offset": 1}}).json()
    assert answer["results"] == [{"metrics": [1], "dimensions": ["Visit /blog/**"]}]
    assert answer["meta"] == {"total_rows": 2}


def test_without_goals_a_breakdown_by_goal_is_empty(world: World):
    world.views(1)
    assert world.results({**PLAIN, "dimensions": ["event:goal"]}) == []
