"""A world of people who are asked: sites in every mode, a real registry, a clock that a test moves, a real pipeline.

Not a test. `async with open_asking(tmp_path) as asking:` gives the collector, its registry and its clock.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
from collector_world import BROWSER, Collector, open_collector, tools

from clickhouse.rows import Event
from collector.privacy.notice import version_of
from collector.tag import Tag
from registry.registry import Registry
from registry.salts import open_salts
from registry.snapshot import Snapshot

DAY = 86_400
START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC).timestamp()
SAME = {"sec-fetch-site": "same-origin"}


class Clock:
    """Seconds since 1970, until a test says otherwise."""

    def __init__(self) -> None:
        self.seconds = START

    def __call__(self) -> float:
        return self.seconds


class Asking:
    """The open collector with what it stands on."""

    def __init__(self, collector: Collector, registry: Registry, snapshot: Snapshot, clock: Clock) -> None:
        self.collector = collector
        self.registry = registry
        self.snapshot = snapshot
        self.clock = clock

    @property
    def version(self) -> str:
        """The version of the notice that visitors of hybrid.example are shown."""
        return version_of(self.registry.sites.get("hybrid.example"))

    @property
    def stamp(self) -> str:
        """The beginning of a consent cookie's value that is set at the start."""
        return f"1.{self.version}.{int(START)}"

    def visitor(self, host: str = "hybrid.example", scheme: str = "https") -> Visitor:
        return Visitor(self, f"{scheme}://{host}")

    def events(self) -> list[Event]:
        return self.collector.events()

    def proofs(self, host: str = "hybrid.example") -> list[tuple[str, str, str]]:
        """What the log holds, oldest first, as (action, ui, signals)."""
        return [(proof.action, proof.ui, proof.signals) for proof in reversed(self.registry.consents.list(host))]


class Visitor:
    """A browser with a jar of cookies."""

    def __init__(self, asking: Asking, origin: str) -> None:
        self._origin = origin
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(asking.collector.app, client=("203.0.113.7", 1)),
            base_url=origin,
            headers={"user-agent": BROWSER},
        )

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.client.cookies)

    async def say(self, consent: Any, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """Speak as the snippet does."""
        told = {"content-type": "text/plain;charset=UTF-8", **SAME, **(headers or {})}
        body = msgspec.json.encode({"consent": consent, **more})
        return await self.client.post("/privacy/consent", content=body, headers=told)

    async def press(self, headers: dict[str, str] | None = None, **form: str) -> httpx.Response:
        """Send the form of the privacy page."""
        return await self.client.post("/privacy/consent", data=form, headers={**SAME, **(headers or {})})

    async def see(self, headers: dict[str, str] | None = None) -> str:
        """Look at a page; return why it was not counted, or nothing."""
        body = msgspec.json.encode({"n": "pageview", "u": f"{self._origin}/"})
        told = {"content-type": "text/plain", **(headers or {})}
        answer = await self.client.post("/e", content=body, headers=told)
        assert answer.status_code == 202
        assert "set-cookie" not in answer.headers
        return answer.headers.get("x-refused", "")


@asynccontextmanager
async def open_asking(directory: Path, consents: Any = None, **more: Any) -> AsyncIterator[Asking]:
    clock = Clock()
    registry = Registry.open(
        f"sqlite:///{directory / 'registry.sqlite'}", clock=lambda: datetime.fromtimestamp(clock.seconds, UTC)
    )
    with registry:
        registry.sites.add("hybrid.example", mode="hybrid", legal_basis="consent", hosts="localhost")
        registry.sites.add("asks.example", preset="consent")
        registry.sites.add("shop.example", hosts="127.0.0.1")
        registry.sites.add("daily.example")
        registry.sites.add("groundless.example", mode="hybrid")
        snapshot = Snapshot(registry)
        salts = open_salts("memory:", directory)
        async with open_collector(
            directory,
            snapshot=snapshot,
            tools=msgspec.structs.replace(tools(), salt=salts.today, pepper=snapshot.pepper),
            consents=consents or registry.consents,
            tag=Tag(snapshot),
            now=clock,
            **more,
        ) as collector:
            yield Asking(collector, registry, snapshot, clock)
