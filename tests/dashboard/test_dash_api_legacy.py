"""The Stats API's first version: old words, the same numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from dash_world import Hand, World

from dashboard.api.legacy import filters_in

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def filled(world: World) -> World:
    """Two visitors on the 21st, one on the 14th; one of them signs up."""
    world.count(
        Hand(1, AT, {"path": "/blog/a", "source": "Google", "country": "DE"}),
        Hand(1, AT + timedelta(seconds=60), {"name": "Signup", "path": "/blog/a", "country": "DE"}),
        Hand(2, AT, {"path": "/", "country": "FR"}),
        Hand(3, AT - 7 * DAY, {"path": "/blog/b"}),
    )
    return world


def old(world: World, path: str, **params: str):
    answer = world.browser().get(
        f"/api/v1/stats/{path}", params={"site_id": "example.com", **params}, headers=world.key()
    )
    return answer.status_code, answer.json()


def test_realtime_is_a_bare_number(world: World) -> None:
    world.views(3, world.now - timedelta(minutes=2))
    assert old(world, "realtime/visitors") == (200, 3)


def test_totals_and_how_they_changed(filled: World) -> None:
    told = old(filled, "aggregate", period="7d", metrics="visitors,pageviews,bounce_rate", compare="previous_period")
    assert told == (200, {"results": {
        "visitors": {"value": 2, "change": 100},
        "pageviews": {"value": 2, "change": 100},
        "bounce_rate": {"value": 50, "change": -50},
    }})  # fmt: skip


def test_a_series_has_no_gaps(filled: World) -> None:
    status, told = old(
        filled, "timeseries", period="custom", date="2026-11-20,2026-11-22", metrics="visitors,bounce_rate"
    )
    assert (status, told["results"]) == (200, [
        {"date": "2026-11-20", "visitors": 0, "bounce_rate": None},
        {"date": "2026-11-21", "visitors": 2, "bounce_rate": 50},
        {"date": "2026-11-22", "visitors": 0, "bounce_rate": None},
    ])  # fmt: skip


def test_a_breakdown_names_its_rows_shortly(filled: World) -> None:
    told = old(filled, "breakdown", property="visit:source", period="7d", metrics="visitors,visits")
    assert told == (200, {"results": [
        {"source": "Direct / None", "visitors": 1, "visits": 1},
        {"source": "Google", "visitors": 1, "visits": 1},
    ]})  # fmt: skip
    assert old(filled, "breakdown", property="event:page", limit="1", page="2", period="7d")[1]["results"] == [
        {"page": "/blog/a", "visitors": 1}
    ]


@pytest.mark.parametrize(
    ("filters", "visitors"),
    [
        ("event:page==/blog/*", 1),
        ("event:page==/|/blog/a", 2),
        ("visit:country!=FR", 1),
        ("event:page==/blog/**;visit:country==DE", 1),
        ("visit:source~oog", 1),
        ("event:name==Signup", 1),
        ("visit:source==Direct / None", 1),
    ],
)
def test_filters_of_the_first_version(filled: World, filters: str, visitors: int) -> None:
    assert old(filled, "aggregate", period="7d", filters=filters)[1] == {"results": {"visitors": {"value": visitors}}}


def test_a_bar_in_a_value_is_escaped() -> None:
    assert filters_in({"filters": r"event:page==/a\|b|/c"}) == [["is", "event:page", ["/a|b", "/c"]]]


@pytest.mark.parametrize(
    ("path", "params", "words"),
    [
        ("aggregate", {"metrics": "vists"}, "The metric `vists` is not recognized."),
        ("aggregate", {"period": "9d"}, "invalid period `9d`"),
        ("aggregate", {"period": "custom", "date": "2026-11-22"}, "invalid date"),
        ("aggregate", {"period": "custom", "date": "2026-11-22,2026-11-01"}, "`first,last`"),
        ("aggregate", {"filters": "page==/"}, "Invalid filter"),
        ("aggregate", {"compare": "year"}, "Invalid `compare` parameter"),
        ("timeseries", {"interval": "century"}, "`interval`"),
        ("breakdown", {}, "The `property` parameter is required."),
        ("breakdown", {"property": "time:day"}, "Invalid property"),
        ("breakdown", {"property": "visit:source", "limit": "1001"}, "`limit`"),
        ("breakdown", {"property": "event:name", "metrics": "bounce_rate"}, "Session metric(s)"),
    ],
)
def test_what_cannot_be_asked_is_told(world: World, path: str, params: dict[str, str], words: str) -> None:
    status, told = old(world, path, **params)
    assert status == 400
    assert words in told["error"]


def test_old_routes_need_a_key_of_the_site(world: World) -> None:
    assert world.browser().get("/api/v1/stats/aggregate?site_id=example.com").status_code == 401
    foreign = world.key("other.example")
    assert world.browser().get("/api/v1/stats/aggregate?site_id=example.com", headers=foreign).status_code == 401


def test_both_versions_share_one_allowance(world: World) -> None:
    browser, headers = world.browser(), world.key()
    for _ in range(300):
        assert browser.get("/api/v1/stats/aggregate?site_id=none.example", headers=headers).status_code == 401
    for _ in range(300):
        assert browser.post("/api/v2/query", json={"site_id": "none.example"}, headers=headers).status_code == 401
    refused = browser.get("/api/v1/stats/realtime/visitors?site_id=example.com", headers=headers)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600


def test_a_saved_segment_is_a_filter_of_the_second_version(filled: World) -> None:
    made = filled.registry.segments.add(
        "example.com", "Germans on the blog", ["is:country:DE", "contains:page:/blog"], by="x"
    )
    query = {"metrics": ["visitors"], "date_range": "all", "filters": [["is", "segment", [made.id]]]}
    assert filled.results(query) == [[1]]
    gone = filled.ask(query | {"filters": [["is", "segment", [made.id + 1]]]})
    assert (gone.status_code, gone.json()["error"]) == (
        400,
        "Invalid filters. Some segments don't exist or aren't accessible.",
    )


def test_thirty_days_are_those_before_the_date_and_the_date_itself(filled: World) -> None:
    _, told = old(filled, "timeseries", period="30d", date="2026-11-22")
    assert [len(told["results"]), told["results"][0]["date"], told["results"][-1]["date"]] == [
        31, "2026-10-23", "2026-11-22",
    ]  # fmt: skip
    _, told = old(filled, "timeseries", period="7d")
    assert len(told["results"]) == 7
