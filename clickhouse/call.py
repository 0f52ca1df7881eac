"""A call: the statements that one request needs, marked so that they can be ended when nobody waits for them any more.

In: threads that run statements of the call, somebody who ends it. Out: QuestionDropped for whoever would start another.
A client that goes away must not keep a reader for thirty seconds. Ending is repeated while something runs: a statement
may be on its way to the engine when it is first looked for.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clickhouse.faults import QuestionDropped

PAUSE_SECONDS = 0.05
MOST_TRIES = 200


class Call:
    """One request's statements."""

    def __init__(self) -> None:
        self.mark = f"call_{uuid.uuid4().hex}"
        self._running = 0
        self._is_ended = False
        self._changed = threading.Condition()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hold this while a statement of the call runs. Raises QuestionDropped."""
        with self._changed:
            if self._is_ended:
                raise QuestionDropped("nobody waits for this answer any more")
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def end(self, kill: Callable[[str], None]) -> None:
        """Let nothing more begin, and end what runs; `kill` is given a pattern of statements."""
        with self._changed:
            self._is_ended = True
        for _ in range(MOST_TRIES):
            with self._changed:
                if not self._running:
                    return
            kill(f"/* %{self.mark} */%")
            with self._changed:
                self._changed.wait_for(lambda: not self._running, timeout=PAUSE_SECONDS)
