"""Executes orders when no server runs: opens the house, empties the spool into the store, does the work.

In: settings. Out: the orders are done or failed; `DataHeld` when a server has the data (it will do them). Whatever was
accepted before the last server stopped reaches the store first, so nothing of a deleted site can arrive afterwards.
Work goes in steps, and what a step has staged lies in the engine's memory: the house stays open while ClickHouse is
rewriting, and a little longer. What still waits then is for the next call.
"""

from __future__ import annotations

import contextlib
import time

from clickhouse.faults import StoreError
from clickhouse.labels import TABLES
from clickhouse.staging import is_rewriting
from collector.settings import Settings
from footfall.auditing import Auditor
from footfall.house import House, open_house
from footfall.orders import run_orders
from footfall.wayout.remembered import note_orders

STEP_SECONDS = 0.02
PATIENCE_SECONDS = 5.0


def execute_orders(settings: Settings) -> int:
    """Execute what waits; return how many orders ended. Raises the error of whatever room cannot be opened."""
    with open_house(settings) as house:
        while house.drain.step():
            pass

        def step() -> None:
            house.drain.take_in()  # the audit's made-up visit comes by a spool of its own
            house.drain.step()

        auditor = Auditor(house, serves=False, step=step)
        note_orders(house.registry, settings.data, settings.backup_days)
        ended, deadline = 0, time.monotonic() + PATIENCE_SECONDS
        while True:
            ended += run_orders(
                house.registry,
                house.store,
                house.salts,
                is_settled=lambda _revision: True,
                data=settings.data,
                let_go=house.drain.let_go,
                audit=auditor.audit,
                backup_days=settings.backup_days,
                rewind=house.drain.rewind,
            )
            if not house.registry.orders.waiting() or not (_is_busy(house) or time.monotonic() < deadline):
                return ended
            time.sleep(STEP_SECONDS)


def _is_busy(house: House) -> bool:
    with contextlib.suppress(StoreError):
        return is_rewriting(house.store, TABLES)
    return False
