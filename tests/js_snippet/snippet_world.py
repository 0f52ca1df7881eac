"""A world for the built snippet: a small server that plays the customer's site and the collector on one origin.

It sends a strict Content-Security-Policy, serves the built files, and keeps what it is sent in a queue, so that a test
waits for a request and never for a time.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DIST = ROOT / "js-snippet/dist"
SCRIPTS = {
    "/_f/s.js": (DIST / "snippet.min.js").read_bytes(),
    "/_f/s.vitals.js": (DIST / "vitals.min.js").read_bytes(),
    "/_f/s.privacy.js": (DIST / "privacy.min.js").read_bytes(),
}
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
    scripts: list[str] = field(default_factory=list)
    """What was asked for by GET."""
    attributes: str = ""
    body: str = ""
    refused: str = ""
    """What every event is answered in `X-Refused`."""

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def next(self) -> Request:
        return self.posts.get(timeout=60)

    def nothing_but_sentinel(self, page: Any) -> None:
        """Whatever the page had to send was sent before the sentinel."""
        page.evaluate("() => fetch('/sentinel', {method: 'POST', body: ''})")
        assert self.next().path == "/sentinel"


@contextmanager
def open_world(body: str = "") -> Iterator[World]:
    """Serve a site whose pages have `body` in them."""
    site = World(port=0, body=body)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_for(site)) as server:
        site.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield site
        server.shutdown()
        thread.join()


def handler_for(world: World) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            world.scripts.append(self.path)
            if self.path in SCRIPTS:
                self._answer(SCRIPTS[self.path], "text/javascript")
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
            extra = {"Set-Cookie": cookie} if self.path == "/_f/privacy/heal" else {}
            if world.refused:
                extra["X-Refused"] = world.refused
            self._answer(b"ok", "text/plain", extra)
            world.posts.put(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))

        def do_OPTIONS(self) -> None:
            world.posts.put(Request("preflight", {}, ""))
            self._answer(b"", "text/plain")

        def _answer(self, body: bytes, kind: str, extra: dict[str, str] | None = None) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            for name, value in (extra or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler
