"""Live: pages that are told anew every few seconds, as server-sent events. All who watch the same share a question.

In: a name of what is watched, and how to make its text. Out: a stream of texts for each watcher. Invariants: so many
watchers at most, whoever comes later is told to ask again by themselves; nothing is asked while nobody watches; a
stream ends within half a second of the server's being told to stop, and at the next tick once its watcher may not look
any more. A fault of the store is a tick without news. Used on the event loop only.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from dataclasses import dataclass, field

from clickhouse.faults import StoreError

TICK_SECONDS = 5.0
GLANCE_SECONDS = 0.5
"""How soon a stream sees that it has to end."""
MOST_WATCHERS = 100
RETRY = "retry: 5000\n\n"

Make = Callable[[], Awaitable[str]]


@dataclass
class Room:
    """What some people watch together."""

    watchers: int = 0
    text: str = ""
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is a newer text than the one seen."""
    work: asyncio.Task[None] | None = None

    def tell(self, text: str) -> None:
        self.text, turn, self.turn = text, self.turn, asyncio.Event()
        turn.set()


class Live:
    """Everything that is watched now."""

    def __init__(self, tick_seconds: float = TICK_SECONDS, most_watchers: int = MOST_WATCHERS) -> None:
        self._rooms: dict[Hashable, Room] = {}
        self._tick = tick_seconds
        self._most = most_watchers

    @property
    def watchers(self) -> int:
        return sum(room.watchers for room in self._rooms.values())

    @property
    def is_full(self) -> bool:
        return self.watchers >= self._most

    async def watch(
        self, name: Hashable, make: Make, may_look: Callable[[], Awaitable[bool]], is_ending: Callable[[], bool] | None
    ) -> AsyncIterator[str]:
        """Yield what an EventSource reads, until the watcher goes, may not look any more, or the server ends.

        Where nobody can say when the server ends, a stream is one event long; the browser comes back for the next.
        """
        room = self._rooms.setdefault(name, Room())
        room.watchers += 1
        if room.work is None:
            room.work = asyncio.create_task(self._keep_telling(room, make))
        try:
            yield RETRY
            seen = ""
            while is_ending is None or not is_ending():
                turn = room.turn
                if room.text and room.text is not seen:
                    if not await may_look():
                        return
                    seen = room.text
                    yield event_of(seen)
                    if is_ending is None:
                        return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(turn.wait(), GLANCE_SECONDS)
        finally:
            room.watchers -= 1
            if not room.watchers:
                self._rooms.pop(name, None)
                room.work.cancel()

    async def _keep_telling(self, room: Room, make: Make) -> None:
        while True:
            with contextlib.suppress(StoreError):
                room.tell(await make())
            await asyncio.sleep(self._tick)


def event_of(text: str) -> str:
    """Write a text as one event: every line begins with its field."""
    return "".join(f"data: {line}\n" for line in text.splitlines()) + "\n"
