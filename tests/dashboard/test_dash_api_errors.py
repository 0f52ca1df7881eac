"""Errors of the Stats API: what cannot be asked is told in Plausible's words, to the letter."""

from __future__ import annotations

import pytest
from dash_world import World

from dashboard.api.shape import faults_of

# --- errors of shape -----------------------------------------------------------------------------------------------

PLAIN = {"site_id": "example.com", "metrics": ["visitors"], "date_range": "all"}
VALID = ["is", "event:props:plan", ["gold"]]

SHAPE = [
    ({"metrics": []}, "#/metrics: Expected a minimum of 1 items but got 0."),
    ({"metrics": "visitors"}, "#/metrics: Type mismatch. Expected Array but got String."),
    ({"metrics": ["visitors", "event:name"]}, '#/metrics/1: Invalid metric "event:name"'),
    ({"metrics": [1]}, "#/metrics/0: Invalid metric 1"),
    ({"metrics": [None]}, "#/metrics/0: Invalid metric nil"),
    (
        {"metrics": ["gross_revenue", "net_revenue"]},
        '#/metrics/0: Invalid metric "gross_revenue"\n#/metrics/1: Invalid metric "net_revenue"',
    ),
    ({"dimensions": ["badproperty"]}, '#/dimensions/0: Invalid dimension "badproperty"'),
    ({"dimensions": ["visitors"]}, '#/dimensions/0: Invalid dimension "visitors"'),
    ({"dimensions": ["time:minute"]}, '#/dimensions/0: Invalid dimension "time:minute"'),
    ({"dimensions": ["event:props:"]}, '#/dimensions/0: Invalid dimension "event:props:"'),
    ({"dimensions": "foobar"}, "#/dimensions: Type mismatch. Expected Array but got String."),
    ({"dimensions": ["event:name"] * 2}, "#/dimensions: Expected items to be unique but they were not."),
    ({"filters": "foobar"}, "#/filters: Type mismatch. Expected Array but got String."),
    ({"filters": ["foobar"]}, '#/filters/0: Invalid filter "foobar"'),
    ({"include": "foobar"}, "#/include: Type mismatch. Expected Object but got String."),
    ({"include": {"imports": 1}}, "#/include/imports: Type mismatch. Expected Boolean but got Integer."),
    (
        {"include": {"comparisons": {"mode": "previous_period"}}},
        "#/include/comparisons: Schema does not allow additional properties.",
    ),
    ({"pagination": {"limit": 100_000}}, "#/pagination/limit: Expected the value to be <= 10000"),
    ({"pagination": {"offset": -5}}, "#/pagination/offset: Expected the value to be >= 0"),
    ({"pagination": {"limit": "x"}}, "#/pagination/limit: Type mismatch. Expected Integer but got String."),
    ({"pagination": {"page": 1}}, "#/pagination/page: Schema does not allow additional properties."),
    ({"order_by": [["visssss", "desc"]]}, '#/order_by/0/0: Invalid value in order_by "visssss"'),
    ({"order_by": "visitors"}, "#/order_by: Type mismatch. Expected Array but got String."),
    ({"date": "2021-01-01"}, "#/date: Schema does not allow additional properties."),
    ({"date_range": None}, "#/date_range: Invalid date range nil"),
    ({"date_range": 7}, "#/date_range: Invalid date range 7"),
    ({"date_range": {"a": 1}}, '#/date_range: Invalid date range %{"a" => 1}'),
    ({"date_range": "-1d"}, '#/date_range: Invalid date range "-1d"'),
    ({"date_range": "realtime"}, '#/date_range: Invalid date range "realtime"'),
    ({"date_range": ["21415-00", "eee"]}, '#/date_range: Invalid date range ["21415-00", "eee"]'),
    ({"date_range": ["2021-02-30", "2021-03-01"]}, '#/date_range: Invalid date range ["2021-02-30", "2021-03-01"]'),
    ({"date_range": ["2021-02-03"]}, '#/date_range: Invalid date range ["2021-02-03"]'),
    (
        {"date_range": ["2021-02-03T00:00:00Z", "2021-02-04"]},
        '#/date_range: Invalid date range ["2021-02-03T00:00:00Z", "2021-02-04"]',
    ),
    (
        {"date_range": ["2021-02-03T00:00:00-25:00", "2021-02-03T23:59:59-25:00"]},
        '#/date_range: Invalid date range ["2021-02-03T00:00:00-25:00", "2021-02-03T23:59:59-25:00"]',
    ),
    *(
        ({"filters": [bad]}, f"#/filters/0: Invalid filter {text}")
        for bad, text in [
            (["is", "event:name", "foo"], '["is", "event:name", "foo"]'),
            (["matches_wildcard", "event:name", ["foo"]], '["matches_wildcard", "event:name", ["foo"]]'),
            (["exists?", "event:name", ["foo"]], '["exists?", "event:name", ["foo"]]'),
            (["is", "event:device", ["foo"]], '["is", "event:device", ["foo"]]'),
            (["is", "visit:name", ["foo"]], '["is", "visit:name", ["foo"]]'),
            (["is_not", "segment", [1]], '["is_not", "segment", [1]]'),
            (["is_not", "event:goal", ["Signup"]], '["is_not", "event:goal", ["Signup"]]'),
            (["is", "time:day", ["x"]], '["is", "time:day", ["x"]]'),
            ([], "[]"), (["and"], '["and"]'), (["or", []], '["or", []]'),
            (["not"], '["not"]'), (["not", []], '["not", []]'),
            (["is_not", "event:name"], '["is_not", "event:name"]'), (["has_done"], '["has_done"]'),
            (["and", [VALID], "extra"], '["and", [["is", "event:props:plan", ["gold"]]], "extra"]'),
            (["not", VALID, 1], '["not", ["is", "event:props:plan", ["gold"]], 1]'),
            ([*VALID, True], '["is", "event:props:plan", ["gold"], true]'),
            (
                ["matches", "event:hostname", ["a"], {"case_sensitive": False}],
                '["matches", "event:hostname", ["a"], %{"case_sensitive" => false}]',
            ),
            (["is", "event:page", ['a"b\\c']  , 5], '["is", "event:page", ["a\\"b\\\\c"], 5]'),
        ]
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "error"), SHAPE, ids=lambda value: str(value)[:60])
def test_errors_of_shape(change: dict, error: str):
    assert "\n".join(faults_of({**PLAIN, **change})) == error


