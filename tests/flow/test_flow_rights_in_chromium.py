"""A visitor's rights on the whole product: he sees exactly what was recorded since he asked, and erases exactly that.

One `footfall demo` process with its real store; nothing sleeps: what must become true is asked for until it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from chromium import agent_of, needs_chromium
from flow_world import running_demo

pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")
from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE_SECONDS = 60
"""Only ends a test that would never pass."""

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def website(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo's website."""
    with running_demo(tmp_path_factory.mktemp("rights") / "data", "--days", "2", "--events", "300") as demo:
        yield demo.website


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    fresh = chromium.new_context(user_agent=agent_of(chromium))
    yield fresh
    fresh.close()


def press(page: Page, label: str, done: str) -> None:
    page.get_by_role("button", name=label, exact=True).first.click()
    page.wait_for_url(f"**/privacy?done={done}*")


def records_when(page: Page, are_as_wanted: Callable[[list[str]], bool]) -> list[str]:
    """Ask for the records until they are as wanted; what each of them says."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        page.get_by_role("button", name="Show the records").click()
        page.wait_for_url("**/privacy/records")
        found = page.locator(".records > li").all_inner_texts()
        if are_as_wanted(found):
            return found
        assert time.monotonic() < until, found


def visit(page: Page, address: str) -> None:
    with page.expect_response(lambda answer: answer.url.endswith("/_f/e")):
        page.goto(address)


def test_who_asked_sees_what_was_recorded_since_and_erases_exactly_that(context: BrowserContext, website: str) -> None:
    page = context.new_page()
    visit(page, f"{website}about")
    page.goto(f"{website}_f/privacy")
    press(page, "Show me what you record from now on", "showing")
    for path in ("", "pricing"):
        visit(page, website + path)
    page.goto(f"{website}_f/privacy")
    records = records_when(page, lambda found: any("/pricing" in text for text in found))
    assert not [text for text in records if "/about" in text], "what was before is nobody's to see"
    press(page, "Erase exactly these", "erased_shown")
    assert page.get_by_role("link", name="Download the receipt").is_visible()
    records_when(page, lambda found: found == [])
    press(page, "Stop marking my records", "hidden")
    assert context.cookies() == []
