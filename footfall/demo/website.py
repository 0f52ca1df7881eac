"""Larkspur's website: a few first-party pages that carry the real tag, so that one can be one's own visitor.

In: a path. Out: HTML from `page.html`, whose links and buttons are those of `town.PAGES`: every button is a feature
event by attribute, every link a page view; `/privacy-policy` is a customer's policy with the widget in it. A raw ASGI
application that hands everything below `/_f/` to the collector, which is the recommended first-party install.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from footfall.demo import town

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BASE_PATH = "/_f"
FOLDER = Path(__file__).parent
PAGE = Template((FOLDER / "page.html").read_text())
POLICY = Template((FOLDER / "policy.html").read_text())
STYLE = (FOLDER / "style.css").read_bytes()


def title_of(path: str) -> str:
    """`/blog/a-year-of-notes` -> `A year of notes`."""
    last = path.rstrip("/").rpartition("/")[2]
    return last.replace("-", " ").capitalize() if last else "Larkspur"


def link(path: str) -> str:
    return f'<a href="{path}">{escape(title_of(path) if path != "/" else "Home")}</a>'


def button(name: str) -> str:
    """A feature as a button; its first property becomes an attribute, as a site's own page would write it."""
    props = "".join(f' data-footfall-{key}="{values[0]}"' for key, values in town.FEATURE_PROPS.get(name, ()))
    label = escape(name.replace("_", " ").capitalize())
    return f'<button type="button" data-footfall-event="{escape(name)}"{props}>{label}</button>'


def page_html(path: str, report_url: str) -> bytes:
    """The page at `path`, which must be one of the town's."""
    page = town.PAGES[path]
    text = PAGE.substitute(
        title=escape(title_of(path)),
        lead=escape(
            town.LEADS.get(path, "A page of a product that does not exist. Look around: every click is counted.")
        ),
        links="\n        ".join(f"<li>{link(onward)}</li>" for onward in page.onward),
        buttons="\n        ".join(button(name) for name in page.features) or "<p>No feature on this page.</p>",
        site=town.HOST,
        base=BASE_PATH,
        report=escape(report_url),
    )
    return text.encode()


def website(collector: App, report_url: str) -> App:
    """Make the site; `report_url` is where its report can be seen."""
    known = {path: ("text/html; charset=utf-8", page_html(path, report_url)) for path in town.PAGES}
    policy = POLICY.substitute(site=town.HOST, base=BASE_PATH).encode()
    known["/privacy-policy"] = ("text/html; charset=utf-8", policy)
    known["/style.css"] = ("text/css; charset=utf-8", STYLE)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith(BASE_PATH + "/"):
            inner = {**scope, "root_path": scope.get("root_path", "") + BASE_PATH, "path": path.removeprefix(BASE_PATH)}
            await collector(inner, receive, send)
            return
        status, (kind, body) = (200, known[path]) if path in known else (404, ("text/plain", b"No such page.\n"))
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return app
