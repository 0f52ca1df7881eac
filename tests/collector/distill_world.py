"""A world for the tests of `distill` in one line: tools with a fixed salt, an arrival, and what becomes of it.

Not a test. `event(...)` and `refusal(...)` say by their names what they expect; the tools are opened once a process.
`case_rows` reads the shared cases; where they are not beside the checkout the test says so and is skipped.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from clickhouse.rows import Event, Refusal
from collector.arrival import Arrival
from collector.distill import Tools, distill, open_tools
from registry.site import Site

NOW_MS = 1_763_820_000_000
CASES = Path(__file__).parents[3] / "shared" / "cases"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@lru_cache(maxsize=1)
def tools() -> Tools:
    return open_tools(lambda _site, _day: b"s" * 32)


def site(**settings: Any) -> Site:
    return Site(**({"id": 7, "host": "example.com"} | settings))


def arrive(url: str = "https://example.com/", **said: Any) -> Arrival:
    usual = {"name": "pageview", "url": url, "address": "203.0.113.77", "agent": FIREFOX}
    return Arrival(**(usual | said))


def outcome(arrival: Arrival, where: Site | None = None, with_tools: Tools | None = None) -> Event | Refusal:
    return distill(arrival, where or site(), with_tools or tools(), NOW_MS)


def event(arrival: Arrival, where: Site | None = None, with_tools: Tools | None = None) -> Event:
    result = outcome(arrival, where, with_tools)
    assert isinstance(result, Event), result
    return result


def refusal(arrival: Arrival, where: Site | None = None, with_tools: Tools | None = None) -> Refusal:
    result = outcome(arrival, where, with_tools)
    assert isinstance(result, Refusal), result
    return result


def case_rows(name: str) -> list[dict[str, Any]]:
    """Read a table of shared cases, or skip the test."""
    path = CASES / f"{name}.jsonl"
    if not path.exists():
        pytest.skip("the shared cases are not beside this checkout")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
