"""A whole world in one line: a registry with sites and people, a store, the dashboard over both, a clock that stands.

People: `owner` owns all sites; `admin`, `analyst`, `viewer` and `dpo` see example.com; `stranger` owns other.example
alone. The registry is made once per process and copied for each test.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import Event, PlacedEvent, Position
from clickhouse.visits import derive_visits, visit_id_of
from dashboard.app import create_dashboard
from registry.registry import Registry

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
ROLES = {"owner": None, "admin": "example.com", "analyst": "example.com", "viewer": "example.com", "dpo": "example.com"}
STRANGER = "stranger@other.example"
QUIET = timedelta(minutes=30)


def address_of(who: str) -> str:
    return STRANGER if who == "stranger" else f"{who}@example.com"


@dataclass
class Hand:
    """One event as a test writes it: who, when, what."""

    visitor: int
    at: datetime
    fields: dict[str, object] = field(default_factory=dict)


class Browser:
    """A browser without a network: keeps cookies, follows nothing by itself."""

    def __init__(self, runner: asyncio.Runner, app: Starlette, base_url: str, peer: str) -> None:
        self._run = runner.run
        self._app, self._peer = app, peer
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(peer, 50000))
        self._http = httpx.AsyncClient(transport=transport, base_url=base_url)
        self.cookies = self._http.cookies

    def keep(self, name: str, value: str) -> None:
        """Keep a cookie as if this host had set it."""
        host = self._http.base_url.host
        self.cookies.set(name, value, domain=host if "." in host else f"{host}.local")

    def get(self, path: str, **more: object) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: object) -> httpx.Response:
        return self.request("POST", path, **more)

    def request(self, method: str, path: str, **more: object) -> httpx.Response:
        return self._run(self.ask(method, path, **more))

    async def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        """The same for tests that do several things at once."""
        return await self._http.request(method, path, **more)

    def begin(self, method: str, path: str, **more: object) -> httpx.Response:
        """Ask for something without an end, and hang up when its headers are here."""
        return self._run(first_of(self._app, self._http.build_request(method, path, **more), self._peer))


async def first_of(app: object, request: httpx.Request, peer: str) -> httpx.Response:
    """Ask an app, and go away as soon as its headers have come."""
    began: asyncio.Future[httpx.Response] = asyncio.get_running_loop().create_future()
    bodies = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, object]:
        body = next(bodies, None)
        if body is None:
            await asyncio.shield(began)
            return {"type": "http.disconnect"}
        return body

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start" and not began.done():
            began.set_result(httpx.Response(int(message["status"]), headers=message["headers"], request=request))

    url = request.url
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method,
             "scheme": url.scheme, "path": url.path, "raw_path": url.raw_path, "query_string": url.query,
             "root_path": "", "headers": [(name.lower(), value) for name, value in request.headers.raw],
             "client": (peer, 50000), "server": (url.host, url.port or 80)}  # fmt: skip
    running = asyncio.ensure_future(app(scope, receive, send))  # type: ignore[operator]
    try:
        return await asyncio.wait_for(asyncio.shield(began), 30)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@dataclass
class World:
    """Everything a test of the dashboard touches."""

    registry: Registry
    store: Store
    make: Callable[..., Starlette]
    clock: list[datetime]
    runner: asyncio.Runner
    segment: int = 0

    @property
    def now(self) -> datetime:
        return self.clock[0]

    def site_id(self, host: str = "example.com") -> int:
        return self.registry.sites.get(host).id

    def browser(self, who: str | None = None, *, peer: str = "198.51.100.7", **options: object) -> Browser:
        """A browser, signed in as `who`; `options` are those of `create_dashboard`."""
        base = "/".join(str(options.get("base_url") or "http://testserver").split("/")[:3])
        browser = Browser(self.runner, self.make(**options), base, peer)
        if who is not None:
            token = self.registry.sessions.open(self.registry.users.get(address_of(who)).id)
            name = "__Host-footfall_session" if base.startswith("https") else "footfall_session"
            browser.keep(name, token)
        return browser

    def key(self, host: str = "example.com", scope: str = "stats:read") -> dict[str, str]:
        _, secret = self.registry.keys.add(host, [scope], "test")
        return {"Authorization": f"Bearer {secret}"}

    def ask(self, query: dict[str, object], browser: Browser | None = None, **headers: str) -> httpx.Response:
        """Ask the Stats API about example.com."""
        body = {"site_id": "example.com", **query}
        return (browser or self.browser()).post("/api/v2/query", json=body, headers=headers or self.key())

    def results(self, query: dict[str, object]) -> list[list[object]]:
        """The rows of an answer of the Stats API: labels, then numbers."""
        answer = self.ask(query)
        assert answer.status_code == 200, answer.text
        return [[*row["dimensions"], *row["metrics"]] for row in answer.json()["results"]]

    def count(self, *hands: Hand, host: str = "example.com") -> None:
        """Store events, each in its visit."""
        site = self.site_id(host)
        self.segment += 1
        placed, begun, last = [], {}, {}
        for seq, hand in enumerate(sorted(hands, key=lambda hand: hand.at)):
            if hand.visitor not in last or hand.at - last[hand.visitor] > QUIET:
                begun[hand.visitor] = hand.at
            last[hand.visitor] = hand.at
            visit = visit_id_of(site, hand.visitor, _ms(begun[hand.visitor])) if hand.visitor else 0
            plain = {"name": "pageview", "hostname": host, "path": "/", "channel": "Direct"}
            event = Event(site_id=site, ts=_ms(hand.at), visitor_id=hand.visitor, **{**plain, **hand.fields})
            placed.append(PlacedEvent(event, visit, Position(self.segment, seq)))
        insert_events(self.store, placed, token=f"{self.segment}")
        derive_visits(self.store, {(site, row.visit_id) for row in placed if row.visit_id})

    def views(self, count: int, at: datetime | None = None, **fields: object) -> None:
        """Store page views of as many visitors."""
        when = at or self.now - timedelta(hours=1)
        first = 1000 * (self.segment + 1)
        self.count(*(Hand(first + number, when, dict(fields)) for number in range(count)))


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


@pytest.fixture(scope="session")
def populated_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("registry") / "registry.sqlite"
    with Registry.open(f"sqlite:///{path}", clock=lambda: NOW) as registry:
        for host in ("example.com", "other.example"):
            registry.sites.add(host)
        for role, host in ROLES.items():
            registry.users.add(address_of(role), PASSWORD, role, host)
        registry.users.add(STRANGER, PASSWORD, "owner", "other.example")
    return path


def open_world(path: Path, store: Store) -> Iterator[World]:
    clock = [NOW]
    with Registry.open(f"sqlite:///{path}", clock=lambda: clock[0]) as registry:

        def make(**options: object) -> Starlette:
            return create_dashboard(registry, store, now=lambda: clock[0], **options)

        with asyncio.Runner() as runner:
            yield World(registry, store, make, clock, runner)


@pytest.fixture
def world(populated_registry: Path, store: Store, tmp_path: Path) -> Iterator[World]:
    """Two sites, six people, no events."""
    path = tmp_path / "registry.sqlite"
    shutil.copy(populated_registry, path)
    yield from open_world(path, store)


@pytest.fixture
def empty_world(store: Store, tmp_path: Path) -> Iterator[World]:
    """A first run: nobody and nothing."""
    yield from open_world(tmp_path / "registry.sqlite", store)
