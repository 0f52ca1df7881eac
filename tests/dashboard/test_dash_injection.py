"""Statements cannot be reached: forty pieces of SQL in every place of every question are a value, or refused."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from dash_world import NOW, Browser, Hand, World

PAYLOADS = [
    "'", '"', "`", "\\", "\\'", "';", "--", "/*", "*/", "#", "' --", "' #", "' or 1=1", "' or '1'='1", "') or ('1'='1",
    "1 or 1=1", "1; drop table events", "'; drop table events; --", "'); truncate table visits; --",
    "' union select 1", "' union all select visitor_id from events --", "1 union select version()",
    "{site:UInt32}", "{v0:String}", "{tz:String}", "{v0:Array(String)}", "%(site)s", "$1", "?", ":site", "${site}",
    "\x00", "\n", "\r\n;", "\u2019; drop table events", "sleep(3)", "sleepEachRow(1)", "file('/etc/passwd')",
    "url('http://127.0.0.1/')", "system.tables", "format JSON", "settings max_memory_usage = 1",
    "into outfile '/tmp/x'",
]  # fmt: skip
OPERATORS = ("is", "is_not", "contains", "contains_not")
PLAIN = {"site_id": "example.com", "metrics": ["visitors"], "date_range": "all"}


@pytest.fixture
def filled(world: World) -> World:
    """An event whose path is a payload, for each payload; and their plain neighbour."""
    hands = [Hand(n, NOW, {"path": f"/{payload}", "props": {"plan": payload}}) for n, payload in enumerate(PAYLOADS, 1)]
    world.count(*hands, Hand(900, NOW, {"path": "/plain"}))
    return world


def rows_in(world: World) -> list[tuple[object, ...]]:
    return world.store.query("select (select count() from events), (select count() from visits final)")


def test_there_are_forty_of_them() -> None:
    assert len(set(PAYLOADS)) >= 40


def test_a_value_is_only_ever_a_value(filled: World) -> None:
    browser, before = filled.browser(), rows_in(filled)
    for payload in PAYLOADS:
        path = f"/{payload}"
        found = filled.ask(PLAIN | {"filters": [["is", "event:page", [path]]], "dimensions": ["event:page"]}, browser)
        assert found.json()["results"] == [{"metrics": [1], "dimensions": [path]}], payload
        tree = ["or", [[operator, "event:props:plan", [payload]] for operator in OPERATORS]]
        answer = filled.ask(PLAIN | {"filters": [tree], "dimensions": [f"event:props:{payload}"]}, browser)
        assert answer.status_code == 200, (payload, answer.text)
        assert filled.ask(PLAIN | {"filters": [["matches", "event:page", [payload]]]}, browser).status_code in (
            200,
            400,
        )
    assert rows_in(filled) == before


def places(payload: str) -> list[dict[str, object]]:
    """Every other place of a query."""
    return [
        {"metrics": [payload]},
        {"dimensions": [payload]},
        {"dimensions": [f"visit:{payload}"]},
        {"filters": [[payload, "event:page", ["/"]]]},
        {"filters": [["is", payload, ["/"]]]},
        {"filters": [payload]},
        {"order_by": [[payload, "asc"]]},
        {"order_by": [["visitors", payload]]},
        {"date_range": payload},
        {"date_range": [payload, "2026-11-22"]},
        {"date_range": ["2026-11-01", f"2026-11-22T00:00:00Z{payload}"]},
        {"pagination": {"limit": payload}},
        {"pagination": {"offset": payload}},
        {"include": {payload: True}},
        {payload: 1},
    ]


def test_no_other_place_of_a_query_takes_a_payload(filled: World) -> None:
    browser = filled.browser()
    for payload in PAYLOADS:
        key = filled.key()
        for place in places(payload):
            answer = filled.ask(PLAIN | place, browser, **key)
            assert answer.status_code == 400, (place, answer.text)


def test_no_parameter_of_the_first_version_takes_one(filled: World) -> None:
    browser = filled.browser()
    names = ("period", "date", "metrics", "filters", "interval", "property", "limit", "page", "compare")
    for payload in PAYLOADS:
        key = filled.key()
        for name in names:
            route = "timeseries" if name == "interval" else "breakdown"
            asked = {"property": "event:page", "period": "day"} | {name: payload}
            query = "&".join(f"{key}={quote(value)}" for key, value in ({"site_id": "example.com"} | asked).items())
            answer = browser.get(f"/api/v1/stats/{route}?{query}", headers=key)
            assert answer.status_code in (200, 400), (asked, answer.text)


def asks(browser: Browser, query: str) -> int:
    return browser.get(f"/sites/example.com/details/pages.json?{query}").status_code


def test_no_parameter_of_a_page_takes_one(filled: World) -> None:
    browser, before = filled.browser("owner"), rows_in(filled)
    for payload in PAYLOADS:
        text = quote(payload)
        assert asks(browser, f"search={text}&f=contains:page:{text}") in (200, 400), payload
        for name in ("period", "from", "to", "compare", "sort", "page", "interval", "f", "metric"):
            assert asks(browser, f"{name}={text}") in (200, 400), (name, payload)
    assert rows_in(filled) == before


def test_no_zone_is_made_of_one(filled: World) -> None:
    browser = filled.browser("owner")
    for payload in PAYLOADS:
        browser.post("/sites/example.com/settings", data={"timezone": payload})
        assert filled.registry.sites.get("example.com").timezone == "UTC"
