"""Hostile words: what visitors send is text on every page, and what a URL says is a value or a refusal."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from dash_world import Hand, World
from hostile_words import XSS

from dashboard.export import safe_cell

SQL = [
    "'", "''", "\\'", "' or 1=1 --", "' or '1'='1", "') or 1=1 --", "1; drop table events",
    "'; drop table events; --", "' union select 1 --", "' union all select name from system.tables --",
    "\\'; drop table events --", "/* */ or 1=1", "1) format CSV", "' into outfile '/tmp/footfall-outfile' --",
    "' format JSON --", "`visits`", "' and sleep(3) --", "' || (select 1) || '", "{site:UInt32}", "{f0:String}",
    "{tz:String}", "%s", "%(a)s", "${a}", "file('/etc/passwd')", "url('http://127.0.0.1/')",
    "' settings readonly=0 --", "0x27", "char(39)", "\u2019 or 1=1", "\\", "\\\\", "a\\", "|", "||", ":", "::", "*",
    "%", "_", "\n", "\r\n", "\t", "🐘", "(", "[", "a" * 1999, "null", "NaN", "-1", "1e999",
]  # fmt: skip
assert len(SQL) >= 40

NEVER_HERE = {"script", "iframe", "object", "embed", "base", "style", "marquee", "video", "math"}


class Seen(HTMLParser):
    """What a browser would make of a page: its elements, their attributes, where they lead."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag in NEVER_HERE and not (tag == "script" and str(names.get("src")).startswith("/static/")):
            self.faults.append(f"<{tag}>")
        self.faults += [f"{tag} {name}" for name in names if name.startswith("on")]
        self.faults += [f"{tag} {v}" for k, v in attrs if k in ("href", "src", "action") and not safe_link(v or "")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def safe_link(link: str) -> bool:
    ours = ("/", "#", "?", "https://", "http://", "data:image/svg+xml,%3Csvg")
    return link.startswith(ours) and not link.startswith("//")


def look(text: str) -> Seen:
    seen = Seen()
    seen.feed(text)
    return seen


PAGES = ("", "/details/pages", "/details/sources", "/details/referrers", "/details/uses", "/details/campaigns",
         "/details/browsers", "/details/cities", "/details/hostnames", "/settings", "/tag")  # fmt: skip


TEXTS = ("hostname", "referrer", "source", "channel", "city", "utm_source", "utm_medium", "utm_campaign", "utm_content",
         "utm_term", "browser", "os", "country", "region", "language", "device")  # fmt: skip


@pytest.fixture
def poisoned(world: World) -> World:
    """Every text a visitor or an owner can give, filled with every payload."""
    world.registry.sites.set("example.com", {"place": "city", "name": XSS[3]})
    world.count(*(hand for number, payload in enumerate(XSS) for hand in hands_of(1 + 3 * number, payload, world)))
    return world


def hands_of(visitor: int, payload: str, world: World) -> list[Hand]:
    at = world.now - timedelta(hours=1)
    everywhere: dict[str, object] = dict.fromkeys(TEXTS, payload) | {"path": f"/{payload}"}
    uses: dict[str, object] = {"name": payload, "props": {payload: payload}}
    return [Hand(visitor, at, everywhere), Hand(visitor + 1, at, everywhere), Hand(visitor + 2, at, uses)]


def test_what_visitors_sent_is_text_on_every_page(poisoned: World):
    browser = poisoned.browser("owner")
    for page in PAGES:
        answer = browser.get(f"/sites/example.com{page}?period=7d&compare=previous")
        assert answer.status_code == 200, page
        seen = look(answer.text)
        assert seen.faults == [], page
    details = browser.get("/sites/example.com/details/uses?period=7d")
    shown = " ".join(look(details.text).text)
    assert all(payload in shown for payload in XSS)


def test_the_name_of_a_site_is_text_on_the_list(poisoned: World):
    seen = look(poisoned.browser("owner").get("/").text)
    assert seen.faults == []
    assert XSS[3] in " ".join(seen.text)


@pytest.mark.parametrize("payload", XSS)
def test_what_a_url_says_is_text_on_the_page_it_makes(world: World, payload: str):
    world.views(3)
    browser, sent = world.browser("owner"), quote(payload, safe="")
    for path in (
        f"/sites/example.com?f=is:page:{sent}&f=is:prop:{sent.replace('%3A', '%5C%3A')}:{sent}",
        f"/sites/example.com/details/pages?search={sent}",
        f"/sites/example.com?period={sent}", f"/sites/example.com?metric={sent}", f"/sites/example.com?sort={sent}:asc",
        f"/sites/example.com/details/{sent.replace('%2F', '')}", f"/sites/{sent.replace('%2F', '')}",
        f"/{sent}", f"/sign-in?next={sent}", f"/setup?token={sent}",
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code < 500, path
        assert look(answer.text).faults == [], path


@pytest.mark.parametrize("payload", XSS[:5])
def test_what_a_form_says_is_text_on_the_page_that_refuses_it(world: World, payload: str):
    browser = world.browser("owner")
    for path, form in (
        ("/sites/new", {"host": payload, "timezone": payload, "preset": payload}),
        ("/sites/example.com/settings", {"timezone": payload, "retention_days": payload, "hosts": payload}),
        ("/sign-in", {"email": payload, "password": payload, "next": payload}),
    ):
        answer = browser.post(path, data=form)
        assert answer.status_code in (400, 403), path
        assert look(answer.text).faults == [], path


# --- SQL -----------------------------------------------------------------------------------------------------------

PARAMETERS = (
    "f=is:page:{}", "f=is_not:source:{}", "f=contains:utm_campaign:{}", "f=contains-i:page:{}", "f=matches:page:{}",
    "f=is:{}:x", "f={}", "f=is:prop:{}:x", "f=is:prop:x:{}", "f=did:is:feature:{}", "period={}", "date={}&period=day",
    "from={}&to={}", "from=2026-01-01&to={}", "compare={}", "compare_from={}&compare_to={}", "match={}", "metric={}",
    "interval={}", "sort={}", "sort={}:asc", "sort=visitors:{}", "page={}", "detail={}", "tab={}", "search={}",
)  # fmt: skip


SHARES = 1 if os.environ.get("FOOTFALL_TEST_THOROUGH") else 3


def share_of(place: int) -> list[str]:
    """Every third payload, others at each place: each of them stands in a third of all places."""
    return SQL[place % SHARES :: SHARES]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_sql_in_a_parameter_is_a_value_or_is_refused(world: World, parameter: str):
    world.views(3, path="/a")
    browser = world.browser("owner")
    before = tables(world)
    for payload in share_of(PARAMETERS.index(parameter)):
        query = parameter.replace("{}", quote(payload, safe=""))
        answer = browser.get(f"/sites/example.com/details.json?{query}")
        assert answer.status_code in (200, 400, 404), (query, answer.text)
        if answer.status_code == 200 and parameter.startswith(("f=is:page", "search=")) and payload not in "/a":
            assert answer.json()["rows"] == [], query
    assert tables(world) == before


FIELDS = ("dimension", "filter", "value", "prop", "order", "range", "from", "site", "metric", "offset")


@pytest.mark.parametrize("field", FIELDS)
def test_sql_in_a_query_is_a_value_or_is_refused(world: World, field: str):
    world.views(3, path="/a")
    browser, headers, before = world.browser(), world.key(), tables(world)
    for payload in share_of(FIELDS.index(field)):
        body = {"site_id": "example.com", "metrics": ["visitors"], "date_range": "all"}
        body |= {
            "dimension": {"dimensions": [payload]},
            "filter": {"filters": [["is", payload, ["x"]]]},
            "value": {"filters": [["is", "event:page", [payload]], ["contains", "visit:source", [payload]]]},
            "prop": {"dimensions": [prop := f"event:props:{payload}"], "filters": [["is_not", prop, [payload]]]},
            "order": {"order_by": [[payload, payload]]},
            "range": {"date_range": payload},
            "from": {"date_range": [payload, payload]},
            "site": {"site_id": payload},
            "metric": {"metrics": [payload]},
            "offset": {"pagination": {"offset": payload}},
        }[field]
        answer = browser.post("/api/v2/query", json=body, headers=headers)
        assert answer.status_code in (200, 400, 401), (payload, answer.text)
        assert answer.status_code != 401 or field == "site"
    assert tables(world) == before


def tables(world: World) -> list[tuple]:
    return world.store.query(
        "select name, (select count() from events), (select count() from visits) from system.tables "
        "where database = currentDatabase() order by name"
    )


# --- spreadsheets --------------------------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|'/c calc'!A0", '=HYPERLINK("//evil.example")']


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_to_a_spreadsheet(text: str):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["/pricing", "a=b", "", "Direct / None", "1-2", " =1"])
def test_what_is_no_formula_stays_as_it_is(text: str):
    assert safe_cell(text) == text


def test_a_file_of_hostile_labels_is_harmless_and_whole(world: World):
    labels = [*FORMULAS, 'quo"ted', "com,ma", "li\nne", "plain"]
    for label in labels:
        world.views(1, utm_campaign=label)
    answer = world.browser("owner").get("/sites/example.com/details/campaigns.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="example.com-campaigns-')
    assert answer.headers["x-content-type-options"] == "nosniff"
    head, *lines = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert head[0] == "utm_campaign"
    assert head[1] == "visitors"
    cells = {line[0] for line in lines}
    assert {"'" + label for label in FORMULAS} <= cells
    assert {'quo"ted', "com,ma", "li\nne", "plain"} <= cells
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in cells)


def test_page_csv_and_json_say_the_same(world: World):
    for count, path in enumerate(("/a", "/b", "/c"), 1):
        world.views(count, path=path)
    browser = world.browser("owner")
    where = "/sites/example.com/details/pages"
    query = "?period=7d&f=is_not:page:/a&sort=visitors:asc"
    value = json.loads(browser.get(f"{where}.json{query}").text)
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{where}.csv{query}").text)))
    page = browser.get(f"{where}{query}").text
    assert [row["dimensions"] for row in value["rows"]] == [["/b"], ["/c"]]
    assert [(row["page"], row["visitors"]) for row in rows] == [("/b", "2"), ("/c", "3")]
    assert page.index(">/b<") < page.index(">/c<")
    assert value["filters"] == ["is_not:page:/a"]
