"""A whole collector for the HTTP tests: the app with its real pipeline and a real spool, without a network.

Not a test. `async with open_collector(tmp_path) as collector: await collector.send(); collector.events()`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
from http_world import Town

from clickhouse.rows import Event
from collector.app import create_collector
from collector.condition import Condition
from collector.distill import Tools, open_tools
from collector.settings import load
from collector.spool import Committer, Spool
from collector.spool.reader import Reader
from collector.spool.record import KeptEvent, decode, encode_refusals
from collector.tag import Tag
from collector.tally import Tally
from registry.site import Site

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
SITES = (
    Site(id=1, host="example.com", hosts=("*.example.com",)),
    Site(id=2, host="counted.example", mode="none", gpc="ignore", dnt="ignore", cookies_disabled="ignore"),
)


@lru_cache(1)
def tools() -> Tools:
    return open_tools(lambda _site, _day: b"salt" * 8)


class Collector:
    """An open collector: `ask` it, then look what its spool holds."""

    def __init__(self, app: Any, tally: Tally, spool: Path, peer: str) -> None:
        self.app = app
        self.tally = tally
        self._spool = spool
        self._peer = peer

    async def ask(self, method: str, path: str, host: str = "example.com", **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(self._peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
            headers = {"user-agent": BROWSER, "accept-encoding": "identity", **options.pop("headers", {})}
            return await client.request(method, path, headers=headers, **options)

    async def send(self, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        event = {"n": "pageview", "u": "https://example.com/", **fields}
        told = {"content-type": "text/plain", **(headers or {})}
        return await self.ask("POST", "/e", content=msgspec.json.encode(event), headers=told)

    def events(self) -> list[Event]:
        reader = Reader(self._spool)
        kept: list[Event] = []
        while reader.peek() is not None:
            for record in reader.take().records():
                decoded = decode(record)
                if isinstance(decoded, KeptEvent):
                    kept.append(decoded.event)
        return kept


@asynccontextmanager
async def open_collector(
    directory: Path,
    environ: dict[str, str] | None = None,
    peer: str = "127.0.0.1",
    condition: Condition = Condition(),  # noqa: B008 - frozen
    otherwise: Any = None,
    broken: bool = False,
    sites: Sequence[Site] = SITES,
    **more: Any,
) -> AsyncIterator[Collector]:
    """Open a collector in `directory`; `broken`: its pipeline raises what quotes the visitor.

    `more`: further arguments of `create_collector`.
    """
    settings = load(environ or {})
    committer = Committer(Spool.open(directory / "spool"))
    tally = Tally(encode_refusals)
    town = Town(*sites)

    def fail(_text: str) -> Any:
        raise ValueError(f"cannot read {_text}")

    usual = {
        "snapshot": town,
        "tools": msgspec.structs.replace(tools(), agent=fail) if broken else tools(),
        "keep": committer.keep,
        "tally": tally,
        "condition": lambda: condition,
        "secret": b"s" * 32,
        "tag": Tag(town, settings.base_url),
        "otherwise": otherwise,
    }
    app = create_collector(settings, **{**usual, **more})
    try:
        yield Collector(app, tally, directory / "spool", peer)
    finally:
        await committer.close()
