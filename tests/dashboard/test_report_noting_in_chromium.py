"""What a team adds to its report and how the report speaks: chips, segments, notes, kinds, locales, in Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import faults_of, needs_chromium
from report_windows import REPORT, Window

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe: pip install -e '.[test]'")

pytestmark = needs_chromium


def chips(page: playwright.Page) -> playwright.Locator:
    return page.locator(".chip")


def test_a_chip_opens_the_form_that_changes_it(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(f"{REPORT}?f=is:page:/docs")
    page.locator(".chip summary").click()
    form = page.locator(".chip form")
    form.get_by_label("How").select_option("is_not")
    form.get_by_label("or another value").fill("/pricing")
    form.get_by_role("button", name="Change").click()
    playwright.expect(page.locator(".chip summary")).to_have_text("Page is not /docs or /pricing")
    assert here.state() == {"f": "is_not:page:/docs|/pricing"}
    page.go_back()
    playwright.expect(page.locator(".chip summary")).to_have_text("Page is /docs")


def test_a_property_asks_for_its_name(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(REPORT)
    page.keyboard.press("f")
    playwright.expect(page.locator("#fp")).to_be_hidden()
    page.locator("#fd").select_option("prop:")
    page.locator("#fp").fill("plan")
    page.locator("#fv").fill("pro")
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".chip summary")).to_have_text("property plan is pro")
    assert here.state() == {"f": "is:prop:plan:pro"}


def test_filters_are_saved_under_a_name_and_put_on_again(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(f"{REPORT}?f=is:page:/docs&f=is_not:country:DE")
    counted = page.locator(".figure").first.inner_text()
    page.keyboard.press("f")
    page.locator("#segment").fill("Readers")
    page.locator("form", has=page.locator("#segment")).get_by_role("button").click()
    playwright.expect(chips(page)).to_contain_text("Segment is Readers")
    assert page.locator(".figure").first.inner_text() == counted
    page.keyboard.press("Escape")
    playwright.expect(chips(page)).to_have_count(0)
    page.keyboard.press("f")
    page.get_by_role("link", name="Readers", exact=True).click()
    playwright.expect(chips(page)).to_contain_text("Segment is Readers")
    page.keyboard.press("f")
    page.get_by_role("button", name="Forget the segment Readers").click()
    playwright.expect(chips(page)).to_have_count(0)
    assert here.complaints == []


def test_a_note_stands_on_the_chart_in_the_table_and_below(window: Callable[..., Window]) -> None:
    here = window(java_script_enabled=False)
    page = here.open(f"{REPORT}?period=7d")
    page.locator("summary", has_text="Add a note").click()
    page.locator("#note-day").fill("2026-11-18")
    page.get_by_label("What happened").fill("<b>Newsletter</b>")
    page.locator(".noting button").click()
    assert here.state() == {"period": "7d"}
    playwright.expect(page.locator(".plot .noted.dot")).to_have_count(1)
    assert "✎ <b>Newsletter</b>" in page.locator(".pt title").nth(2).text_content()
    page.locator("summary", has_text="Show as table").click()
    playwright.expect(page.get_by_role("row", name="Wed 18 Nov 2026")).to_contain_text("<b>Newsletter</b>")
    page.get_by_role("button", name="Remove the note").click()
    playwright.expect(page.locator(".noted")).to_have_count(0)


def test_numbers_and_dates_are_written_as_the_browser_asks(window: Callable[..., Window]) -> None:
    for locale, days in (("en-US", "Oct 24 – Nov 22, 2026"), ("de-DE", "24. Oct – 22. Nov 2026")):
        page = window(locale=locale).open(REPORT)
        playwright.expect(page.locator(".over .key")).to_contain_text(days)


def test_slash_searches_where_there_is_a_list_to_search(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(f"{REPORT}/details/pages")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.locator("#search").press_sequentially("DOCS")
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".count")).to_have_text("2 rows")
    assert here.state()["search"] == "DOCS"


def test_campaigns_have_five_kinds(window: Callable[..., Window]) -> None:
    here = window()
    page = here.open(f"{REPORT}?tab=sources.campaigns")
    kinds = page.locator("#sources .kinds")
    assert kinds.get_by_role("link").all_inner_texts() == ["Name", "Source", "Medium", "Content", "Term"]
    kinds.get_by_role("link", name="Medium").click()
    playwright.expect(kinds.locator("[aria-current]")).to_have_text("Medium")
    playwright.expect(page.locator("#sources header [aria-current]")).to_have_text("Campaigns")
    playwright.expect(page.locator("#sources .empty")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_what_was_added_is_within_reach_of_everyone(window: Callable[..., Window], scheme: str, width: int) -> None:
    here = window(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = here.open(f"{REPORT}?f=is:page:/docs|/pricing&tab=sources.utm_terms")
    page.locator("summary", has_text="Add a note").click()
    page.locator(".chip summary").click()
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert here.complaints == []


def test_a_new_site_is_told_how_far_it_is(window: Callable[..., Window]) -> None:
    here = window(viewport={"width": 390, "height": 900})
    page = here.open("/sites/quiet.example/tag")
    marks = page.locator(".marks li")
    assert marks.evaluate_all("all => all.map(one => one.className)") == ["done", "waiting", "waiting"]
    for name, says in (("Next.js", "next/script"), ("WordPress", "wp_head"), ("nginx", "location /_f/")):
        page.locator("summary", has_text=name).click()
        playwright.expect(page.locator(".ways details[open] pre").first).to_contain_text(says)
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert here.complaints == []
