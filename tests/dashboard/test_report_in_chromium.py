"""The report as a person meets it: a real browser, the real app, a real store, no network but this machine.

Nothing sleeps: what must become true is awaited on the page.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from chromium import RULES, faults_of, needs_chromium
from report_windows import REPORT, Place, Window

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe: pip install -e '.[test]'")

pytestmark = needs_chromium

KEYS: dict[str, dict[str, str]] = {
    "d": {"period": "day"},
    "e": {"period": "yesterday"},
    "r": {"period": "realtime"},
    "w": {"period": "7d"},
    "n": {"period": "91d"},
    "m": {"period": "month"},
    "y": {"period": "year"},
    "l": {"period": "12mo"},
    "a": {"period": "all"},
    "x": {"compare": "previous"},
    "ArrowLeft": {"from": "2026-09-24", "to": "2026-10-23"},
}


def chips(page: playwright.Page) -> playwright.Locator:
    return page.locator(".chip")


def take_off(page: playwright.Page) -> playwright.Locator:
    """The crosses that take filters off."""
    return page.locator(".chip .x")


def test_a_click_on_a_row_filters_and_back_restores(window: Callable[..., Window]) -> None:
    page = window().open(REPORT)
    before = page.locator(".figure").first.inner_text()
    page.get_by_role("link", name="/pricing", exact=True).click()
    playwright.expect(chips(page)).to_contain_text("Page is /pricing")
    assert page.locator(".figure").first.inner_text() != before
    page.go_back()
    playwright.expect(chips(page)).to_have_count(0)
    assert page.locator(".figure").first.inner_text() == before


def test_a_filter_swaps_a_part_of_the_page_and_keeps_the_focus(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(REPORT)
    page.evaluate("window.same = true")
    page.get_by_role("link", name="/docs", exact=True).press("Enter")
    playwright.expect(chips(page)).to_have_count(1)
    assert page.evaluate("window.same")
    assert page.evaluate("document.activeElement.textContent") == "/docs"


def test_a_country_of_the_map_filters_by_keyboard_too(window: Callable[..., Window]) -> None:
    page = window().open(REPORT)
    page.locator(".world a[aria-label^=Kosovo]").press("Enter")
    playwright.expect(chips(page)).to_contain_text("Country is Kosovo")


def test_a_tab_asks_for_its_card_alone(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(REPORT)
    page.locator("#devices .tabs").get_by_role("link", name="Browser").click()
    playwright.expect(page.locator("#devices tbody")).to_contain_text("Firefox")
    assert here.asked[-1].headers["x-fragment"] == "devices"
    assert here.state() == {"tab": "devices.browsers"}


def test_a_key_follows_its_link(window: Callable[..., Window]) -> None:
    here = window()
    for key, state in KEYS.items():
        page = here.open(REPORT)
        page.keyboard.press(key)
        page.wait_for_url(f"**{REPORT}?*")
        assert here.state() == state, key


def test_escape_clears_the_filters_and_t_goes_back_to_thirty_days(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(f"{REPORT}?period=7d&f=is:page:/docs&f=is:country:DE")
    playwright.expect(chips(page)).to_have_count(2)
    page.keyboard.press("Escape")
    playwright.expect(chips(page)).to_have_count(0)
    page.keyboard.press("t")
    page.wait_for_url(f"**{REPORT}")


def test_c_and_slash_open_their_forms_and_typing_there_is_no_shortcut(window: Callable[..., Window]) -> None:
    page = window().open(REPORT)
    page.keyboard.press("c")
    assert page.evaluate("document.activeElement.id") == "from"
    page.keyboard.press("Escape")
    playwright.expect(page.locator("#from")).to_be_hidden()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "fd"
    page.locator("#fv").press_sequentially("wxyz")
    assert page.locator("#fv").input_value() == "wxyz"
    assert urlsplit(page.url).query == ""


def test_a_filter_can_be_typed(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(f"{REPORT}?period=91d")
    page.keyboard.press("/")
    page.locator("#fo").select_option("contains")
    page.locator("#fv").fill("doc|s")
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".chip summary")).to_have_text("Page contains doc|s")
    assert here.state() == {"period": "91d", "f": r"contains:page:doc\|s"}


def test_keys_pressed_in_haste_all_count(window: Callable[..., Window]) -> None:
    """The second key means the page that the first one leads to, which is not here yet."""
    here = window()
    page = here.open(f"{REPORT}?f=is:page:/docs")
    for key in ("w", "x", "Escape"):
        page.keyboard.press(key)
    page.wait_for_url(f"**{REPORT}?period=7d&compare=previous")
    playwright.expect(chips(page)).to_have_count(0)
    playwright.expect(page.locator("summary", has_text="Previous period")).to_be_visible()


def test_question_mark_lists_the_keys(window: Callable[..., Window]) -> None:
    page = window().open(REPORT)
    page.keyboard.press("?")
    playwright.expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    playwright.expect(page.locator("#keys")).to_be_hidden()


def test_a_point_says_what_it_is_at_once(window: Callable[..., Window]) -> None:
    page = window().open(f"{REPORT}?compare=previous")
    box = page.locator(".plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    playwright.expect(page.locator("#tip")).to_contain_text("Daily visitors: ")
    page.mouse.move(2, 2)
    playwright.expect(page.locator("#tip")).to_be_hidden()


def test_a_report_is_light_and_asks_nobody_else(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(f"{REPORT}?compare=previous")
    page.wait_for_load_state("networkidle")
    sizes = {urlsplit(request.url).path: request.sizes() for request in here.asked}
    wire = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes.values())
    assert {urlsplit(request.url).netloc for request in here.asked} == {urlsplit(here.url).netloc}
    assert len(here.asked) <= 5
    assert wire <= 40_000, sizes
    assert sum(size["responseBodySize"] for path, size in sizes.items() if path.endswith(".js")) <= 5_000
    assert here.complaints == []


def test_what_visitors_sent_stays_text(window: Callable[..., Window]) -> None:
    here = window()
    for path in (REPORT, f"{REPORT}/details/uses", f"{REPORT}/details/pages"):
        page = here.open(path)
        playwright.expect(page.get_by_text("onerror=").first).to_be_visible()
        page.locator(".plot .pt, .list tbody tr").first.hover()
    here.open(REPORT).locator("#features").get_by_role("link", name="onerror=").click()
    playwright.expect(chips(here.page)).to_contain_text("onerror=")
    assert here.page.locator("img, main script").count() == 0
    assert here.complaints == []


def test_everything_works_without_javascript(window: Callable[..., Window]) -> None:
    page = window(java_script_enabled=False).open(REPORT)
    page.get_by_role("link", name="/pricing", exact=True).click()
    playwright.expect(chips(page)).to_contain_text("Page is /pricing")
    page.locator("#devices .tabs").get_by_role("link", name="System").click()
    playwright.expect(page.locator("#devices [aria-current]")).to_have_text("System")
    page.locator("summary", has_text="Last 30 days").click()
    page.get_by_role("link", name="Last 7 days").click()
    playwright.expect(page.locator("summary", has_text="Last 7 days")).to_be_visible()
    page.locator("summary", has_text="Show as table").click()
    playwright.expect(page.get_by_role("row", name="Sun 22 Nov 2026")).to_be_visible()
    page.locator("#pages footer a").click()
    playwright.expect(page.get_by_role("heading", name="Pages")).to_be_visible()
    take_off(page).click()
    playwright.expect(chips(page)).to_have_count(0)


def test_a_viewer_is_told_why_there_is_no_number(window: Callable[..., Window], place: Place) -> None:
    here = window()
    here.context.add_cookies([{"name": "footfall_session", "value": place.viewer, "url": here.url}])
    page = here.open(f"{REPORT}?f=is:page:/nothing-there")
    playwright.expect(page.get_by_role("heading", name="Fewer than 5 visitors")).to_be_visible()
    assert page.locator(".figure").count() == 0


def test_a_site_without_events_says_what_to_do_next(window: Callable[..., Window]) -> None:
    page = window().open("/sites/quiet.example")
    page.get_by_role("link", name="The tag to paste").click()
    playwright.expect(page.get_by_text("Waiting for the first event")).to_be_visible()
    assert "data-site=" in page.locator("#tag").inner_text()


def test_open_menus_are_within_reach_too(window: Callable[..., Window]) -> None:
    here = window(viewport={"width": 390, "height": 900})
    page = here.open(f"{REPORT}?f=is:page:/docs")
    page.evaluate("for (const fold of document.querySelectorAll('details')) { fold.name = ''; fold.open = true }")
    # Menus lie over one another now, which is not how anyone meets them: sizes of targets are not judged.
    rules = {**RULES, "target-size": {"enabled": False}, "color-contrast": {"enabled": False}}
    assert faults_of(page, rules=rules) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_skip_link_moves_the_focus_and_asks_for_nothing(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(REPORT)
    page.wait_for_load_state("networkidle")
    asked = len(here.asked)
    page.locator("body > .skip").press("Enter")
    page.wait_for_url("**#main")
    page.go_back()
    page.wait_for_url(f"**{REPORT}")
    assert len(here.asked) == asked


def test_a_swap_is_announced(window: Callable[..., Window]) -> None:
    page = window().open(REPORT)
    page.keyboard.press("w")
    playwright.expect(page.locator("#said")).to_contain_text("16 – 22 Nov 2026")


def test_a_session_that_ended_leads_to_the_sign_in_page(window: Callable[..., Window], place: Place) -> None:
    here = window()
    here.context.set_extra_http_headers({"X-Forwarded-For": "198.51.100.7"})  # behind a proxy nobody is let in unasked
    here.context.add_cookies([{"name": "footfall_session", "value": place.viewer, "url": here.url}])
    page = here.open(REPORT)
    here.context.clear_cookies()
    page.keyboard.press("w")
    playwright.expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert urlsplit(page.url).path == "/sign-in"
