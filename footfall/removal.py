"""Removes a site for good, and writes the certificate that it is gone.

In: the order that asked for it. Out: the ended order with the certificate, or False when it is too early. The steps:
refuse the site's events, wait until what was accepted before has reached the store, seal a backup if the owner wanted
one kept (kept.py), write nothing over its records in the spool, let the drain's notes go of it, erase every table and
prove it, take its host out of counts of refusals, destroy the salts, delete what lies beside the store (quarantine,
exports, the book), then forget the site in the registry. Each step may be repeated; the last one and the end of the
order are one transaction. What stays is the certificate in the order: figures and times, signed, no host. A site with a
hold is not removed. Backups made earlier are not touched, and it says so.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clickhouse.client import Store
from clickhouse.erase import Erased, erase_site, wait_for_old_parts
from clickhouse.erase_names import erase_names
from collector.distill.host import owns
from collector.spool.wipe import IsName, wipe
from footfall.restriction import refuse_if_held
from footfall.wayout.certificate import key_in, moment_text, signed
from footfall.wayout.kept import keep_sealed, told_of
from footfall.wayout.traces import forget_traces
from registry.orders import Order
from registry.registry import Registry
from registry.salts import Salts
from registry.site import Site

LetGo = Callable[[int], bool]
"""Told a site whose records in the spool are blank: whether no file of whoever drains holds a number of it any more."""
STILL_TAGGED = "a page that still carries the tag is refused and counted under its host, like that of any stranger"


def nobody_drains(_site_id: int) -> bool:
    return True


def remove_site(
    registry: Registry,
    store: Store,
    salts: Salts,
    order: Order,
    is_settled: Callable[[int], bool],
    old_parts_seconds: float,
    data: Path | None = None,
    let_go: LetGo = nobody_drains,
) -> bool:
    """Remove the site of the order and end it; False: events accepted earlier are still on their way to the store.

    `data` is where traces beside the store lie, and the key that signs; None: there is neither. `let_go` asks whoever
    drains to forget the site.
    """
    site = registry.sites.by_id(order.args["site_id"])
    if site is None:
        registry.orders.finish(order.id, {"already_removed": True})
        return True
    refuse_if_held(registry, site.id)
    registry.sites.condemn(site.host, by=order.filed_by)
    if not is_settled(registry.revision()):
        return False
    parting = registry.partings.of_site(site.id)
    if parting and data and not keep_sealed(store, registry, site, parting, data):
        return False
    is_its_host = _names_of(registry, site)
    wiped = wipe(data / "spool", site.id, is_its_host=is_its_host) if data else None
    if (wiped and wiped.hits) or not let_go(site.id):
        return False
    erased = erase_site(store, site.id)
    names = erase_names(store, is_its_host)
    proved_at = datetime.now(UTC)
    files_gone = wait_for_old_parts(store, old_parts_seconds)
    salts.destroy(site.id)
    traces = forget_traces(data, site.id, is_its_host) if data else []
    facts = _facts(order, erased, proved_at, datetime.now(UTC) if files_gone else None)
    facts["refusals"] = {"names_erased": names, "from_now_on": STILL_TAGGED}
    if wiped:
        facts["spool"] = {"segments": wiped.segments, "hits": wiped.hits}
    facts |= {"beside_the_store": traces, "registry": dict(registry.rows_of_site(site.id))}
    if parting and data:
        facts["kept_backup"] = told_of(data, site.id, parting)
    certificate = signed(facts, key_in(data) if data else None)
    registry.sites.purge(site.host, order_id=order.id, certificate=certificate)
    return True


def _names_of(registry: Registry, site: Site) -> IsName:
    """Tell the site's hosts, and hosts below its own, from those of everybody else."""
    others = [other for other in registry.sites.list() if other.id != site.id]

    def is_its_host(host: str) -> bool:
        is_mine = owns(site, host) or host.endswith(f".{site.host}")
        return is_mine and not any(owns(other, host) for other in others)

    return is_its_host


def _facts(
    order: Order, erased: Sequence[Erased], proved_at: datetime, files_gone_at: datetime | None
) -> dict[str, Any]:
    return {
        "reference": secrets.token_hex(8),
        "requested_at": moment_text(order.filed_at),
        "requested_by": order.filed_by,
        "confirmed": order.args["confirmed"],
        "tables": [{"table": each.table, "rows": each.rows, "partitions": each.partitions} for each in erased],
        "scan": {"tables": len(erased), "rows_left": 0, "at": moment_text(proved_at)},
        "old_files_gone_at": files_gone_at and moment_text(files_gone_at),
        "spool": "emptied into the store before",
        "salts": "destroyed",
        "backups": "not touched: delete those made before, or let them expire",
        "deleted_at": moment_text(datetime.now(UTC)),
    }
