"""The page Refused, and the forms of the bar above every page, as a person meets them in a browser without a script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import needs_chromium
from report_windows import REPORT, Window

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")

pytestmark = needs_chromium

REFUSED = f"{REPORT}/refused"


def test_it_is_one_click_from_the_report_and_works_without_javascript(window: Callable[..., Window]) -> None:
    page = window(java_script_enabled=False).open(REPORT)
    page.get_by_role("link", name="What else was refused").click()
    playwright.expect(page.get_by_role("heading", level=1)).to_have_text("What became of everything that arrived")
    page.locator("summary", has_text="Which rule spoke").click()
    playwright.expect(page.get_by_text("crawler Googlebot")).to_be_visible()
    page.locator("summary", has_text="Show as table").click()
    playwright.expect(page.get_by_role("row", name="Sun 22 Nov 2026")).to_be_visible()
    page.locator("summary", has_text="Last 30 days").click()
    page.get_by_role("link", name="Last 7 days").click()
    playwright.expect(page.locator("summary", has_text="Last 7 days")).to_be_visible()
    playwright.expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", f"{REFUSED}.csv?period=7d")


def test_a_bar_says_what_it_is_made_of(window: Callable[..., Window]) -> None:
    page = window().open(REFUSED)
    box = page.locator(".plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] / 2)
    playwright.expect(page.locator("#tip")).to_contain_text("Set up wrongly: 32")


def test_the_form_of_a_filter_works_without_javascript(window: Callable[..., Window]) -> None:
    page = window(java_script_enabled=False).open(f"{REPORT}?period=91d")
    page.locator("summary", has_text="Filter").click()
    page.locator("#fo").select_option("contains")
    page.locator("#fv").fill("doc|s")
    page.get_by_role("button", name="Add filter").click()
    playwright.expect(page.locator(".chip")).to_contain_text("Page contains doc|s")
    page.locator(".chip .x").click()
    playwright.expect(page.locator(".chip")).to_have_count(0)
    playwright.expect(page.locator("summary", has_text="Last 91 days")).to_be_visible()


def test_any_days_can_be_compared_with(window: Callable[..., Window]) -> None:
    here = window(java_script_enabled=False)
    page = here.open(f"{REPORT}?period=7d&f=is:page:/docs")
    page.locator("summary", has_text="Compare").click()
    page.locator("#compare_from").fill("2026-11-01")
    page.locator("#compare_to").fill("2026-11-07")
    page.get_by_role("button", name="Compare").click()
    playwright.expect(page.locator("ul.key")).to_contain_text("1 – 7 Nov 2026")
    days = {"compare_from": "2026-11-01", "compare_to": "2026-11-07"}
    assert here.state() == {"period": "7d", "f": "is:page:/docs", **days}
    playwright.expect(page.locator("summary", has_text="Custom comparison")).to_be_visible()


def test_a_host_is_counted_with_one_click(window: Callable[..., Window]) -> None:
    page = window().open(REFUSED)
    page.get_by_role("button", name="Count staging.shop.example").click()
    playwright.expect(page.locator(".notice")).to_have_text("Saved. Events of that host are counted from now on.")
    assert page.context.request.get(f"{REPORT}/settings").text().count('value="staging.shop.example"') == 1
