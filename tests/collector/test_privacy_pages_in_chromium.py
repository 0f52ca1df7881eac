"""The visitor's page as a visitor meets it: in a real browser, with and without JavaScript, by mouse and by key."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from chromium import CHROMIUM, COOKIES_BLOCKED, FLAGS, OF_A_SCHEME, faults_of, needs_chromium, profile_at
from http_world import Town, decide_by_name
from privacy_world import Rehearsal, T, receipt_of
from starlette.routing import Router
from uvicorn import Config, Server

from collector.address import Proxies
from collector.guard import Guard
from collector.privacy.pages import Pages
from collector.privacy.texts import CATALOGUES, LANGUAGES
from collector.rate import Rate
from registry.site import Site

pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe: pip install -e '.[test]'")

DAILY, ASKS, NOBODY = "127.0.0.1", "asks.localhost", "nobody.localhost"
SITES = (
    Site(id=1, host=DAILY, legal_basis="legitimate_interest", hosts=("other.example",)),
    Site(id=2, host=ASKS, mode="hybrid", legal_basis="consent"),
)
AGREED = {"name": "footfall_consent", "value": "1.1.1763820000.g.0"}
KNOWN = {"name": "footfall_vid", "value": "1.foz.ABCDEFGHIJKLMNOPQRSTUV"}

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    pages = Pages(
        sites=Town(*SITES),
        distill=decide_by_name,  # type: ignore[arg-type]
        proxies=Proxies([]),
        secret=b"s" * 32,
        rights=Rehearsal(),
        has_consents=True,
        last_audit=lambda: "2026-11-22: 31 pass, 0 fail",
    )
    assert pages._acts
    pages._acts._rate = pages._acts._looks = Rate(0)
    config = Config(Router(pages.routes()), port=0, http=Guard, ws="none", lifespan="off", log_config=None)
    server = Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def visit(chromium: Any, port: int) -> Iterator[Callable[..., Any]]:
    """Open the page in a fresh browser profile; afterwards nothing may have gone wrong in it."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def visit(
        path: str = "/privacy",
        headers: dict[str, str] | None = None,
        host: str = DAILY,
        cookies: tuple[dict[str, str], ...] = (),
        **options: Any,
    ) -> Any:
        context = chromium.new_context(extra_http_headers=headers or {}, **options)
        contexts.append(context)
        url = f"http://{host}:{port}"
        context.add_cookies([{**cookie, "url": url} for cookie in cookies])
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: _note_stranger(wrong, request.url))
        page.goto(url + path)
        return page

    yield visit
    for context in contexts:
        context.close()
    # A refused form is answered with 403, which the browser notes as an error of the page.
    assert [text for text in wrong if "403" not in text and "favicon" not in text] == []


def _note_stranger(wrong: list[str], url: str) -> None:
    host = urlsplit(url).hostname or ""
    if host and host != DAILY and not host.endswith(".localhost"):
        wrong.append(url)


def press(page: Any, label: str, done: str) -> Any:
    page.get_by_role("button", name=label, exact=True).first.click()
    page.wait_for_url(f"**/privacy?done={done}*")
    return page


def decline(page: Any) -> Any:
    return press(page, T["choice"]["stop"], "optout")


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_one_press_declines_and_another_allows_again(visit: Callable[..., Any], java_script_enabled: bool) -> None:
    page = visit(java_script_enabled=java_script_enabled)
    assert page.get_by_role("heading", name=T["state"]["yes"]).is_visible()
    assert page.context.cookies() == []
    decline(page)
    assert T["done"]["optout"] in page.get_by_role("status").inner_text()
    assert page.get_by_role("heading", name=T["state"]["no"]).is_visible()
    assert [(cookie["name"], cookie["value"]) for cookie in page.context.cookies()] == [("footfall_optout", "1")]
    press(page, T["choice"]["allow"], "optin")
    assert page.get_by_role("heading", name=T["state"]["yes"]).is_visible()


