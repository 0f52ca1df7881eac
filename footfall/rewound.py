"""Rewound: what a rewind (collector/drain/rewind.py) has to know of sites, and what follows when rows have returned.

In: the sites as they are, the registry. Out: since when a site's rows may return; and orders. A row comes back as it
was stored first, so whatever rewrote stored rows since then is filed again: texts are scrubbed by the rules of today,
visits of closed days repaired, what was thinned out goes, and days on hold leave the tables. What the spool itself was
made to forget never comes back, so nothing is erased here. Filing twice is harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from clickhouse.days import second_of
from collector.drain.returning import NEVER, Returning
from registry.errors import RegistryError
from registry.orders import OrderKind
from registry.registry import Registry
from registry.snapshot import Snapshot

BY = "rewind"
REWRITING: tuple[OrderKind, ...] = ("rescrub", "thin_site", "repair")


def returning(registry: Registry, snapshot: Snapshot) -> Returning:
    """Return what the drain asks and tells of rows that are stored again."""

    def returned(spans: Mapping[int, tuple[int, int]], since: float) -> None:
        try:
            file_again(registry, spans, since)
        except RegistryError as error:
            raise OSError(str(error)) from None

    return Returning(lambda site_id: first_moment(snapshot, site_id, datetime.now(UTC)), returned)


def first_moment(snapshot: Snapshot, site_id: int, now: datetime) -> int:
    """Return since which moment (ms) rows of a site may return: a night may have deleted those before."""
    if site_id == 0:
        return 0  # counts of hosts that no site has
    site = snapshot.by_id(site_id)
    if site is None or site.state == "deleting":
        return NEVER
    today = now.astimezone(ZoneInfo(site.timezone)).date()
    return max(0, second_of(today - timedelta(days=site.retention_days), site.timezone) * 1000)


def file_again(registry: Registry, spans: Mapping[int, tuple[int, int]], since: float) -> None:
    """File what was done with rows of these sites since then (seconds since 1970)."""
    for kind in REWRITING:
        for order in registry.orders.ended(kind):
            if order.args["site_id"] in spans and order.ended_at and order.ended_at.timestamp() >= since:
                registry.orders.file(kind, order.args, BY)
    for hold in registry.holds.list(active=True):
        if hold.site_id in spans:
            registry.orders.file("hold", {"hold_id": hold.id}, BY)
