"""The built snippet in a real Chromium: a single-page site sends the right bodies, a visitor who declined sends none.

A small server plays the customer's site and the collector on one origin. It sends a strict Content-Security-Policy, and
keeps what it is sent in a queue, so that a test waits for a request and never for a time.
"""

from __future__ import annotations

import json
import queue
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SNIPPET = (ROOT / "js-snippet/dist/snippet.min.js").read_bytes()
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Otherwise navigator.webdriver is true, and the snippet rightly keeps silent.
    "--disable-blink-features=AutomationControlled",
]
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; frame-src *; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE = """<!doctype html><title>Shop</title>
<script src="/app.js"></script>
<script defer src="/_f/s.js" data-site="127.0.0.1" {attributes}></script>
<body>
<button id="products">Products</button>
<a id="route" href="#/inbox?token=secret">Inbox</a>
<p data-footfall-event="Sign up" data-footfall-plan="pro"><span id="marked">Sign up</span></p>
<a id="file" href="/report.pdf?for=jane">Report</a>
{body}
<pre>{lines}</pre>
"""
APP = """
window.violations = [];
addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));
addEventListener('error', (event) => violations.push(event.message));
addEventListener('unhandledrejection', (event) => violations.push(String(event.reason)));
addEventListener('DOMContentLoaded', () => {
  document.querySelector('#products').onclick = () => history.pushState({}, '', '/products?page=2');
  document.querySelector('#file').onclick = (event) => event.preventDefault();
});
"""


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: str

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class World:
    """The site, what it was sent, and a browser to visit it with."""

    port: int
    posts: queue.Queue[Request] = field(default_factory=queue.Queue)
    attributes: str = ""
    body: str = ""

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def next(self) -> Request:
        return self.posts.get(timeout=20)

    def nothing_but_sentinel(self, page: Any) -> None:
        """Whatever the page had to send was sent before the sentinel."""
        page.evaluate("() => fetch('/sentinel', {method: 'POST', body: ''})")
        assert self.next().path == "/sentinel"


def handler_for(world: World) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/_f/s.js":
                self._answer(SNIPPET, "text/javascript")
            elif self.path == "/app.js":
                self._answer(APP.encode(), "text/javascript")
            elif self.path == "/favicon.ico":
                self._answer(b"", "image/png")
            else:
                html = PAGE.format(attributes=world.attributes, body=world.body, lines="\n" * 300)
                self._answer(html.encode(), "text/html")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            cookie = "footfall_optout=1; Max-Age=34560000; Path=/; SameSite=Lax"
            self._answer(b"ok", "text/plain", cookie if self.path == "/_f/privacy/heal" else None)
            world.posts.put(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))

        def do_OPTIONS(self) -> None:
            world.posts.put(Request("preflight", {}, ""))
            self._answer(b"", "text/plain")

        def _answer(self, body: bytes, kind: str, cookie: str | None = None) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            if cookie:
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def world() -> Iterator[World]:
    site = World(port=0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(site))
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Any]:
    if not CHROMIUM:
        pytest.skip("no Chromium: `apt-get install chromium` to run the browser tests")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


