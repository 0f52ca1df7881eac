"""A drain that runs in a thread, and waiting for what it does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from collector.drain import Drain, DrainLimits

FAST = DrainLimits(batch_seconds=0.01, poll_seconds=0.01, retry_seconds=0.01, retry_most_seconds=0.05)


@contextmanager
def running(drain: Drain) -> Iterator[threading.Event]:
    """The drain in a thread; told to stop at the end, and then closed."""
    stop = threading.Event()
    thread = threading.Thread(target=drain.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(60)
        drain.close()
        assert not thread.is_alive()


def until(condition: Callable[[], bool]) -> None:
    """Return when it holds; fail after a long while."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
