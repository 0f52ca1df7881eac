"""Repair as an order: the visits of closed days of a site are derived anew from its events.

In: an order that names a site by its number and days `[since, until)` of its own zone. Out: True when it has ended:
every event of these days is in the visit that the rule gives it, and each visit's row is what its events say. It is
one step each time, so the process that holds the store goes on storing meanwhile; it may be killed at any point.
A day is closed an hour after its end: until then late events may still join its visits.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from clickhouse.changes import note_change
from clickhouse.client import Store
from clickhouse.days import second_of
from clickhouse.repair import repair
from registry.orders import Order
from registry.registry import Registry
from registry.site import Site

CLOSED_AFTER = timedelta(hours=1)


def first_open_day(site: Site, now: datetime) -> date:
    """Return the first day of a site that is not closed yet."""
    return (now - CLOSED_AFTER).astimezone(ZoneInfo(site.timezone)).date()


def work(registry: Registry, store: Store, order: Order) -> bool:
    """Take the next step of an order. Raises StoreError, RegistryError."""
    site = registry.sites.by_id(order.args["site_id"])
    if site is None:
        registry.orders.fail(order.id, "there is no such site any more")
        return True
    since, until = (date.fromisoformat(order.args[name]) for name in ("since", "until"))
    until = min(until, first_open_day(site, datetime.now(UTC)))
    if since >= until:
        registry.orders.fail(order.id, f"{since} is not over, or not yet for an hour")
        return True
    since_ms, until_ms = (max(0, second_of(day, site.timezone) * 1000) for day in (since, until))
    if repair(store, site.id, since_ms, until_ms) != 0:
        return False
    note_change(store, site.id, since, until)
    registry.orders.finish(order.id, {"since": since.isoformat(), "until": until.isoformat()})
    return True