def test_the_keyboard_alone_is_enough_and_focus_goes_to_what_was_done(visit: Callable[..., Any]) -> None:
    page = visit()
    for _ in range(len(LANGUAGES) + 1):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == T["choice"]["stop"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/privacy?done=optout")
    assert page.title().startswith(T["done"]["optout"])
    assert page.evaluate("document.activeElement.getAttribute('role')") == "status"


def test_the_script_of_a_page_can_read_the_choice_without_asking(visit: Callable[..., Any]) -> None:
    page = decline(visit())
    assert page.evaluate("document.cookie") == "footfall_optout=1"


def test_who_blocks_cookies_is_told_that_there_is_nothing_to_save(chromium: Any, port: int, tmp_path: Path) -> None:
    """A profile whose cookies are really blocked, with JavaScript off as well."""
    context = chromium.browser_type.launch_persistent_context(
        str(profile_at(tmp_path, COOKIES_BLOCKED)), executable_path=CHROMIUM, args=FLAGS, java_script_enabled=False
    )
    try:
        page = context.new_page()
        page.goto(f"http://{DAILY}:{port}/privacy")
        decline(page)
        assert T["done"]["blocked_decline"] in page.get_by_role("status").inner_text()
        assert page.get_by_role("heading", name=T["state"]["no"]).is_visible()
        assert context.cookies() == []
    finally:
        context.close()


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_records_are_shown_taken_along_and_erased_by_pressing_buttons(
    visit: Callable[..., Any], java_script_enabled: bool
) -> None:
    page = visit(java_script_enabled=java_script_enabled)
    press(page, T["records"]["show"], "showing")
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("footfall_dsr", True, "Lax")
    page.get_by_role("button", name=T["records"]["see"]).click()
    page.wait_for_url("**/privacy/records")
    assert page.get_by_text("/prices").is_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name=T["records"]["json"]).click()
    assert json.loads(download.value.path().read_text())[1]["path"] == "/prices"
    press(page, T["records"]["erase_these"], "erased_shown")
    with page.expect_download() as download:
        page.get_by_role("link", name=T["receipt"]["save"]).click()
    assert json.loads(download.value.path().read_text())["ref"] == receipt_of("", "").ref
    press(page, T["records"]["end"], "hidden")
    assert page.context.cookies() == []


def test_a_request_is_written_without_a_script(visit: Callable[..., Any]) -> None:
    page = visit("/privacy?lang=de", java_script_enabled=False)
    says = CATALOGUES["de"].says
    page.get_by_label(says["rights"]["kind"]).select_option("objection")
    page.get_by_label(says["rights"]["message"]).fill("Bitte nicht.")
    page.get_by_role("button", name=says["rights"]["send"]).click()
    page.wait_for_url("**/privacy?done=asked&lang=de&receipt=*")
    assert says["done"]["asked"] in page.get_by_role("status").inner_text()


STATES: dict[str, dict[str, Any]] = {
    "counted": {},
    "gpc": {"headers": {"sec-gpc": "1"}},
    "declined": {"cookies": ({"name": "footfall_optout", "value": "1"},), "path": "?done=optout&"},
    "blocked": {"path": "?done=optout&"},
    "showing": {"cookies": ({"name": "footfall_dsr", "value": "abcdefghijklmnopqrstuv"},)},
    "asked for consent": {"host": ASKS},
    "agreed": {"host": ASKS, "cookies": (AGREED, KNOWN)},
    "on the operator's host": {"host": NOBODY},
}


def check(page: Any) -> None:
    """Ask axe once; in the dark only about what a scheme can change."""
    page.emulate_media(color_scheme="light")
    assert faults_of(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults_of(page, OF_A_SCHEME) == []


@pytest.mark.parametrize("state", STATES)
def test_everybody_can_read_it_in_every_state(visit: Callable[..., Any], state: str) -> None:
    """Languages take turns: what stands on the page is the same in all of them."""
    options = {**STATES[state]}
    language = LANGUAGES[list(STATES).index(state) % len(LANGUAGES)]
    check(visit("/privacy" + options.pop("path", "?") + f"lang={language}", **options))


def test_everybody_can_read_it_in_every_language(visit: Callable[..., Any]) -> None:
    page = visit()
    for language in LANGUAGES:
        page.goto(urljoin(page.url, f"?lang={language}"))
        assert page.locator("html").get_attribute("lang") == language
        assert faults_of(page) == [], language


def test_everybody_can_read_the_answers_too(visit: Callable[..., Any]) -> None:
    page = visit()
    press(page, T["records"]["erase"], "erased")
    check(page)
    press(page, T["records"]["show"], "showing")
    page.get_by_role("button", name=T["records"]["see"]).click()
    page.wait_for_url("**/privacy/records")
    check(page)
    page.evaluate("for (const field of document.querySelectorAll('[name=token]')) field.value = 'forged'")
    page.get_by_role("button", name=T["records"]["erase"]).click()
    page.get_by_text(T["done"]["repeat"]).wait_for()
    check(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_off_at_400_per_cent_or_on_a_small_screen(visit: Callable[..., Any], language: str) -> None:
    """1280 CSS pixels at 400 per cent are 320 (WCAG 2.2, 1.4.10)."""
    page = visit(f"/privacy?lang={language}", user_agent="Mozilla/5.0 " + "unbroken" * 30)
    says = CATALOGUES[language].says

    def check() -> None:
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 640})
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    check()
    press(page, says["records"]["erase"], "erased")
    check()
    press(page, says["records"]["show"], "showing")
    page.get_by_role("button", name=says["records"]["see"]).click()
    page.wait_for_url("**/privacy/records")
    check()
