"""Pages beside the report in a real browser: realtime is live, forms answer without a script, drawings are links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import needs_chromium, open_browser

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")
from report_windows import REPORT, Place, Window, populated_dashboard  # noqa: E402 - needs Playwright

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def place(engine_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with populated_dashboard(engine_directory, tmp_path_factory.mktemp("own")) as place:
        yield place


@pytest.fixture(scope="module")
def chromium() -> Iterator[playwright.Browser]:
    with open_browser() as browser:
        yield browser


def test_realtime_is_told_anew_without_a_click(chromium: playwright.Browser, place: Place) -> None:
    window = Window(chromium, place.url)
    page = window.open(f"{REPORT}/realtime")
    playwright.expect(page.locator("#here")).to_contain_text("here now")
    page.evaluate("document.getElementById('live').dataset.old = 'yes'")
    playwright.expect(page.locator("#live")).not_to_have_attribute("data-old", "yes", timeout=20_000)
    playwright.expect(page.locator("#here")).to_contain_text("here now")
    assert [request for request in window.asked if request.url.endswith("/realtime/stream")]
    window.context.close()


def test_realtime_is_asked_for_where_streams_do_not_come(chromium: playwright.Browser, place: Place) -> None:
    window = Window(chromium, place.url)
    window.page.route("**/realtime/stream", lambda route: route.fulfill(status=503, body=""))
    window.page.clock.install()
    page = window.open(f"{REPORT}/realtime")
    page.evaluate("document.getElementById('live').dataset.old = 'yes'")
    page.clock.run_for(11_000)
    playwright.expect(page.locator("#live")).not_to_have_attribute("data-old", "yes", timeout=20_000)
    asked = [request for request in window.asked if request.headers.get("x-fragment") == "live"]
    assert asked
    window.context.close()


def test_without_a_script_a_link_looks_again_and_forms_answer(chromium: playwright.Browser, place: Place) -> None:
    window = Window(chromium, place.url, java_script_enabled=False)
    page = window.open(f"{REPORT}/realtime")
    page.get_by_role("link", name="Look again").click()
    playwright.expect(page.locator("#here")).to_contain_text("here now")
    page = window.open(f"{REPORT}/funnels")
    page.get_by_label("Step 1", exact=True).fill("/")
    page.get_by_label("Step 2", exact=True).fill("/pricing")
    page.get_by_role("button", name="Show").click()
    playwright.expect(page.locator(".walk .figure")).to_have_count(2)
    window.context.close()


def test_a_bar_of_the_drawing_leads_to_its_own_journeys(chromium: playwright.Browser, place: Place) -> None:
    window = Window(chromium, place.url)
    page = window.open(f"{REPORT}/journeys")
    page.locator("a.node", has_text="/pricing").first.press("Enter")
    playwright.expect(page.get_by_role("heading", name="After /pricing")).to_be_visible()
    assert window.state() == {"of": "/pricing"}
    page.go_back()
    playwright.expect(page.get_by_role("heading", name="How visits begin")).to_be_visible()
    window.context.close()


def test_every_page_is_reached_by_keyboard_on_a_phone(chromium: playwright.Browser, place: Place) -> None:
    window = Window(chromium, place.url, viewport={"width": 390, "height": 844})
    page = window.open(REPORT)
    page.locator(".rooms summary").press("Enter")
    page.get_by_role("link", name="Busy hours").press("Enter")
    playwright.expect(page.get_by_role("heading", name="Busy hours")).to_be_visible()
    playwright.expect(page.locator(".rooms summary")).to_have_text("Busy hours")
    window.context.close()
