"""Typing a filter in a browser: the values that there are stand ready, and none is needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import needs_chromium

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")
from report_windows import REPORT, Window  # noqa: E402 - needs Playwright

pytestmark = needs_chromium
OFFERED = "[...document.querySelectorAll('#known option')].map((option) => option.value)"


def test_values_are_offered_while_one_types(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(REPORT)
    page.keyboard.press("f")
    page.locator("#fd").select_option("country")
    page.locator("#fv").fill("germ")
    playwright.expect(page.locator("#known option")).to_have_count(1)
    assert page.evaluate(OFFERED) == ["Germany"]
    page.locator("#fv").fill("Germany")
    page.locator("#fv").press("Enter")
    playwright.expect(page.locator(".chips")).to_contain_text("Country is Germany")
    assert here.complaints == []


def test_a_property_is_offered_the_values_of_its_name(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(f"{REPORT}?period=7d")
    page.keyboard.press("f")
    page.locator("#fd").select_option("prop:")
    page.locator("#fp").fill("anything")
    with page.expect_request("**/values?*") as asked:
        page.locator("#fv").fill("a")
    assert "what=prop%3Aanything" in asked.value.url
    assert "period=7d" in asked.value.url
