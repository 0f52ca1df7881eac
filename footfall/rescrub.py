"""Rescrub as an order: a site's stored texts from a day on are held against today's rules, and rewritten.

In: an order that names a site by its number and a day. Out: True when it has ended: every text was read again with
deletion marks ignored, none would change, and the files that held the old ones are gone or named in the result. Sums
are rewritten too. What a hold keeps is not: the result names the hold, and its end files the order anew (`catch_up`).
It is one step each time, so the process that holds the store goes on storing meanwhile; it may be killed at any point.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from clickhouse.changes import note_change
from clickhouse.client import Store
from clickhouse.days import second_of
from clickhouse.erase import wait_for_old_parts
from clickhouse.labels import relabel
from clickhouse.rescrub import Scrubber, rescrub
from collector.distill.scrub.again import key_again, scrub_again
from registry.holds import Hold
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
    second = max(0, second_of(first, site.timezone))
    step = rescrub(store, site.id, second, scrubber_of(site))
    if step is None or not step.is_done:
        return False
    since, until = max(first, date(1970, 1, 1)), datetime.now(UTC).astimezone(zone).date() + timedelta(days=2)
    # Nothing is left or it is still being rewritten: only then events and their sums are both as they are today.
    if relabel(store, site.id, since, until, lambda dimension, text: scrub_again(site, dimension, text)) != 0:
        return False
    note_change(store, site.id, since, until)
    are_gone = wait_for_old_parts(store, old_parts_seconds)
    told = {"since": first.isoformat(), "left": 0, "old_files_gone": are_gone}
    registry.orders.finish(order.id, told | {"held": [hold.id for hold in held(registry, site.id, first)]})
    return True


def held(registry: Registry, site_id: int, since: date) -> list[Hold]:
    """Return the holds that keep days from `since` on: their rows stay as they are until they end."""
    return [hold for hold in registry.holds.list(site_id, active=True) if hold.until > since]


def catch_up(registry: Registry, hold: Hold) -> None:
    """Let the days of a hold that has ended be scrubbed by the rules that the others were scrubbed by meanwhile."""
    missed = [
        order.args["since"]
        for order in registry.orders.ended("rescrub")
        if order.args["site_id"] == hold.site_id
        and hold.id in order.result.get("held", ())
        and registry.sites.by_id(hold.site_id)
    ]
    if missed:
        since = max(min(missed), hold.since.isoformat())
        registry.orders.file("rescrub", {"site_id": hold.site_id, "since": since}, "end of a hold")
