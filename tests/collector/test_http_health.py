"""What an operator's machines ask: alive, ready, and the ledger that balances."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from collector_world import open_collector

from collector.condition import Condition


@pytest.mark.parametrize(
    ("condition", "code", "status"),
    [
        (Condition(), 200, "ready"),
        (Condition(store_answers=False, waiting=7), 200, "degraded"),
        (Condition(spool_accepts=False), 503, "unavailable"),
    ],
)
def test_readiness_is_whether_events_are_accepted(tmp_path: Path, condition: Condition, code: int, status: str) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path, condition=condition) as collector:
            answer = await collector.ask("GET", "/readyz")
            assert (answer.status_code, answer.json()["status"]) == (code, status)
            assert answer.json()["waiting"] == condition.waiting
            assert (await collector.ask("GET", "/healthz")).status_code == 200

    asyncio.run(scenario())


def test_the_metrics_balance(tmp_path: Path) -> None:
    condition = Condition(waiting=1, kept={1: 2}, duplicate={1: 1}, without_visit={1: 1})

    async def scenario() -> None:
        async with open_collector(tmp_path, condition=condition) as collector:
            for _ in range(5):
                await collector.send()
            await collector.send({"sec-gpc": "1"})
            await collector.send(d="nobody.example")
            text = (await collector.ask("GET", "/metrics")).text
            figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
            assert figures['footfall_events_received_total{site="example.com"}'] == "6"
            assert figures['footfall_events_refused_total{site="example.com",reason="gpc"}'] == "1"
            assert figures['footfall_events_refused_total{site="example.com",reason="no_visit"}'] == "1"
            assert figures['footfall_events_refused_total{site="",reason="unknown_site"}'] == "1"
            total = {name: sum(int(v) for k, v in figures.items() if name in k) for name in ("received", "kept_total")}
            rest = sum(int(v) for k, v in figures.items() if re.search("refused|duplicate|spool_events", k))
            assert total["received"] == total["kept_total"] + rest

    asyncio.run(scenario())


TOKEN = "a-token-of-length-24-abc"


@pytest.mark.parametrize(
    ("environ", "peer", "headers", "status"),
    [
        ({}, "127.0.0.1", {}, 200),
        ({}, "::1", {}, 200),
        ({}, "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 401),
        ({}, "127.0.0.1", {"forwarded": "for=127.0.0.1"}, 401),
        ({}, "198.51.100.7", {}, 401),
        ({}, "198.51.100.7", {"authorization": "Bearer "}, 401),
        ({"FOOTFALL_METRICS_TOKEN": TOKEN}, "198.51.100.7", {"authorization": f"Bearer {TOKEN}"}, 200),
        ({"FOOTFALL_METRICS_TOKEN": TOKEN}, "198.51.100.7", {"authorization": f"Bearer {TOKEN}x"}, 401),
        ({"FOOTFALL_METRICS_TOKEN": TOKEN}, "198.51.100.7", {"authorization": TOKEN}, 401),
    ],
)
def test_metrics_are_for_the_token_or_this_machine(
    tmp_path: Path, environ: dict[str, str], peer: str, headers: dict[str, str], status: int
) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path, environ, peer=peer) as collector:
            assert (await collector.ask("GET", "/metrics", headers=headers)).status_code == status

    asyncio.run(scenario())
