"""Forgers: an origin can be written by anybody, so a flood that looks right is met by its number alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from collector_world import open_collector

FLOOD = 1200
LIMIT = 300
LOOKS_RIGHT = {"origin": "https://example.com", "sec-fetch-site": "same-origin", "x-forwarded-for": "198.51.100.9"}


def test_a_flood_from_one_address_is_kept_up_to_the_limit_and_no_further(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path, {"FOOTFALL_RATE_LIMIT": str(LIMIT)}) as collector:
            answers = [(await collector.send(LOOKS_RIGHT)).status_code for _ in range(FLOOD)]
            kept, refused = answers.count(202), answers.count(429)
            assert kept + refused == FLOOD
            # What trickles in while the flood lasts comes to the minute's worth that may come at once.
            assert LIMIT <= kept < FLOOD - 100
            assert len(collector.events()) == kept
            # Others are counted meanwhile, and the operator is told.
            assert (await collector.send({"x-forwarded-for": "198.51.100.10"})).status_code == 202
            text = (await collector.ask("GET", "/metrics")).text
            assert f"footfall_rate_limited_total {refused}\n" in text

    asyncio.run(scenario())
