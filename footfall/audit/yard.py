"""Yard: what the checks of the self-audit may look at, opened by whoever holds the store.

In: the open ground, where the running server answers, logs that were named. Out: a value that every check gets, and
waiting for something to arrive in the store (a running drain brings it; without a server `step` drains here).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clickhouse.client import Store
from collector.settings import Settings
from footfall.audit.probe import Probe, await_true
from footfall.house import Ground
from registry.looks import Head
from registry.registry import Registry
from registry.salts import Salts
from registry.site import Site

ARRIVAL_SECONDS = 30.0
POLL_SECONDS = 0.1


class Yard(msgspec.Struct, frozen=True, kw_only=True):
    """All that is open."""

    settings: Settings
    registry: Registry
    store: Store
    salts: Salts
    sites: tuple[Site, ...]
    now: datetime
    word: str
    """Random: the canary's, to be found nowhere."""
    step: Callable[[], object]
    """Drains a little where nobody else does."""
    is_serving: bool
    """Whether this process is the running server."""
    probe: Probe
    """What the server answered, if there is one."""
    last_head: Head | None = None
    """The end of the chain of looks that the last audit printed."""
    logs: tuple[Path, ...] = ()

    @property
    def data(self) -> Path:
        return self.settings.data

    def await_in_store(self, is_there: Callable[[], bool], seconds: float = ARRIVAL_SECONDS) -> bool:
        """Wait until something is true of the store; False when it takes too long."""

        def has_come() -> bool:
            if is_there():
                return True
            self.step()
            return False

        return await_true(has_come, seconds, POLL_SECONDS)


def yard_on(
    ground: Ground,
    *,
    word: str,
    probe: Probe,
    is_serving: bool,
    step: Callable[[], object] = lambda: None,
    last_head: Head | None = None,
    logs: tuple[Path, ...] = (),
) -> Yard:
    """Open the yard on a ground."""
    return Yard(
        settings=ground.settings,
        registry=ground.registry,
        store=ground.store,
        salts=ground.salts,
        sites=tuple(ground.registry.sites.list()),
        now=datetime.now(UTC),
        word=word,
        step=step,
        is_serving=is_serving,
        probe=probe,
        last_head=last_head,
        logs=logs,
    )
