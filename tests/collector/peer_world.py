"""A world for the peers' dialects in one line: the whole collector with its real pipeline, asked as a tracker asks it.

Not a test. `World(*sites)` keeps what the spool would get; `ask` sends one request from a browser on a page of
example.com, and `events` are what was kept, in order. `replay` walks a captured session of a real tracker.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from distill_world import CASES, FIREFOX, tools
from http_world import Town

from clickhouse.rows import Event
from collector.app import create_collector
from collector.condition import Condition
from collector.settings import load
from collector.spool import SpoolFull
from collector.spool.record import KeptEvent, decode, encode_refusals
from collector.tally import Tally
from registry.site import Site

SITE = Site(id=1, host="example.com")
SHOP = Site(id=1, host="shop.example.test")
ORIGIN = "https://example.com"


class World:
    """A collector that keeps its records in a list."""

    def __init__(self, *sites: Site, is_full: bool = False, limit: int = 0, base_url: str = "") -> None:
        self.records: list[bytes] = []
        self.tally = Tally(encode_refusals)
        self._is_full = is_full
        self.app = create_collector(
            load({"FOOTFALL_RATE_LIMIT": str(limit), **({"FOOTFALL_BASE_URL": base_url} if base_url else {})}),
            snapshot=Town(*(sites or (SITE,))),
            tools=tools(),
            keep=self._keep,
            tally=self.tally,
            condition=Condition,
            secret=b"s" * 32,
        )

    async def _keep(self, records: list[bytes]) -> None:
        if self._is_full:
            raise SpoolFull("full")
        self.records += records

    @property
    def events(self) -> list[Event]:
        kept = [decode(record) for record in self.records]
        return [record.event for record in kept if isinstance(record, KeptEvent)]

    @property
    def refused(self) -> Counter[str]:
        """How many were refused, by reason."""
        found: Counter[str] = Counter()
        for (_, reason), count in self.tally.refused.items():
            found[reason] += count
        return found

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        """Send one request; `headers` over those of a browser on a page of example.com, None takes one out."""
        usual = {"user-agent": FIREFOX, "origin": ORIGIN, "referer": f"{ORIGIN}/", "accept": "*/*"}
        told = {name: value for name, value in {**usual, **(headers or {})}.items() if value}
        return self.ask_bare(method, path, told, **options)

    def ask_bare(self, method: str, path: str, headers: Any, **options: Any) -> httpx.Response:
        """Send one request with these headers and no others of ours."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=("198.51.100.7", 4711), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="https://stats.example") as client:
                request = client.build_request(method, path, **options)
                for name in ("user-agent", "accept", "accept-encoding", "connection"):
                    request.headers.pop(name, None)
                request.headers.update(headers)
                return await client.send(request)

        return asyncio.run(ask())


def captured(tracker: str) -> dict[str, Any]:
    """Read what a real tracker sent from a browser, or skip the test."""
    path: Path = CASES / "trackers" / f"{tracker}.json"
    if not path.exists():
        pytest.skip("the shared cases are not beside this checkout")
    session: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return session


def replay(tracker: str, world: World) -> list[tuple[str, list[Event]]]:
    """Send a captured session, headers and all; return for each step what was kept of it."""
    told = []
    for step in captured(tracker)["steps"]:
        before = len(world.records)
        for request in step["requests"]:
            # The capture gave Chromium another name, but requests that outlive their page kept the old one.
            headers = {name: value.replace("HeadlessChrome", "Chrome") for name, value in request["headers"]}
            answer = world.ask_bare(
                request["method"], request["raw_target"], headers, content=request.get("body", "").encode()
            )
            assert answer.status_code in (200, 202, 204), (step["step"], answer.status_code, answer.text)
            assert "x-refused" not in answer.headers, (step["step"], answer.headers["x-refused"])
        told.append((step["step"], world.events[before:]))
    return told
