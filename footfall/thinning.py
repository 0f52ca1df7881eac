"""Thinning: what the night does to rows over their limit, done for one site and a day that a person named.

In: an order with a site, the first day that stays, and whether to add up before. Out: True when a read that ignores
deletion marks found nothing older, but for what is on hold. A step that is called until it is True. Limits and promises
of the site are not changed by it. Daily sums stay when rows are deleted: nobody can be told from them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clickhouse.changes import note_change
from clickhouse.client import Store
from clickhouse.retain import FIRST_OF_DAYS, Limit, Rule, retain
from clickhouse.rollup import roll_up
from footfall.restriction import isolate_held, never_by_age
from registry.registry import Registry


def thin_site(registry: Registry, store: Store, args: dict[str, Any]) -> bool:
    """Take the next step; True: nothing older is left."""
    site = registry.sites.by_id(args["site_id"])
    if site is None:
        return True
    first_day = date.fromisoformat(args["before"])
    if not isolate_held(registry, store):
        return False
    if args["how"] == "anonymise":
        roll_up(store, site.id, site.timezone, first_day)
    others = {other.id for other in registry.sites.list()}
    rule = Rule(
        limits=[Limit(site.id, first_day, site.timezone)],
        known=others,
        removed=(),
        strays_from=FIRST_OF_DAYS,
        all_from=FIRST_OF_DAYS,
        apart={"rollups_daily": FIRST_OF_DAYS, "rollups_monthly": FIRST_OF_DAYS},
        spared={"events_isolated": never_by_age(registry)},
    )
    if not retain(store, rule):
        return False
    # Nothing older was there; a note of such days would itself be over the limit.
    oldest = datetime.now(ZoneInfo(site.timezone)).date() - timedelta(days=site.retention_days)
    if oldest < first_day:
        note_change(store, site.id, oldest, first_day)
    return True
