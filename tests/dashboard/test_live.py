"""Live: all who watch the same share one question a tick, and a stream ends when it has to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import count

import pytest

from clickhouse.faults import StoreAway
from dashboard.live import RETRY, Live, event_of


def run(work: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


async def yes() -> bool:
    return True


def going_on() -> bool:
    return False


def counting() -> tuple[list[int], Callable[[], Coroutine[object, object, str]]]:
    asked: list[int] = []
    numbers = count(1)

    async def make() -> str:
        asked.append(next(numbers))
        return f"<p>{asked[-1]}</p>"

    return asked, make


async def take(stream: AsyncIterator[str], events: int) -> list[str]:
    """The first events of a stream, which is then left."""
    got: list[str] = []
    async for text in stream:
        if text != RETRY:
            got.append(text)
        if len(got) == events:
            break
    await stream.aclose()  # type: ignore[attr-defined]  # an async generator
    return got


def test_watchers_of_the_same_share_one_question_a_tick() -> None:
    async def watch() -> None:
        asked, make = counting()
        live = Live(tick_seconds=0.01)
        got = await asyncio.gather(*(take(live.watch("a", make, yes, going_on), 3) for _ in range(20)))
        assert all(len(events) == 3 for events in got)
        assert len(asked) < 20
        assert live.watchers == 0

    run(watch())


def test_nothing_is_asked_while_nobody_watches() -> None:
    async def watch() -> None:
        asked, make = counting()
        live = Live(tick_seconds=0.001)
        await take(live.watch("a", make, yes, going_on), 2)
        before = len(asked)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(asked) == before
        assert live.watchers == 0

    run(watch())


def test_a_stream_ends_when_the_server_does() -> None:
    async def watch() -> None:
        _, make = counting()
        is_ending = [False]
        got = []
        async for text in Live(tick_seconds=60).watch("a", make, yes, lambda: is_ending[0]):
            got.append(text)
            is_ending[0] = len(got) == 2
        assert got == [RETRY, "data: <p>1</p>\n\n"]

    run(watch())


def test_a_stream_ends_before_the_next_word_once_its_watcher_may_not_look() -> None:
    async def watch() -> None:
        _, make = counting()
        allowed = [True]

        async def may_look() -> bool:
            return allowed[0]

        got = []
        async for text in Live(tick_seconds=0.001).watch("a", make, may_look, going_on):
            got.append(text)
            allowed[0] = len(got) < 3
        assert got == [RETRY, "data: <p>1</p>\n\n", got[2]]

    run(watch())


def test_where_nobody_says_when_the_end_comes_a_stream_is_one_event() -> None:
    async def watch() -> None:
        _, make = counting()
        got = [text async for text in Live(tick_seconds=0.001).watch("a", make, yes, None)]
        assert got == [RETRY, "data: <p>1</p>\n\n"]

    run(watch())


def test_a_fault_of_the_store_is_a_tick_without_news() -> None:
    async def watch() -> None:
        faults = iter([StoreAway("away"), None])

        async def make() -> str:
            fault = next(faults, None)
            if fault:
                raise fault
            return "back"

        assert await take(Live(tick_seconds=0.001).watch("a", make, yes, going_on), 1) == ["data: back\n\n"]

    run(watch())


def test_the_number_of_watchers_is_bounded() -> None:
    async def watch() -> None:
        _, make = counting()
        live = Live(tick_seconds=60, most_watchers=2)
        streams = [live.watch(name, make, yes, going_on) for name in "ab"]
        for stream in streams:
            await anext(stream)
        assert live.is_full
        await streams[0].aclose()  # type: ignore[attr-defined]
        assert not live.is_full
        await streams[1].aclose()  # type: ignore[attr-defined]

    run(watch())


@pytest.mark.parametrize(
    ("text", "told"),
    [("a", "data: a\n\n"), ("a\nb", "data: a\ndata: b\n\n"), ("a\r\n\nb", "data: a\ndata: \ndata: b\n\n")],
)
def test_every_line_of_a_text_is_a_line_of_data(text: str, told: str) -> None:
    assert event_of(text) == told
