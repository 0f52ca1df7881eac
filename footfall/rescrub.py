"""Rescrub as an order: a site's stored texts from a day on are held against today's rules, and rewritten.

In: an order that names a site by its number and a day. Out: True when it has ended: every text was read again with
deletion marks ignored, none would change, and the files that held the old ones are gone or named in the result.
It is one step each time, so the process that holds the store goes on storing meanwhile; it may be killed at any point.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clickhouse.changes import note_change
from clickhouse.client import Store
from clickhouse.erase import wait_for_old_parts
from clickhouse.rescrub import Scrubber, rescrub
from collector.distill.scrub.again import key_again, scrub_again
from registry.orders import Order
from registry.registry import Registry
from registry.site import Site


def scrubber_of(site: Site) -> Scrubber:
    """Return the rules of today for a site."""
    return Scrubber(
        text=lambda column, text: scrub_again(site, column, text),
        key=key_again,
        value=lambda key, value: scrub_again(site, f"prop:{key}", value),
    )


def work(registry: Registry, store: Store, order: Order, old_parts_seconds: float) -> bool:
    """Take the next step of an order. Raises StoreError, RegistryError."""
    site = registry.sites.by_id(order.args["site_id"])
    if site is None:
        registry.orders.fail(order.id, "there is no such site any more")
        return True
    zone, first = ZoneInfo(site.timezone), date.fromisoformat(order.args["since"])
    second = max(0, int(datetime.combine(first, time(), zone).timestamp()))
    step = rescrub(store, site.id, second, scrubber_of(site))
    if step is None or not step.is_done:
        return False
    note_change(store, site.id, max(first, date(1970, 1, 1)), datetime.now(UTC).astimezone(zone).date() + timedelta(1))
    are_gone = wait_for_old_parts(store, old_parts_seconds)
    registry.orders.finish(order.id, {"since": first.isoformat(), "left": 0, "old_files_gone": are_gone})
    return True
