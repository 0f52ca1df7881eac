"""The visitor's page as a visitor meets it: in a real browser, with and without JavaScript, by mouse and by key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from http_world import Town, decide_by_name
from starlette.routing import Router
from uvicorn import Config, Server

from collector.address import Proxies
from collector.guard import Guard
from collector.privacy.pages import Pages
from collector.privacy.texts import TEXTS
from registry.site import Site

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe: pip install -e '.[test]'")

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
RULES = {"rules": {"target-size": {"enabled": True}, "label-content-name-mismatch": {"enabled": True}}}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    site = Site(id=1, host="127.0.0.1", legal_basis="legitimate_interest")
    pages = Pages(sites=Town(site), distill=decide_by_name, proxies=Proxies([]), secret=b"s" * 32)  # type: ignore[arg-type]
    config = Config(Router(pages.routes()), port=0, http=Guard, ws="none", lifespan="off", log_config=None)
    server = Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, url: str) -> Iterator[Callable[..., Any]]:
    """Open the page in a fresh browser profile; afterwards nothing may have gone wrong in it."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def visit(path: str = "/privacy", headers: dict[str, str] | None = None, **options: Any) -> Any:
        context = chromium.new_context(extra_http_headers=headers or {}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on(
            "request",
            lambda request: wrong.append(request.url) if urlsplit(request.url).hostname != "127.0.0.1" else None,
        )
        page.goto(url + path)
        return page

    yield visit
    for context in contexts:
        context.close()
    # A refused form is answered with 403, which the browser notes as an error of the page.
    assert [text for text in wrong if "403" not in text and "favicon" not in text] == []


def decline(page: Any) -> None:
    page.get_by_role("button", name=TEXTS["button_optout"]).click()
    page.wait_for_url("**/privacy?done=optout")


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_one_press_declines_and_another_allows_again(visit: Callable[..., Any], java_script_enabled: bool) -> None:
    page = visit(java_script_enabled=java_script_enabled)
    assert page.get_by_role("heading", name=TEXTS["yes"]).is_visible()
    assert page.context.cookies() == []
    decline(page)
    assert page.get_by_role("status").inner_text() == TEXTS["done_optout"]
    assert page.get_by_role("heading", name=TEXTS["no"]).is_visible()
    assert [(cookie["name"], cookie["value"]) for cookie in page.context.cookies()] == [("footfall_optout", "1")]
    page.get_by_role("button", name=TEXTS["button_optin"]).click()
    page.wait_for_url("**/privacy?done=optin")
    assert page.get_by_role("heading", name=TEXTS["yes"]).is_visible()


def test_the_keyboard_alone_is_enough(visit: Callable[..., Any]) -> None:
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == TEXTS["button_optout"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/privacy?done=optout")
    assert page.title().startswith(TEXTS["done_optout"])


def test_the_script_of_a_page_can_read_the_choice_without_asking(visit: Callable[..., Any]) -> None:
    page = visit()
    decline(page)
    assert page.evaluate("document.cookie") == "footfall_optout=1"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["counted", "gpc", "declined", "refused"])
def test_everybody_can_read_it(visit: Callable[..., Any], scheme: str, state: str) -> None:
    page = visit(headers={"sec-gpc": "1"} if state == "gpc" else {}, color_scheme=scheme)
    if state in ("declined", "refused"):
        decline(page)
    if state == "refused":
        page.evaluate("document.querySelector('[name=token]').value = 'forged'")
        page.get_by_role("button").click()
        page.wait_for_url("**/privacy/choice")
    found = axe.Axe().run(page, options=RULES).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_cut_off_at_400_per_cent_or_on_a_small_screen(visit: Callable[..., Any], width: int) -> None:
    """1280 CSS pixels at 400 per cent are 320 (WCAG 2.2, 1.4.10)."""
    page = visit(viewport={"width": width, "height": 640}, user_agent="Mozilla/5.0 " + "unbroken" * 30)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
