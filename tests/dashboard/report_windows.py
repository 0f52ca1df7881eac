"""A browser's world: a site with a made-up crowd, the real app on a port of its own, Chromium, and windows of it.

One server and one browser can serve a whole file of tests; every window is a fresh profile.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest
import uvicorn
from ledger_world import month_of, refuse, strays_of

from clickhouse.ask.ledger import NOWHERE
from clickhouse.client import Store, connect
from clickhouse.insert import insert_events
from clickhouse.migrate import migrate
from clickhouse.rows import Event, PlacedEvent, Position
from clickhouse.visits import derive_visits, visit_id_of
from dashboard.app import create_dashboard
from registry.registry import Registry

if TYPE_CHECKING:
    from playwright import sync_api as playwright

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SITE = "shop.example"
REPORT = f"/sites/{SITE}"
ATTACK = '<img src=x onerror="alert(1)">"\'</title></svg><script>alert(2)</script>'
PAGES = ("/", "/pricing", "/docs", "/docs/install", f"/blog/{'a-very-long-title-' * 6}", f"/{ATTACK}")
COUNTRIES = ("DE", "US", "FR", "XK", "SG", "")
BROWSERS = ("Chrome", "Firefox", "Safari")


def visit(site: int, number: int) -> list[Event]:
    """One visit of a made-up crowd: two page views, attention, and now and then a feature."""
    start = NOW - timedelta(minutes=3) - timedelta(minutes=97 * number)
    shared = {
        "site_id": site,
        "visitor_id": number + 1,
        "hostname": SITE,
        "country": COUNTRIES[number % 6],
        "browser": BROWSERS[number % 3],
        "device": "desktop" if number % 3 else "mobile",
        "channel": "Direct" if number % 2 else "Organic Search",
        "source": "" if number % 2 else "Google",
    }

    def at(seconds: int) -> int:
        return int((start + timedelta(seconds=seconds)).timestamp() * 1000)

    path = PAGES[number % len(PAGES)]
    events = [
        Event(ts=at(0), name="pageview", path="/", **shared),
        Event(ts=at(40), name="pageview", path=path, **shared),
    ]
    if number % 4 == 0:
        events.append(Event(ts=at(60), name=ATTACK if number % 8 else "Sign up", path=path, **shared))
    return events


def fill(store: Store, site: int, visits: int) -> None:
    crowd = [event for number in range(visits) for event in visit(site, number)]
    begun: dict[int, int] = {}
    for event in crowd:
        begun.setdefault(event.visitor_id, event.ts)
    placed = [
        PlacedEvent(event, visit_id_of(site, event.visitor_id, begun[event.visitor_id]), Position(1, seq))
        for seq, event in enumerate(crowd)
    ]
    insert_events(store, placed, token="crowd")
    derive_visits(store, {(site, row.visit_id) for row in placed})


class Server(uvicorn.Server):
    """A server in a thread, on a port of its own."""

    def __init__(self, app: object) -> None:
        super().__init__(uvicorn.Config(app, log_level="warning", lifespan="off"))  # type: ignore[arg-type]
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.run, kwargs={"sockets": [self.listener]})

    def __enter__(self) -> str:
        self.thread.start()
        return self.url

    def __exit__(self, *_: object) -> None:
        self.should_exit = True
        self.thread.join()
        self.listener.close()


class Place(NamedTuple):
    """Where the dashboard is, and the session of a viewer of its site."""

    url: str
    viewer: str


@contextmanager
def populated_dashboard(engine: Path, folder: Path) -> Iterator[Place]:
    """Run the dashboard over a store and a registry of its own, with a crowd on SITE and nobody on quiet.example."""
    with ExitStack() as stack:
        store = stack.enter_context(connect(f"chdb://{engine}", database="chromium"))
        migrate(store)
        registry = stack.enter_context(Registry.open(f"sqlite:///{folder / 'registry.sqlite'}", clock=lambda: NOW))
        site = registry.sites.add(SITE)
        registry.sites.add("quiet.example")
        viewer = registry.users.add("viewer@example.com", "correct horse battery", "viewer", SITE)
        fill(store, site.id, 700)
        refuse(store, site.id, *month_of(NOW.date()))
        refuse(store, NOWHERE, *strays_of(NOW.date()))
        app = create_dashboard(registry, store, open_on_loopback=True, now=lambda: NOW,
                               collector_health=lambda: {"spool": {site.id: 3}})  # fmt: skip
        yield Place(stack.enter_context(Server(app)), registry.sessions.open(viewer.id))
        store.writer.command("drop database chromium sync", use_database=False)


class Window:
    """A page of a fresh profile that remembers what it asked for and what it complained of."""

    def __init__(self, browser: playwright.Browser, url: str, **options: object) -> None:
        self.url = url
        self.context = browser.new_context(
            base_url=url, **{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **options}
        )
        self.page = self.context.new_page()
        self.asked: list[playwright.Request] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    def open(self, path: str) -> playwright.Page:
        self.page.goto(path)
        return self.page

    def state(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.page.url).query))


@pytest.fixture(scope="module")
def place(engine_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with populated_dashboard(engine_directory, tmp_path_factory.mktemp("place")) as place:
        yield place


@pytest.fixture
def window(chromium: playwright.Browser, place: Place) -> Iterator[Callable[..., Window]]:
    """Opens windows; they close when the test ends."""
    opened: list[Window] = []

    def make(**options: object) -> Window:
        opened.append(Window(chromium, place.url, **options))
        return opened[-1]

    yield make
    for one in opened:
        one.context.close()