def test_what_is_missing_is_named():
    assert faults_of({}) == ["#: Required properties site_id, metrics, date_range were not present."]
    assert faults_of({"site_id": "a", "metrics": ["visitors"]}) == ["#: Required property date_range was not present."]


def test_an_error_does_not_grow_with_what_was_sent(world: World):
    answer = world.ask({"metrics": ["x" * 900] * 50, "date_range": "all"})
    assert answer.status_code == 400
    assert len(answer.content) < 6000


# --- errors of meaning ---------------------------------------------------------------------------------------------

MEANING = [
    ({"metrics": ["views_per_visit"], "dimensions": ["event:name"]},
     "Metric `views_per_visit` cannot be queried with `dimensions`"),
    ({"filters": [["is", "visit:country", ["USA"]]]},
     "Invalid visit:country filter, visit:country needs to be a valid 2-letter country code"),
    ({"metrics": ["bounce_rate"], "dimensions": ["event:props:foo"]},
     "Session metric(s) `bounce_rate` cannot be queried along with event dimensions"),
    ({"metrics": ["scroll_depth"]}, "Metric `scroll_depth` can only be queried with event:page filters or dimensions"),
    ({"metrics": ["scroll_depth"], "filters": [["not", ["is", "event:page", ["/"]]]]},
     "Metric `scroll_depth` can only be queried with event:page filters or dimensions"),
    ({"metrics": ["time_on_page"]}, "Metric `time_on_page` can only be queried with event:page filters or dimensions"),
    ({"metrics": ["group_conversion_rate"]},
     "Metric `group_conversion_rate` can only be queried with event:goal filters or dimensions"),
    ({"include": {"time_labels": True}}, "Invalid include.time_labels: requires a time dimension."),
    ({"order_by": [["events", "desc"]]},
     "Invalid order_by entry '{:events, :desc}'. Entry is not a queried metric or dimension."),
    ({"order_by": [["event:name", "desc"]]},
     "Invalid order_by entry '{\"event:name\", :desc}'. Entry is not a queried metric or dimension."),
    ({"filters": [["is", "visit:os_version", [123]]]}, 'Invalid filter \'["is", "visit:os_version", [123]]\'.'),
    ({"filters": [["has_done", ["is", "visit:browser", ["Chrome"]]]]},
     "Invalid filters. Behavioral filters (has_done, has_not_done) can only be used with event dimension filters."),
    ({"filters": [["has_done", ["has_not_done", ["is", "event:page", ["/"]]]]]},
     "Invalid filters. Behavioral filters (has_done, has_not_done) cannot be nested."),
    ({"filters": [["or", [["is", "event:goal", ["Signup"]], ["is", "event:name", ["pageview"]]]]]},
     "Invalid filters. Dimension `event:goal` can only be filtered at the top level."),
    ({"filters": [["is", "event:goal", ["Signup"]]]},
     "Invalid filters. The goal `Signup` is not configured for this site. Find out how to configure goals here: "
     "https://plausible.io/docs/stats-api#filtering-by-goals"),
    ({"date_range": "999999999mo"}, 'Invalid date_range "999999999mo"'),
    ({"date_range": ["2021-02-03T00:00:00", "2021-02-03T23:59:59"]},
     'Invalid date_range \'["2021-02-03T00:00:00", "2021-02-03T23:59:59"]\'.'),
    ({"date_range": ["2021-02-04", "2021-02-03"]}, 'Invalid date_range \'["2021-02-04", "2021-02-03"]\'.'),
    ({"date_range": ["9999-12-31", "9999-12-31"]}, 'Invalid date_range \'["9999-12-31", "9999-12-31"]\'.'),
    ({"metrics": ["conversion_rate"], "dimensions": ["event:goal"],
      "filters": [["not", ["is", "event:props:foo", ["bar"]]]]},
     "Invalid filters. When `conversion_rate` or `group_conversion_rate` metrics are used, custom property filters "
     "can only be used on top level."),
]  # fmt: skip


@pytest.mark.parametrize(("change", "error"), MEANING, ids=lambda value: str(value)[:70])
def test_errors_of_meaning(world: World, change: dict, error: str):
    answer = world.ask({**PLAIN, **change})
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize("pattern", ["(", "(?=a)", "a{9999}", "[z-a]"])
def test_an_expression_that_does_not_compile_is_the_askers_fault(world: World, pattern: str):
    world.views(1)
    answer = world.ask({**PLAIN, "filters": [["matches", "event:page", [pattern]]]})
    assert answer.status_code == 400
    assert "error" in answer.json()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 5000, b'{"a":' * 3000, b"{}" + b" " * 70_000]
)
def test_a_body_that_is_no_query_is_told_so(world: World, body: bytes):
    answer = world.browser().post("/api/v2/query", content=body, headers=world.key())
    assert answer.status_code in (400, 413)
    assert answer.json()["error"]
