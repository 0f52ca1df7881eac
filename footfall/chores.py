"""The chores: what has to be done about once a second, beside answering requests.

In: open rooms. Out: threads that drain the spools, follow the registry, destroy yesterday's salts, remove each night
what sites no longer keep, and execute the orders that the command line and the dashboard leave. Each thread ends when
the block ends: the drain stores what it can first, the others stop where they are. A store or a registry that is away
is tried again; a programming mistake ends its thread with a line in the log, and `/readyz` tells.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

from clickhouse.faults import StoreAway
from clickhouse.migrate import migrate
from collector.drain import Drain
from collector.spool import SpoolError
from footfall.auditing import Auditor, NightlyAudit
from footfall.closing import Closing
from footfall.following import SECONDS, Work, follow, repeated, threads
from footfall.house import Ground, House, Keeper
from footfall.old_looks import OldLooks
from footfall.orders import run_orders
from footfall.precedence import engine_stands_back, stand_back
from footfall.prop_watch import PropWatch
from footfall.reminders import Reminders
from footfall.retention import Retention
from footfall.wayout.remembered import note_orders
from registry.errors import RegistryError

IN_FLIGHT_SECONDS = 5.0
"""What was decided by the sites as they were is safe in a spool by then, or was refused."""


@contextlib.contextmanager
def keeping(keeper: Keeper | House, retention: Retention, *others: Work) -> Iterator[None]:
    """Do all chores during the block, and `others` with them."""
    drain = keeper.drain
    # What an embedded engine has freed it would keep for about ten seconds (50 MB while somebody reads reports), and
    # what its merges have written it never syncs.
    tidy = keeper.store.tidy
    works = (lambda: follow(keeper), Executor(keeper, drain).execute, retention.work, tidy, PropWatch(keeper).work,
             keeper.registry.tidy, Closing(keeper).work, NightlyAudit(keeper.registry).work, engine_stands_back,
             Reminders(keeper.registry).work, OldLooks(keeper.registry).work, *others)  # fmt: skip
    with threads(lambda stop: drain_store(keeper, drain, stop), *(repeated(work) for work in works)):
        yield


def drain_store(ground: Ground, drain: Drain, stop: threading.Event) -> None:
    """Drain, once the store has this release's schema."""
    stand_back()
    while not stop.is_set():
        try:
            migrate(ground.store)
        except StoreAway:
            with contextlib.suppress(SpoolError, OSError):
                drain.look()
            stop.wait(SECONDS)
        else:
            drain.run(stop)
            return


class Executor:
    """Executes orders, and knows since when everybody here has obeyed which revision of the sites."""

    def __init__(self, ground: Ground, drain: Drain) -> None:
        self._ground = ground
        self._drain = drain
        self._revision = -1
        self._since = datetime.now(UTC)
        self._auditor = Auditor(ground, serves=True, step=self._go_on)
        with contextlib.suppress(OSError, RegistryError):
            note_orders(ground.registry, ground.settings.data, ground.settings.backup_days)

    def execute(self) -> None:
        ground = self._ground
        run_orders(ground.registry, ground.store, ground.salts, self.is_settled, data=ground.settings.data,
                   backup_days=ground.settings.backup_days, let_go=self._drain.ask_to_let_go,
                   audit=self._auditor.audit, rewind=self._drain.ask_to_rewind)  # fmt: skip

    def _go_on(self) -> None:
        """Let nobody wait for what a drain shall bring that has ended."""
        if not self._drain.status().is_running:
            raise StoreAway("nothing is brought to the store any more")

    def is_settled(self, revision: int) -> bool:
        """Say whether nothing decided before `revision` can reach the store any more.

        Every process looks at the revision once a second, and the drain tells how old the oldest waiting event is.
        """
        if self._ground.snapshot.revision < revision:
            return False
        if self._revision < revision:
            self._revision, self._since = revision, datetime.now(UTC)
        status = self._drain.status()
        stored_until = (datetime.now(UTC) - self._since).total_seconds() - status.lag_seconds
        is_quiet = status.is_running and not status.error and not status.is_rewinding
        return is_quiet and stored_until > IN_FLIGHT_SECONDS
