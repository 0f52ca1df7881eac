"""Signals: the first SIGTERM or Ctrl-C asks for the end in order; a Ctrl-C after it is the end, at once.

In: what is to happen at the first, and what instead of waiting at a second. Out: a handler for as long as the process
lives, so that none is missed before the server listens, and none is swallowed while the last events are stored.
Ending at once loses nothing: what was acknowledged is on the disk, and the next start stores it. The system does it,
also to a thread that hears nothing. A SIGTERM is never the second word: supervisors repeat themselves.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

ENDING = (signal.SIGTERM, signal.SIGINT)


class Told:
    """Whether this process was told to end."""

    def __init__(self, at_once: Callable[[], object] | None = None) -> None:
        """Listen from now on; call it in the main thread. `at_once` must not return; without it the system ends us."""
        self.came = False
        # The first process of a container is spared what the system does by itself.
        self._at_once = at_once or (_leave if os.getpid() == 1 else None)
        self._then: Callable[[], object] = lambda: None
        for number in ENDING:
            signal.signal(number, self)

    def then(self, work: Callable[[], object]) -> None:
        """Do this at the first signal; now, if it has come."""
        self._then = work
        if self.came:
            work()

    def __call__(self, number: int, _frame: object) -> None:
        if self.came and number == signal.SIGINT and self._at_once:
            self._at_once()
        self.came = True
        if not self._at_once:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        self._then()


def _leave() -> None:
    os._exit(128 + signal.SIGINT)
