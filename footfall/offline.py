"""Executes orders when no server runs: opens the house for a moment, empties the spool into the store, does the work.

In: settings. Out: the orders are done or failed; `DataHeld` when a server has the data (it will do them). Whatever was
accepted before the last server stopped reaches the store first, so nothing of a deleted site can arrive afterwards.
"""

from __future__ import annotations

from collector.settings import Settings
from footfall.auditing import Auditor
from footfall.house import open_house
from footfall.orders import run_orders
from footfall.wayout.remembered import note_orders


def execute_orders(settings: Settings) -> int:
    """Execute what waits; return how many orders ended. Raises the error of whatever room cannot be opened."""
    with open_house(settings) as house:
        while house.drain.step():
            pass
        auditor = Auditor(house, serves=False, step=house.drain.step)
        note_orders(house.registry, settings.data, settings.backup_days)
        return run_orders(
            house.registry,
            house.store,
            house.salts,
            is_settled=lambda _revision: True,
            data=settings.data,
            audit=auditor.audit,
            backup_days=settings.backup_days,
        )
