"""Pages beside the report in a real browser: realtime is live, forms answer without a script, drawings are links."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import needs_chromium
from report_windows import REPORT, Window

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")

pytestmark = needs_chromium


def test_realtime_is_told_anew_without_a_click(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(f"{REPORT}/realtime")
    playwright.expect(page.locator("#here")).to_contain_text("here now")
    page.evaluate("document.getElementById('live').dataset.old = 'yes'")
    playwright.expect(page.locator("#live")).not_to_have_attribute("data-old", "yes", timeout=60_000)
    playwright.expect(page.locator("#here")).to_contain_text("here now")
    assert [request for request in here.asked if request.url.endswith("/realtime/stream")]


def test_realtime_is_asked_for_where_streams_do_not_come(window: Callable[..., Window]) -> None:
    here = window()
    here.page.route("**/realtime/stream", lambda route: route.fulfill(status=503, body=""))
    here.page.clock.install()
    page = here.open(f"{REPORT}/realtime")
    page.evaluate("document.getElementById('live').dataset.old = 'yes'")
    page.clock.run_for(11_000)
    playwright.expect(page.locator("#live")).not_to_have_attribute("data-old", "yes", timeout=60_000)
    asked = [request for request in here.asked if request.headers.get("x-fragment") == "live"]
    assert asked


def test_without_a_script_a_link_looks_again_and_forms_answer(window: Callable[..., Window]) -> None:
    here = window(java_script_enabled=False)
    page = here.open(f"{REPORT}/realtime")
    page.get_by_role("link", name="Look again").click()
    playwright.expect(page.locator("#here")).to_contain_text("here now")
    page = here.open(f"{REPORT}/funnels")
    page.get_by_label("Step 1", exact=True).fill("/")
    page.get_by_label("Step 2", exact=True).fill("/pricing")
    page.get_by_role("button", name="Show").click()
    playwright.expect(page.locator(".walk .figure")).to_have_count(2)


def test_a_bar_of_the_drawing_leads_to_its_own_journeys(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(f"{REPORT}/journeys")
    page.locator("a.node", has_text="/pricing").first.press("Enter")
    playwright.expect(page.get_by_role("heading", name="After /pricing")).to_be_visible()
    assert here.state() == {"of": "/pricing"}
    page.go_back()
    playwright.expect(page.get_by_role("heading", name="How visits begin")).to_be_visible()


def test_every_page_is_reached_by_keyboard_on_a_phone(window: Callable[..., Window]) -> None:
    here = window(viewport={"width": 390, "height": 844})
    page = here.open(REPORT)
    page.locator(".rooms summary").press("Enter")
    page.get_by_role("link", name="Busy hours").press("Enter")
    playwright.expect(page.get_by_role("heading", name="Busy hours")).to_be_visible()
    playwright.expect(page.locator(".rooms summary")).to_have_text("Busy hours")
