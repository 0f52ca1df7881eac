"""Agreeing and refusing as a person does it: a website with the real tag, the real collector, a real browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import COOKIES_BLOCKED, needs_chromium, open_context
from collector_world import BROWSER
from consent_world import DAY, Asking, open_asking
from starlette.responses import HTMLResponse
from uvicorn import Config, Server

from collector.privacy.texts import CATALOGUES

PAGE = """<!doctype html><title>Shop</title><link rel="icon" href="data:,">
<script defer src="/s.js"></script><noscript><img src="/p.gif" alt=""></noscript><p>Shop"""
SAYS = CATALOGUES["en"].says
PATIENCE = 60.0

pytestmark = needs_chromium


class Shop:
    """The website with its collector, running in a thread of its own."""

    def __init__(self, asking: Asking, port: int) -> None:
        self.asking = asking
        self.url = f"http://127.0.0.1:{port}"
        self.posts: list[str] = []

    def set(self, **settings: str) -> None:
        self.asking.registry.sites.set("shop.example", settings)
        self.asking.snapshot.refresh()

    def numbers(self) -> list[tuple[int, bool]]:
        """Who was counted: the number, and whether by consent."""
        return [(event.visitor_id, event.consented) for event in self.asking.events() if event.name == "pageview"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    began: list[Shop] = []
    is_open, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with open_asking(tmp_path, otherwise=HTMLResponse(PAGE)) as asking:

            async def noted(scope: Any, receive: Any, send: Any) -> None:
                if scope["type"] == "http" and scope["method"] == "POST" and began:
                    began[0].posts.append(scope["path"])
                await asking.collector.app(scope, receive, send)

            server = Server(Config(noted, port=0, ws="none", lifespan="off", log_config=None))
            running = asyncio.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.01)
            began.append(Shop(asking, server.servers[0].sockets[0].getsockname()[1]))
            is_open.set()
            await asyncio.to_thread(stop.wait)
            server.should_exit = True
            await running

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert is_open.wait(PATIENCE)
    yield began[0]
    stop.set()
    thread.join()


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a browser with a fresh profile."""
    from playwright.sync_api import sync_playwright

    contexts: list[Any] = []
    with sync_playwright() as playwright:

        def visit(preferences: dict[str, Any] | None = None, **options: Any) -> Any:
            profile = tmp_path / f"profile{len(contexts)}"
            # A headless one calls itself so, and is a robot then.
            contexts.append(open_context(playwright, profile, preferences, user_agent=BROWSER, **options))
            return contexts[-1].pages[0]

        yield visit
        for context in contexts:
            context.close()


def cookies_of(page: Any) -> dict[str, Any]:
    return {cookie["name"]: cookie for cookie in page.context.cookies()}


def load(page: Any, shop: Shop, *, is_counted: bool) -> None:
    """Load the website and wait until its event was answered, or until the page is quiet."""
    if is_counted:
        with page.expect_response("**/e"):
            page.goto(shop.url)
    else:
        page.goto(shop.url, wait_until="networkidle")


def test_who_agreed_is_one_visitor_over_two_days_and_after_taking_it_back_nobody(
    shop: Shop, visit: Callable[..., Any]
) -> None:
    shop.set(mode="consent_only", legal_basis="consent")
    page = visit()
    load(page, shop, is_counted=False)
    assert (shop.numbers(), cookies_of(page)) == ([], {})

    with page.expect_response("**/e"):
        page.evaluate("footfall.consent('granted', 'May we?')")
    first = cookies_of(page)
    assert set(first) == {"footfall_consent", "footfall_vid"}
    assert first["footfall_vid"]["httpOnly"]
    assert shop.posts[:2] == ["/privacy/consent", "/e"]

    shop.asking.clock.seconds += DAY
    load(page, shop, is_counted=True)
    assert cookies_of(page)["footfall_vid"] == first["footfall_vid"], "set once, never renewed"
    (one, other) = shop.numbers()
    assert one == other
    assert one[1]

    page.goto(f"{shop.url}/privacy")
    page.get_by_role("button", name=SAYS["consent"]["withdraw"]).click()
    page.wait_for_url("**/privacy?done=withdrawn*")
    assert not {"footfall_vid", "footfall_consent"} & cookies_of(page).keys()
    before = len(shop.numbers())
    load(page, shop, is_counted=False)
    assert len(shop.numbers()) == before
    assert [action for action, _, _ in shop.asking.proofs("shop.example")] == ["granted", "withdrawn"]


def test_an_opt_out_is_obeyed_at_the_very_next_request_without_javascript(
    shop: Shop, visit: Callable[..., Any]
) -> None:
    shop.set(pixel="count")
    page = visit(java_script_enabled=False)
    with page.expect_response("**/p.gif") as seen:
        page.goto(shop.url)
    assert "x-refused" not in seen.value.headers
    assert shop.numbers() == [(0, False)]

    page.goto(f"{shop.url}/privacy")
    page.locator("button[value=optout]").click()
    page.wait_for_url("**/privacy?done=optout")
    with page.expect_response("**/p.gif") as seen:
        page.goto(shop.url)
    assert seen.value.headers["x-refused"] == "optout"
    assert shop.numbers() == [(0, False)]


def test_a_browser_that_blocks_cookies_sends_nothing_though_it_calls_them_enabled(
    shop: Shop, visit: Callable[..., Any]
) -> None:
    page = visit(COOKIES_BLOCKED)
    load(page, shop, is_counted=False)
    assert page.evaluate("navigator.cookieEnabled") is True
    touch = "() => { try { return !localStorage } catch (error) { return error.name } }"
    assert page.evaluate(touch) == "SecurityError"
    assert page.evaluate("footfall.status()") == {"state": "DROP", "reason": "cookies_off"}
    assert (shop.posts, shop.numbers()) == ([], [])
