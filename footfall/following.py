"""Following: what every process does about once a second, beside answering requests.

In: an open footing. Out: threads that follow the registry and destroy yesterday's salts, and do whatever else they are
given. They end where they are when the block ends. A registry or a store that is away is tried again; a programming
mistake ends its thread with a line in the log.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from clickhouse.faults import StoreAway
from collector.distill.visitor import local_day
from footfall.footing import Footing
from registry.errors import RegistryError

SECONDS = 1.0

Work = Callable[[], None]


@contextlib.contextmanager
def following(ground: Footing, *others: Work) -> Iterator[None]:
    """Do the chores of a process that leaves storing and orders to its keeper."""
    with threads(*(repeated(work) for work in (lambda: follow(ground), *others))):
        yield


@contextlib.contextmanager
def threads(*works: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(stop,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def repeated(work: Work) -> Callable[[threading.Event], None]:
    """Do the work about once a second; the world's faults are over some time later."""

    def repeat(stop: threading.Event) -> None:
        while not stop.wait(SECONDS):
            with contextlib.suppress(RegistryError, StoreAway, OSError):
                work()

    return repeat


def follow(ground: Footing) -> None:
    """Bring the picture of the sites up to date, and let no salt outlive its site's day."""
    ground.snapshot.refresh()
    now_ms = int(time.time() * 1000)
    ground.salts.expire({site.id: local_day(now_ms, site.timezone) for site in ground.snapshot.sites})
