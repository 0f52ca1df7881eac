"""The log tells where and of what kind, never with what: at its most talkative, with traces, it knows no visitor."""

from __future__ import annotations

import asyncio
import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from collector_world import BROWSER, open_collector

from collector import log as quiet

CANARY = "canary7f3a"
CANARY_ADDRESS = "203.0.113.77"


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    """Every logger at DEBUG, with tracebacks, into one string: as careless as an operator can be."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def test_a_fault_in_the_pipeline_is_a_500_without_a_trace_and_no_202(
    tmp_path: Path, everything_logged: io.StringIO
) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path, broken=True) as collector:
            headers = {"user-agent": f"{BROWSER} {CANARY}"}
            for answer in (await collector.send(headers), await collector.ask("GET", "/privacy", headers=headers)):
                assert answer.status_code == 500
                assert CANARY not in answer.text
                assert "Traceback" not in answer.text
            assert collector.events() == []
            assert not collector.tally.received

    asyncio.run(scenario())
    told = everything_logged.getvalue()
    assert "unexpected ValueError at " in told
    assert CANARY not in told


def test_no_log_line_holds_anything_of_a_visitor(tmp_path: Path, everything_logged: io.StringIO) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path) as collector:
            headers = {
                "user-agent": f"{BROWSER} {CANARY}",
                "x-forwarded-for": CANARY_ADDRESS,
                "referer": f"https://example.com/{CANARY}",
                "cookie": f"{CANARY}=1; footfall_consent={CANARY}",
                "accept-language": CANARY,
            }
            url = f"https://example.com/u/{CANARY}?email={CANARY}@mail.example&token={CANARY}"
            await collector.send(headers, u=url, r=url, p={CANARY: CANARY}, d=f"example.com,{CANARY}.example")
            await collector.send(headers, u=url, n=CANARY * 40)
            for body in (f'{{"{CANARY}'.encode(), CANARY.encode(), f'["{CANARY}"]'.encode(), b"\xff" + CANARY.encode()):
                told = {**headers, "content-type": "text/plain"}
                await collector.ask("POST", "/e", content=body, headers=told)
                await collector.ask("POST", "/privacy/choice", content=body, headers=told)
            for path in ("/privacy", "/s.js", f"/s.{CANARY}.js", f"/{CANARY}", "/metrics", "/readyz", "/privacy/heal"):
                await collector.ask("GET", f"{path}?q={CANARY}", headers=headers)

    asyncio.run(scenario())
    # The client of this test logs its own requests; a server has no client.
    ours = "\n".join(line for line in everything_logged.getvalue().splitlines() if not line.startswith("httpx "))
    for secret in (CANARY, CANARY_ADDRESS):
        assert secret not in ours


def test_an_exception_is_described_by_kind_and_place_alone() -> None:
    try:
        {}["secret"]
    except KeyError as error:
        told = quiet.describe(error)
        shown = quiet.QuietFormatter().formatException((type(error), error, error.__traceback__))
    assert re.fullmatch(r"KeyError at collector/test_http_log\.py:\d+ in \w+", told)
    assert shown == told


def test_a_log_line_is_one_line_and_cannot_move_the_cursor() -> None:
    record = logging.LogRecord("collector", logging.ERROR, "", 0, "a\r\nb\x1b[31mc\u202ed", (), None)
    assert quiet.QuietFormatter().format(record).endswith("collector: a\\r\\nb\\x1b[31mc\\u202ed")


def test_what_nobody_caught_in_the_loop_is_told_without_its_arguments(everything_logged: io.StringIO) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        quiet.quiet_loop(loop)

        def fail(text: str) -> None:
            raise ValueError(text)

        loop.call_soon(fail, CANARY)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(scenario())
    assert "uncaught in the event loop: ValueError" in everything_logged.getvalue()
    assert CANARY not in everything_logged.getvalue()
