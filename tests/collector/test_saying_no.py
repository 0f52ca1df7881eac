"""A no however it is written, at the very next request; what is counted of it; and salts that outlive nothing."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from collector_world import BROWSER, open_collector, tools
from tmpfs import NO_TMPFS, salts_beside, salts_spec

from clickhouse.rows import RefusalCount
from collector.spool import Committer, Spool
from collector.spool.reader import Reader
from collector.spool.record import decode
from registry.salts import Salts, open_salts

DAY = 86_400
NOON = 1_763_812_800.0
FETCH = {"sec-fetch-dest": "empty", "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["1"], "gpc"), ([" 1 "], "gpc"), (["0, 1"], "gpc"), (["0", "1"], "gpc"), (["1", "1"], "gpc"),
        (["x,1,y"], "gpc"),
        (["0"], ""), (["true"], ""), (["11"], ""), ([""], ""), (["1;x"], ""), (["2", "0"], ""), (['"1"'], ""),
    ],
)  # fmt: skip
def test_global_privacy_control_is_exactly_one_wherever_it_stands_in_a_list(
    tmp_path: Path, values: list[str], reason: str
) -> None:
    assert refused(tmp_path, [("sec-gpc", value) for value in values]) == reason


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["1"], "dnt"), ([" 1"], "dnt"), (["0,1"], "dnt"), (["0", "1"], "dnt"), (["yes"], "dnt"),
        (["0"], ""), (["unspecified"], ""), (["null"], ""), ([""], ""), (["10"], ""),
    ],
)  # fmt: skip
def test_do_not_track_is_one_or_the_old_yes(tmp_path: Path, values: list[str], reason: str) -> None:
    assert refused(tmp_path, [("dnt", value) for value in values]) == reason


def refused(tmp_path: Path, signals: list[tuple[str, str]]) -> str:
    """Send an event with these headers, a repeated one repeated; return why it was refused, or nothing."""

    async def scenario() -> str:
        async with open_collector(tmp_path) as collector:
            transport = httpx.ASGITransport(collector.app)
            headers = [("content-type", "text/plain"), ("user-agent", BROWSER), *signals]
            async with httpx.AsyncClient(transport=transport, base_url="https://example.com") as client:
                answer = await client.post(
                    "/e", content=b'{"n":"pageview","u":"https://example.com/"}', headers=headers
                )
                return str(answer.headers.get("x-refused", ""))

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({**FETCH, "sec-gpc": "1"}, '{"stop":1}'),
        ({**FETCH, "dnt": "1"}, '{"stop":1}'),
        ({**FETCH, "cookie": "footfall_optout=1"}, '{"stop":1}'),
        ({**FETCH, "cookie": "footfall_consent=1.1.1.d.0"}, '{"stop":1}'),
        ({"sec-gpc": "1"}, "ok"),
        ({**FETCH, "user-agent": "Googlebot/2.1"}, "ok"),
        (FETCH, "ok"),
    ],
)
def test_a_script_is_told_to_stop_by_a_no_that_only_the_server_saw(
    tmp_path: Path, headers: dict[str, str], body: str
) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path) as collector:
            answer = await collector.send(headers)
            assert (answer.status_code, answer.text) == (202, body)
            assert "set-cookie" not in answer.headers

    asyncio.run(scenario())


def counts_in(spool: Path) -> list[RefusalCount]:
    reader, found = Reader(spool), []
    while reader.peek() is not None:
        for record in reader.take().records():
            decoded: Any = decode(record)
            found += getattr(decoded, "counts", [])
    return found


def test_the_count_of_noes_has_no_other_dimension_than_site_day_and_reason(tmp_path: Path) -> None:
    """Whoever says no, from wherever, about whatever: one line for all of them."""

    async def scenario() -> None:
        async with open_collector(tmp_path, now=lambda: NOON) as collector:
            keep = Committer(Spool.open(tmp_path / "counts"))
            for number in range(12):
                agent = f"Mozilla/5.0 (X11; Linux x86_64) Chrome/1{number}0.0.0.0"
                told = {"sec-gpc": "1", "user-agent": agent, "accept-language": f"x{number}"}
                await collector.send(
                    told,
                    u=f"https://www{number}.example.com/p{number}?utm_source=s{number}",
                    r=f"https://from{number}.example/",
                    p={"plan": str(number)},
                )
            await collector.send({"dnt": "1"})
            await collector.tally.flush(keep.keep)
            await keep.close()
        counts = counts_in(tmp_path / "counts")
        told_of = [(count.site_id, count.day, count.reason, count.count, count.rule) for count in counts]
        day = int(NOON) // DAY
        assert sorted(told_of) == [(1, day, "dnt", 1, ""), (1, day, "gpc", 12, "")]
        assert RefusalCount.__struct_fields__ == ("site_id", "day", "reason", "count", "rule")

    asyncio.run(scenario())


def test_a_salt_turns_over_while_the_store_is_away_and_a_restart_keeps_the_day(tmp_path: Path) -> None:
    """F12: events wait in the spool, midnight passes, the server is started anew; the store answers never."""

    async def morning(salts: Salts, now: float) -> None:
        with_salts = msgspec.structs.replace(tools(), salt=salts.today)
        async with open_collector(tmp_path, tools=with_salts, now=lambda: now) as collector:
            assert (await collector.send()).status_code == 202

    with salts_beside(tmp_path), tempfile.TemporaryDirectory() as elsewhere:
        if not (tmp_path / "memory").exists():
            pytest.skip(NO_TMPFS)
        spec = salts_spec(tmp_path)
        salt_of: list[bytes] = []
        for now in (NOON, NOON + 60, NOON + DAY, NOON + DAY + 60):
            salts = open_salts(spec, Path(elsewhere))  # each time a new process would
            asyncio.run(morning(salts, now))
            salt_of += [path.read_bytes() for path in (tmp_path / "memory").resolve().glob("salts/1/*")]
        assert len(salt_of) == 4, "never two at once"
        first, again, second, again_second = salt_of
        assert (first, second) == (again, again_second)
        assert first != second

        numbers = [event.visitor_id for event in events_in(tmp_path / "spool")]
        assert len(numbers) == 4
        assert numbers[0] == numbers[1] != numbers[2] == numbers[3]

        kept = [path for place in (tmp_path, (tmp_path / "memory").resolve()) for path in place.rglob("*")]
        texts = {path: path.read_bytes() for path in kept if path.is_file()}
        assert [path for path, text in texts.items() if first in text] == []
        assert [path.parent.parent.name for path, text in texts.items() if second in text] == ["salts"]


def events_in(spool: Path) -> list[Any]:
    reader, found = Reader(spool), []
    while reader.peek() is not None:
        found += [event for record in reader.take().records() if (event := getattr(decode(record), "event", None))]
    return found
