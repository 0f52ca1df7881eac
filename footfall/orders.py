"""Executes orders: work that the command line or the dashboard left for the process that holds the store.

`serve` calls `run_orders` about once a second, in the one process that has the store and the spool, and not on the
event loop: erasing a site blocks for seconds. The command line calls it too, when no server holds the data.
Invariant: an order may be executed twice (we may be killed at any point); it ends in the transaction that makes it
true. A store or a Redis that is away leaves the order waiting. It also files the orders that are due by the calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from clickhouse.client import Store
from clickhouse.faults import StoreAway, StoreError
from footfall.removal import remove_site
from registry.errors import RegistryAway, RegistryError, SaltsRefused
from registry.orders import Order, OrderKind
from registry.registry import Registry
from registry.salts import Salts

OLD_PARTS_SECONDS = 30.0
"""How long a certificate waits for the replaced files to go: 1 s embedded (measured), longer on a busy machine."""

IsSettled = Callable[[int], bool]
"""Told a revision of the registry: whether every process obeys it and what was accepted before is in the store."""


class Bench(msgspec.Struct, frozen=True):
    """What an order may work with."""

    registry: Registry
    store: Store
    salts: Salts
    is_settled: IsSettled
    old_parts_seconds: float


def run_orders(
    registry: Registry,
    store: Store,
    salts: Salts,
    is_settled: IsSettled,
    *,
    old_parts_seconds: float = OLD_PARTS_SECONDS,
) -> int:
    """Execute what waits, oldest first; return how many orders ended. Raises nothing that one order causes."""
    for site in registry.sites.overdue():
        registry.sites.condemn(site.host, by="7 days are over")
        registry.orders.file("remove_site", {"site_id": site.id, "confirmed": "7 days are over"}, "calendar")

    bench = Bench(registry, store, salts, is_settled, old_parts_seconds)
    return sum(_is_ended(bench, order) for order in registry.orders.waiting())


def _remove_site(bench: Bench, order: Order) -> bool:
    return remove_site(bench.registry, bench.store, bench.salts, order, bench.is_settled, bench.old_parts_seconds)


def _forget_salt(bench: Bench, order: Order) -> bool:
    bench.salts.destroy(order.args["site_id"])
    bench.registry.orders.finish(order.id, {})
    return True


WORKS: Mapping[OrderKind, Callable[[Bench, Order], bool]] = {
    "remove_site": _remove_site,
    "forget_salt": _forget_salt,
}
"""What each kind of order does: True when it has ended, False when it is too early. A new kind is one line here."""


def _is_ended(bench: Bench, order: Order) -> bool:
    """Do the work and say whether the order has ended: done, or failed for good."""
    try:
        return WORKS[order.kind](bench, order)
    except (StoreAway, RegistryAway, SaltsRefused):
        return False
    except (StoreError, RegistryError) as error:
        bench.registry.orders.fail(order.id, str(error))
        return True
