"""Again: what was erased after a backup was made is erased once more when that is restored, before anybody sees it.

In: the book of what was erased (collector/drain/erased.py), a registry and a store as they were. Out: demands and
orders that wait before the first row is back (`prepare`), then carried out and proved with retention and the removals
that are due (`carry_out`). What cannot be carried out is told. A crash in between loses nothing: whatever opens this
installation next does what waits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

from collector.drain.demands import DemandBook
from collector.drain.erased import Demanded, Entry, Ordered
from collector.spool.disk import make_private
from footfall.house import House
from footfall.orders import run_orders
from footfall.retention import FILE as NIGHTS
from footfall.retention import Retention
from footfall.wayout.remembered import REPEATED
from registry.orders import Order, OrderKind
from registry.registry import Registry
from registry.sites import COMMAND_LINE

MARGIN_SECONDS = 3600
POLL_SECONDS = 0.05
PATIENCE_SECONDS = 86_400.0


def prepare(registry: Registry, data: Path, entries: Sequence[Entry], since: datetime) -> int:
    """Let everything wait that was erased since the backup was begun; return how much that is."""
    (data / NIGHTS).unlink(missing_ok=True)  # of the installation that was
    first = int(since.timestamp()) - MARGIN_SECONDS
    late = [entry for entry in entries if entry.at >= first]
    demands = [entry.demand for entry in late if isinstance(entry, Demanded)]
    directory = data / "spool" / "0"
    make_private(directory)
    DemandBook(directory).note(demands)
    orders = list(_orders(registry, [entry for entry in late if isinstance(entry, Ordered)]))
    return len(demands) + len(orders)


def _orders(registry: Registry, entries: Sequence[Ordered]) -> Iterator[Order]:
    for entry in entries:
        site = registry.sites.by_id(entry.args["site_id"])
        # A number that was given again, to a site that this backup does not know, is another site.
        if site and registry.sites.history(site.host)[0].at.timestamp() <= entry.at:
            yield registry.orders.file(cast(OrderKind, entry.kind), entry.args, COMMAND_LINE)


def carry_out(house: House) -> list[str]:
    """Do what waits, retention too; return sentences about what could not be done."""
    registry, before = house.registry, {order.id for order in _waiting(house.registry)}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        while house.drain.step():
            pass
        is_done = house.drain.fulfil()
        run_orders(registry, house.store, house.salts, lambda _revision: True, data=house.settings.data,
                   let_go=house.drain.let_go)  # fmt: skip
        if is_done and not _waiting(registry):
            break
        time.sleep(POLL_SECONDS)
    house.snapshot.refresh()
    told = [
        f"order {order.id} ({order.kind}) was not repeated: {order.result['error']}"
        for order in map(registry.orders.get, sorted(before))
        if order.state == "failed"
    ]
    if _waiting(registry) or not house.drain.fulfil():
        told.append("not everything that was erased is erased again yet: the server goes on with it")
    if not Retention(house).catch_up():
        told.append("what is over the limits is not deleted yet: the server tells why, and tries it each night")
    return told


def _waiting(registry: Registry) -> list[Order]:
    return [order for order in registry.orders.waiting() if order.kind in REPEATED]
