"""The main path, as a person walks it: the demo's website in a real browser, then the report, then "stop measuring me".

One `footfall demo` process serves all tests of this file; each test uses a fresh browser profile. Nothing sleeps: what
must become true is awaited on the page itself or asked of the report until it says so.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from chromium import agent_of, needs_chromium
from flow_world import Demo, running_demo

pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")
from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    options = ("--days", "3", "--events", "900", "--port", str(free_port()))
    with running_demo(tmp_path_factory.mktemp("demo") / "data", *options) as demo:
        yield demo


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    fresh = chromium.new_context(user_agent=agent_of(chromium))
    yield fresh
    fresh.close()


@pytest.fixture
def visitor(context: BrowserContext) -> Page:
    return context.new_page()


def views(page: Page, demo: Demo) -> dict[str, int]:
    """Today's page views by path, as the report's own JSON has them."""
    answer = page.request.get(f"{demo.report}/details/pages.json?period=day")
    assert answer.status == 200, answer.text()
    table = json.loads(answer.text())
    column = table["metrics"].index("pageviews")
    return {row["dimensions"][0]: row["metrics"][column] for row in table["rows"]}


def views_when_all_is_stored(page: Page, demo: Demo) -> dict[str, int]:
    """The same, once nothing that earlier tests sent is still on its way."""
    settled(lambda: waiting(page, demo), 0)
    return views(page, demo)


def waiting(page: Page, demo: Demo) -> float:
    """Events in the spool, by the collector's own gauge."""
    answer = page.request.get(f"{demo.website}_f/metrics")
    assert answer.status == 200, answer.text()
    assert "# TYPE footfall_spool_events gauge" in answer.text()
    gauge = [line for line in answer.text().splitlines() if line.startswith("footfall_spool_events")]
    return sum(float(line.rpartition(" ")[2]) for line in gauge)


def uses(page: Page, demo: Demo, feature: str) -> int:
    table = json.loads(page.request.get(f"{demo.report}/details/uses.json?period=day").text())
    column = table["metrics"].index("events")
    return sum(row["metrics"][column] for row in table["rows"] if row["dimensions"] == [feature])


def settled(ask: Callable[[], object], wanted: object, *, within_seconds: float = 60) -> None:
    """Ask until the answer is the wanted one; the bound only ends a test that would never pass."""
    until = time.monotonic() + within_seconds
    while (got := ask()) != wanted:
        assert time.monotonic() < until, f"still {got}, not {wanted}"


def click_and_hear(page: Page, selector: str) -> int:
    """Click, wait for the answer to the event that follows, and return its status."""
    with page.expect_response(lambda answer: answer.url.endswith("/_f/e")) as heard:
        page.click(selector)
    return heard.value.status


def test_a_visit_reaches_the_report(visitor: Page, demo: Demo) -> None:
    before = views_when_all_is_stored(visitor, demo)
    with visitor.expect_response(lambda answer: answer.url.endswith("/_f/e")) as heard:
        visitor.goto(demo.website)
    assert heard.value.status == 202
    assert "x-refused" not in heard.value.headers
    assert click_and_hear(visitor, "main a[href='/about']") == 202
    settled(lambda: views(visitor, demo).get("/about", 0), before.get("/about", 0) + 1)
    assert views(visitor, demo)["/"] == before.get("/", 0) + 1


def test_a_feature_is_counted_by_its_attribute(visitor: Page, demo: Demo) -> None:
    before = uses(visitor, demo, "toggle_yearly")
    visitor.goto(f"{demo.website}pricing")
    assert click_and_hear(visitor, "button[data-footfall-event='toggle_yearly']") == 202
    settled(lambda: uses(visitor, demo, "toggle_yearly"), before + 1)


def test_no_cookie_and_no_storage_before_the_visitor_acts(visitor: Page, demo: Demo) -> None:
    with visitor.expect_response(lambda answer: answer.url.endswith("/_f/e")):
        visitor.goto(demo.website)
    assert visitor.context.cookies() == []
    assert visitor.evaluate("localStorage.length + sessionStorage.length") == 0


def heard_by(page: Page) -> list[str]:
    """Collect every event request from here on."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if request.url.endswith("/_f/e") else None)
    return seen


def test_stop_measuring_me_is_obeyed_from_the_next_click_on(visitor: Page, demo: Demo) -> None:
    visitor.goto(demo.privacy)
    visitor.get_by_role("button", name="Stop measuring me").click()
    visitor.wait_for_load_state()
    before = views_when_all_is_stored(visitor, demo)
    seen = heard_by(visitor)
    visitor.goto(demo.website)
    visitor.click("main a[href='/pricing']")
    visitor.click("button[data-footfall-event='toggle_yearly']")
    assert visitor.evaluate("footfall.status().reason") == "optout"
    assert seen == []
    assert views(visitor, demo) == before


def test_the_widget_in_a_policy_shows_what_the_page_sent_and_stops_the_next_event(visitor: Page, demo: Demo) -> None:
    with visitor.expect_request(lambda request: request.url.endswith("/_f/e")) as sent:
        visitor.goto(f"{demo.website}privacy-policy")
    box = visitor.locator("[data-footfall-privacy]")
    box.get_by_text("You are being counted on this site.").wait_for()
    box.locator("summary").click()
    assert json.loads(box.locator("pre").inner_text()) == sent.value.post_data_json
    with visitor.expect_response(lambda answer: answer.url.endswith("/_f/privacy/heal")):
        box.get_by_role("button", name="Stop measuring me").click()
    box.get_by_text("Done. You are not measured any more.").wait_for()
    assert [cookie["name"] for cookie in visitor.context.cookies()] == ["footfall_optout"]
    seen = heard_by(visitor)
    visitor.goto(demo.website)
    assert visitor.evaluate("footfall.status().reason") == "optout"
    assert seen == []


def test_saying_no_works_without_javascript(chromium: Browser, demo: Demo) -> None:
    context = chromium.new_context(java_script_enabled=False, user_agent=agent_of(chromium))
    page = context.new_page()
    page.goto(demo.privacy)
    page.get_by_role("button", name="Stop measuring me").click()
    assert {cookie["name"]: cookie["value"] for cookie in context.cookies()} == {"footfall_optout": "1"}
    page.get_by_role("button", name="Allow again").wait_for()
    context.close()


def test_global_privacy_control_silences_the_snippet_and_the_server(chromium: Browser, demo: Demo) -> None:
    context = chromium.new_context(user_agent=agent_of(chromium), extra_http_headers={"Sec-GPC": "1"})
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})")
    page = context.new_page()
    seen = heard_by(page)
    page.goto(demo.website)
    assert page.evaluate("footfall.status().reason") == "gpc"
    assert seen == []
    event = json.dumps({"n": "pageview", "u": demo.website, "d": "demo.example"})
    answer = page.request.post(
        f"{demo.website}_f/e", data=event, headers={"content-type": "text/plain", "Sec-GPC": "1"}
    )
    assert (answer.status, answer.headers["x-refused"]) == (202, "gpc")
    context.close()


def test_the_report_names_what_the_story_holds(visitor: Page, demo: Demo) -> None:
    visitor.goto(demo.report)
    shown = visitor.inner_text("main")
    assert [words for words in ("Visits", "Organic Search", "/pricing", "United") if words not in shown] == []
