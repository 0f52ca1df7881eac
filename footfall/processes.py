"""Processes: so many that receive for one that stores; each is started again when it ends, all end with their parent.

In: what to call each, and what number n (from 0) is started with. Out: running processes until `end`. What they share
is checked first: salts that only one process knows would give one visitor several numbers.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

from collector.settings import Settings, SettingsError
from registry.salts import open_salts

_SPAWN = multiprocessing.get_context("spawn")

log = logging.getLogger(__name__)


class Processes:
    """They run from the beginning. `look` about once a second; `end` may be called twice."""

    def __init__(self, names: Sequence[str], target: Callable[..., None], args_of: Callable[[int], tuple[Any, ...]]):
        self._names = names
        self._target = target
        self._args_of = args_of
        self._is_over = threading.Event()
        self._running = [self._start(number) for number in range(len(names))]

    def look(self) -> None:
        """Start those again that have ended."""
        for number, process in enumerate(self._running):
            if not process.is_alive() and not self._is_over.is_set():
                log.error("%s ended with exit code %s; starting it again", self._names[number], process.exitcode)
                self._running[number] = self._start(number)

    def end(self, seconds: float) -> None:
        """Have them stop receiving and bring to disk what they have; kill what takes longer than so many seconds."""
        self._is_over.set()
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.join(seconds)
            process.kill()

    def _start(self, number: int) -> multiprocessing.context.SpawnProcess:
        process = _SPAWN.Process(target=self._target, args=self._args_of(number))
        process.start()
        return process


def refuse_unshared(settings: Settings) -> None:
    """Raise SettingsError where several processes cannot share the salts."""
    if not open_salts(settings.salts, settings.data).is_shared:
        raise SettingsError("--workers needs FOOTFALL_SALTS that processes can share: dir:/run/footfall or redis://")


def end_with_parent() -> None:
    """Begin to wait for the end of the process that started this one, and end then too.

    One that was killed leaves nobody to store: better to be unreachable than to fill the disk unseen.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