def open_context(playwright: Any, profile: Path, preferences: dict[str, Any] | None = None) -> Any:
    if preferences:
        (profile / "Default").mkdir(parents=True)
        (profile / "Default" / "Preferences").write_text(json.dumps(preferences))
    return playwright.chromium.launch_persistent_context(str(profile), executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture
def page(playwright: Any, tmp_path: Path) -> Iterator[Any]:
    context = open_context(playwright, tmp_path / "profile")
    yield context.pages[0]
    context.close()


pytestmark = pytest.mark.browser


def test_a_single_page_site_sends_the_right_bodies(world: World, page: Any) -> None:
    page.goto(world.url("/?email=jane%40example.com&utm_source=news&gclid=SECRET#top"))
    first = world.next()
    assert first.path == "/_f/e"
    assert first.headers["content-type"].startswith("text/plain")
    assert first.headers["origin"] == world.url("")
    # Not even the header says what the query was.
    assert first.headers["referer"] == world.url("/")
    assert set(first.event) == {"n", "u", "id", "tz"}
    assert first.event["n"] == "pageview"
    assert first.event["u"] == world.url("/?utm_source=news&gclid=1")
    assert len(first.event["id"]) == 32
    assert len(first.body) <= 200

    page.click("#products")
    # Both leave at once, and may arrive in either order.
    left, second = sorted((world.next(), world.next()), key=lambda request: str(request.event["n"]))
    assert [left.event["n"], left.event["u"]] == ["engagement", first.event["u"]]
    assert left.event["e"] > 0
    assert 0 < left.event["sd"] < 100
    assert [second.event["n"], second.event["u"]] == ["pageview", world.url("/products")]
    assert second.event["r"] == world.url("")

    page.click("#marked")
    marked = world.next().event
    assert [marked["n"], marked["u"], marked["p"]] == ["Sign up", world.url("/products"), {"plan": "pro"}]

    page.evaluate("() => scrollTo(0, 1e6)")
    page.wait_for_function("() => scrollY > 0")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    page.goto("about:blank")
    last = world.next().event
    assert [last["n"], last["u"], last["sd"]] == ["engagement", world.url("/products"), 100]
    assert world.posts.empty()


def test_going_back_and_hash_routes_are_page_views(world: World, page: Any) -> None:
    world.attributes = "data-hash"
    page.goto(world.url("/"))
    page.click("#route")
    page.go_back()
    views: list[str] = []
    while len(views) < 3:
        event = world.next().event
        if event["n"] == "pageview":
            views.append(event["u"])
    assert views == [world.url("/"), world.url("/#/inbox"), world.url("/")]


def test_a_download_is_told_without_its_query(world: World, page: Any) -> None:
    world.attributes = "data-downloads"
    page.goto(world.url("/"))
    assert world.next().event["n"] == "pageview"
    page.click("#file")
    event = world.next().event
    assert [event["n"], event["p"]] == ["File Download", {"url": world.url("/report.pdf")}]


def test_a_strict_policy_of_the_page_has_nothing_to_object_to(world: World, page: Any) -> None:
    world.attributes = "data-outbound data-downloads data-forms data-exclude='/admin/**'"
    page.goto(world.url("/"))
    assert world.next().event["n"] == "pageview"
    page.evaluate("() => footfall.track('Used', {props: {a: 1}})")
    assert world.next().event["p"] == {"a": 1}
    assert page.evaluate("violations") == []
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("localStorage.length") == 0


def test_global_privacy_control_means_silence(world: World, page: Any) -> None:
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})")
    page.goto(world.url("/"))
    page.click("#products")
    page.click("#marked")
    assert page.evaluate("footfall.status()") == {"state": "DROP", "reason": "gpc"}
    assert page.evaluate("footfall.sent()") == []
    world.nothing_but_sentinel(page)


def test_blocked_cookies_mean_silence_though_the_browser_calls_them_enabled(
    world: World, playwright: Any, tmp_path: Path
) -> None:
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    context = open_context(playwright, tmp_path / "blocked", blocked)
    page = context.pages[0]
    page.goto(world.url("/"))
    page.click("#products")
    assert page.evaluate("footfall.status()") == {"state": "DROP", "reason": "cookies_off"}
    world.nothing_but_sentinel(page)
    context.close()


def test_an_opt_out_is_silent_at_once_and_heals_its_cookie(world: World, page: Any) -> None:
    page.goto(world.url("/"))
    assert world.next().event["n"] == "pageview"
    page.evaluate("() => footfall.optOut()")
    page.click("#marked")
    healing = world.next()
    assert [healing.path, healing.body] == ["/_f/privacy/heal", ""]
    page.wait_for_function("() => document.cookie === 'footfall_optout=1'")

    page.goto(world.url("/next"))
    assert page.evaluate("footfall.status()") == {"state": "DROP", "reason": "optout"}
    world.nothing_but_sentinel(page)

    page.evaluate("() => footfall.optIn()")
    assert world.next().event["n"] == "pageview"
    assert page.evaluate("document.cookie") == ""


def test_a_frame_on_another_site_does_nothing(world: World, page: Any) -> None:
    world.body = f'<iframe src="{world.url("/framed", host="localhost")}"></iframe>'
    page.goto(world.url("/outer"))
    assert world.next().event["u"] == world.url("/outer")
    framed = page.frame(url=world.url("/framed", host="localhost"))
    assert framed.evaluate("footfall.status()") == {"state": "DROP", "reason": "frame"}
    world.nothing_but_sentinel(page)


def test_a_browser_driven_by_a_program_is_not_a_visitor(world: World, page: Any) -> None:
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => true})")
    page.goto(world.url("/"))
    assert page.evaluate("footfall.status()") == {"state": "DROP", "reason": "bot"}
    world.nothing_but_sentinel(page)
