"""Executes orders: work that the command line or the dashboard left for the process that holds the store.

`serve` calls `run_orders` about once a second, in the one process that has the store and the spool, and not on the
event loop: erasing a site blocks for seconds. The command line calls it too, when no server holds the data.
Invariant: an order may be executed twice (we may be killed at any point); it ends in the transaction that makes it
true. A store or a Redis that is away leaves the order waiting. It also files the orders that are due by the calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from clickhouse.changes import note_change
from clickhouse.client import Store
from clickhouse.days import second_of
from clickhouse.erase_days import erase_days
from clickhouse.faults import StoreAway, StoreError
from collector.drain.looking import Rewound
from collector.spool.wipe import wipe
from footfall import erasing, repair, rescrub
from footfall.audit.probe import remove_leftovers
from footfall.removal import LetGo, nobody_drains, remove_site
from footfall.restriction import free_of_holds, isolate_held, release_hold
from footfall.thinning import thin_site
from footfall.wayout import copies, export, kept, load
from footfall.wayout.remembered import KINDS, note_orders
from registry.errors import RegistryAway, RegistryError, SaltsRefused
from registry.orders import Order, OrderKind
from registry.registry import Registry
from registry.salts import Salts

OLD_PARTS_SECONDS = 30.0
"""How long a certificate waits for the replaced files to go: 3 s embedded (measured), longer on a busy machine."""

IsSettled = Callable[[int], bool]
"""Told a revision of the registry: whether every process obeys it and what was accepted before is in the store."""


class Bench(msgspec.Struct, frozen=True):
    """What an order may work with."""

    registry: Registry
    store: Store
    salts: Salts
    is_settled: IsSettled
    old_parts_seconds: float
    data: Path | None = None
    """Where folders are made and found; None: nowhere, orders about folders wait."""
    let_go: LetGo = nobody_drains
    audit: Callable[[Mapping[str, Any]], int] | None = None
    """Makes a self-audit and returns its number; None: nobody here can, such orders wait."""
    rewind: Callable[[int], Rewound | None] | None = None
    """Holds the spool against the store for the order of a number; None: nobody here drains, such orders wait."""


def run_orders(
    registry: Registry,
    store: Store,
    salts: Salts,
    is_settled: IsSettled,
    *,
    old_parts_seconds: float = OLD_PARTS_SECONDS,
    data: Path | None = None,
    let_go: LetGo = nobody_drains,
    audit: Callable[[Mapping[str, Any]], int] | None = None,
    backup_days: int = 30,
    rewind: Callable[[int], Rewound | None] | None = None,
) -> int:
    """Execute what waits, oldest first; return how many orders ended. Raises nothing that one order causes."""
    for site in registry.sites.overdue():
        registry.sites.condemn(site.host, by="7 days are over")
        registry.orders.file("remove_site", {"site_id": site.id, "confirmed": "7 days are over"}, "calendar")

    for removal in kept.overdue(registry, data) if data else ():
        registry.orders.file("end_backup", {"site_id": removal.args["site_id"]}, "calendar")
    bench = Bench(registry, store, salts, is_settled, old_parts_seconds, data, let_go, audit, rewind)
    ended = [order for order in registry.orders.waiting() if _is_ended(bench, order)]
    if data and any(order.kind in KINDS for order in ended):
        note_orders(registry, data, backup_days)
    return len(ended)


def _remove_site(bench: Bench, order: Order) -> bool:
    seconds, data, let_go = bench.old_parts_seconds, bench.data, bench.let_go
    return remove_site(bench.registry, bench.store, bench.salts, order, bench.is_settled, seconds, data, let_go)


def _forget_salt(bench: Bench, order: Order) -> bool:
    bench.salts.destroy(order.args["site_id"])
    bench.registry.orders.finish(order.id, {})
    return True


def _export_site(bench: Bench, order: Order) -> bool:
    site = bench.registry.sites.by_id(order.args["site_id"])
    if bench.data is None or site is None:
        bench.registry.orders.fail(order.id, "there is no such site")
        return True
    if not export.export_site(bench.store, bench.registry, site, export.folder_of(bench.data, site.id)):
        return False
    bench.registry.orders.finish(order.id, {})
    return True


def _load_site(bench: Bench, order: Order) -> bool:
    site_id = order.args["site_id"]
    if bench.data is None or not load.load_site(bench.store, site_id, load.folder_of(bench.data, site_id)):
        return False
    bench.registry.orders.finish(order.id, {})
    return True


def _hold(bench: Bench, order: Order) -> bool:
    # What was accepted before belongs to the hold too.
    if not bench.is_settled(bench.registry.revision()):
        return False
    if not isolate_held(bench.registry, bench.store, order.args["hold_id"]):
        return False
    bench.registry.orders.finish(order.id, {})
    return True


def _release_hold(bench: Bench, order: Order) -> bool:
    if not release_hold(bench.registry, bench.store, order.args["hold_id"], order.filed_by):
        return False
    rescrub.catch_up(bench.registry, bench.registry.holds.get(order.args["hold_id"]))
    bench.registry.orders.finish(order.id, {})
    return True


def _rescrub(bench: Bench, order: Order) -> bool:
    return rescrub.work(bench.registry, bench.store, order, bench.old_parts_seconds)


def _repair(bench: Bench, order: Order) -> bool:
    return repair.work(bench.registry, bench.store, order)


def _rewind(bench: Bench, order: Order) -> bool:
    rewound = bench.rewind(order.id) if bench.rewind else None
    if rewound is None:
        return False
    bench.registry.orders.finish(order.id, {"looked": rewound.looked, "stored": rewound.stored})
    return True


def _thin_site(bench: Bench, order: Order) -> bool:
    if not bench.is_settled(bench.registry.revision()) or not thin_site(bench.registry, bench.store, order.args):
        return False
    bench.registry.orders.finish(order.id, {})
    return True


def _backup(bench: Bench, order: Order) -> bool:
    if bench.data is None or not copies.backup_store(bench.store, bench.data / "backup"):
        return False
    bench.registry.orders.finish(order.id, {})
    return True


def _end_backup(bench: Bench, order: Order) -> bool:
    if bench.data is None:
        return False
    bench.registry.orders.finish(order.id, kept.end_backup(bench.data, order))
    return True


def _erase_days(bench: Bench, order: Order) -> bool:
    site = bench.registry.sites.by_id(order.args["site_id"])
    if site is None:
        bench.registry.orders.finish(order.id, {"removed": True})
        return True
    since, until = (date.fromisoformat(order.args[name]) for name in ("since", "until"))
    # What was accepted before is of these days too; what a hold keeps is moved away first, and its days are left alone.
    if not bench.is_settled(bench.registry.revision()) or not isolate_held(bench.registry, bench.store):
        return False
    free = free_of_holds(bench.registry, site.id, since, until)
    spans = [(second_of(first, site.timezone) * 1000, second_of(last, site.timezone) * 1000) for first, last in free]
    left = wipe(bench.data / "spool", site.id, spans).hits if bench.data else 0
    if not all(erase_days(bench.store, site.id, first, last, site.timezone) for first, last in free) or left:
        note_change(bench.store, site.id, since, until)
        return False
    told = {"since": since, "until": until, "rows_left": 0, "erased": free}
    bench.registry.orders.finish(order.id, msgspec.to_builtins(told))
    return True


def _erase_pages(bench: Bench, order: Order) -> bool:
    # What was accepted before has such pages too; what a hold keeps is moved away first.
    if not bench.is_settled(bench.registry.revision()) or not isolate_held(bench.registry, bench.store):
        return False
    return erasing.work(bench.registry, bench.store, order, bench.data)


def _audit(bench: Bench, order: Order) -> bool:
    if bench.audit is None:
        return False
    bench.registry.orders.finish(order.id, {"audit": bench.audit(order.args)})
    return True


def _sweep(bench: Bench, order: Order) -> bool:
    # Counts of refusals come a second after the requests they are of.
    if not bench.is_settled(bench.registry.revision()):
        return False
    remove_leftovers(bench.registry, bench.store, bench.salts)
    bench.registry.orders.finish(order.id, {})
    return True


WORKS: Mapping[OrderKind, Callable[[Bench, Order], bool]] = {
    "remove_site": _remove_site,
    "forget_salt": _forget_salt,
    "rescrub": _rescrub,
    "export_site": _export_site,
    "load_site": _load_site,
    "hold": _hold,
    "release_hold": _release_hold,
    "thin_site": _thin_site,
    "backup": _backup,
    "erase_days": _erase_days,
    "erase_pages": _erase_pages,
    "end_backup": _end_backup,
    "repair": _repair,
    "rewind": _rewind,
    "audit": _audit,
    "sweep": _sweep,
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
    except OSError as error:
        bench.registry.orders.fail(order.id, f"the disk of FOOTFALL_DATA failed ({error.strerror})")
        return True
