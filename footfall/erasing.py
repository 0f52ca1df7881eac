"""Erasing pages as an order: the events of pages whose path fits a pattern, within days of a site.

In: an order with a site's number, days `[since, until)` of it, a pattern as `exclude` has it, and whether it is only to
be counted. Out: True when it has ended: no such path is in the store (deletion marks ignored), in the sums, or in the
spool; visits and every figure are then as if these pages had never been seen, but for the totals of days that were
added up to be kept longer. A pattern may be what has to be forgotten: it leaves the registry with the order's end
(registry/orders.py) and stays in the book for backups alone. What a hold keeps stays.
"""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

from clickhouse.changes import note_change
from clickhouse.client import Store
from clickhouse.days import second_of
from clickhouse.erase_pages import IsMeant, count_pages, erase_pages
from clickhouse.labels import relabel
from collector.distill.scrub.rules import matches, segments_of
from collector.drain.erased import Ordered
from collector.drain.quarantine import Quarantine
from collector.spool.wipe import wipe
from footfall.wayout.remembered import book_in
from registry.orders import Order
from registry.registry import Registry

PAGES = frozenset(("page", "entry", "exit", "path"))
"""Dimensions of sums whose labels are paths."""


def meant_by(pattern: str) -> IsMeant:
    return lambda path: matches(pattern, segments_of(path))


def work(registry: Registry, store: Store, order: Order, data: Path | None) -> bool:
    """Take the next step of an order; what was accepted before is in the store, and what is on hold is moved away."""
    site = registry.sites.by_id(order.args["site_id"])
    if site is None:
        registry.orders.finish(order.id, {"removed": True})
        return True
    since, until = (date.fromisoformat(order.args[name]) for name in ("since", "until"))
    first, end = (max(0, second_of(day, site.timezone)) * 1000 for day in (since, until))
    is_meant = meant_by(order.args["pattern"])
    if order.args["only_count"]:
        pages, rows = count_pages(store, site.id, first, end, is_meant)
        registry.orders.finish(order.id, {"pages": pages, "rows": rows})
        return True
    if erase_pages(store, site.id, first, end, is_meant) != 0:
        return False
    if relabel(store, site.id, since, until, lambda kind, text: _kept(kind, text, is_meant)) != 0:
        return False
    note_change(store, site.id, since, until)
    if data is not None:
        if wipe(data / "spool", site.id, [(first, end)], is_meant=lambda event: is_meant(event.path)).hits:
            return False
        for file in (data / "spool").glob("*/quarantine.jsonl"):
            Quarantine(file.parent).drop_sites({site.id})
        book_in(data).note([Ordered(int(time.time()), order.kind, order.args)])
    registry.orders.finish(order.id, {"since": since.isoformat(), "until": until.isoformat(), "rows_left": 0})
    return True


def _kept(dimension: str, text: str, is_meant: IsMeant) -> str | None:
    return None if dimension in PAGES and is_meant(text) else text
