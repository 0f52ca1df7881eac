"""Plausible's tracker as the npm registry has it, unmodified, in a real browser on a page of another origin.

It is a development dependency of the snippet (`npm ci`). Umami, GoatCounter and Matomo do not publish their browser
scripts there; what those send is in the replay and the table tests.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import agent_of, needs_chromium, open_browser
from peer_world import World
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from uvicorn import Config, Server

from collector.express import express_lane
from collector.guard import Guard
from registry.site import Site

pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")

TRACKER = Path(__file__).parents[2] / "js-snippet/node_modules/@plausible-analytics/tracker/plausible.js"
PAGE = """<!doctype html><title>Shop</title><script type="module">
import {{ init, track }} from "/tracker.js";
init({{ domain: "127.0.0.1", endpoint: "{endpoint}/api/event", captureOnLocalhost: true }});
window.buy = () => track("Purchase", {{ props: {{ plan: "pro" }}, revenue: {{ amount: 12.5, currency: "EUR" }} }});
</script>"""

pytestmark = [*needs_chromium, pytest.mark.node]


@pytest.fixture(scope="module")
def tracker() -> str:
    if not TRACKER.exists():
        pytest.skip("needs the tracker: (cd js-snippet && npm ci)")
    return TRACKER.read_text()


def serve(app: Any, **options: Any) -> Iterator[int]:
    server = Server(Config(app, port=0, ws="none", lifespan="off", log_config=None, **options))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def world() -> World:
    return World(Site(id=1, host="127.0.0.1"))


@pytest.fixture
def endpoint(world: World) -> Iterator[str]:
    for port in serve(world.app, http=express_lane(world.app)):
        yield f"http://localhost:{port}"


@pytest.fixture
def website(tracker: str, endpoint: str) -> Iterator[str]:
    async def page(_request: Request) -> Response:
        return HTMLResponse(PAGE.format(endpoint=endpoint))

    async def script(_request: Request) -> Response:
        return Response(tracker, media_type="text/javascript")

    for port in serve(Starlette(routes=[Route("/tracker.js", script), Route("/{path:path}", page)]), http=Guard):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def page() -> Iterator[Any]:
    with open_browser() as browser:
        yield browser.new_context(user_agent=agent_of(browser)).new_page()


def test_plausibles_own_tracker_counts_after_its_address_was_changed(world: World, website: str, page: Any) -> None:
    def after(what: Any) -> Any:
        with page.expect_response(lambda response: response.url.endswith("/api/event")) as waiting:
            what()
        return waiting.value

    answer = after(lambda: page.goto(f"{website}/start?utm_source=newsletter&email=a@b.example"))
    assert (answer.status, answer.header_value("access-control-allow-origin")) == (202, website)
    after(lambda: page.evaluate("window.buy()"))
    with page.expect_response(lambda response: b'"pageview"' in (response.request.post_data_buffer or b"")):
        page.evaluate("history.pushState({}, '', '/next')")
    told = [(event.name, event.path) for event in world.events if event.name != "engagement"]
    assert told == [("pageview", "/start"), ("Purchase", "/start"), ("pageview", "/next")]
    first, bought = world.events[:2]
    assert first.utm_source == "newsletter"
    assert (bought.revenue, bought.currency, bought.props) == (12_500, "EUR", {"plan": "pro"})
    assert not world.refused
    assert b"b.example" not in b"".join(world.records)
