"""Erase days: delete everything that was kept of some days of a site, and prove it.

In: a site, days `[since, until)` of its own zone. Out: False while something is left, True when every table was read
with deletion marks ignored and holds nothing of these days. One short step a call, like retain.py: it waits for no
rewriting and may be cut short and repeated. Tables are found by their columns, so a new one cannot be forgotten. What a
hold keeps stays. Statements name a site and days, nothing of a visitor. Afterwards the caller tells
`changes.note_change`.
"""

from __future__ import annotations

from datetime import date

from clickhouse.client import Store
from clickhouse.retain import Limit, Table, tables_with_time
from clickhouse.staging import is_rewriting, on_cluster_of, partitions_with

DELETE = """
alter table {table} {on_cluster}
    apply deleted mask in partition id '{partition}',
    delete in partition id '{partition}' where {which}
settings mutations_sync = 0
"""
NOT_OF_A_VISITOR = frozenset(("changes",))
"""Says which days changed: it has to stay, or old answers would come back."""


def erase_days(store: Store, site_id: int, since: date, until: date, timezone: str) -> bool:
    """Take the next step; True: nothing of these days is left."""
    tables = [table for table in tables_with_time(store) if table.asked not in NOT_OF_A_VISITOR]
    if is_rewriting(store, [table.asked for table in tables]):
        return False
    is_done = True
    for table in tables:
        which, binds = _which(table, site_id, since, until, timezone)
        for partition in partitions_with(store, table.asked, which, binds):
            is_done = False
            words = {"table": table.name, "on_cluster": on_cluster_of(store), "partition": partition}
            store.writer.command(DELETE.format(which=which, **words), binds)
    return is_done


def _which(table: Table, site_id: int, since: date, until: date, timezone: str) -> tuple[str, dict[str, object]]:
    terms = [
        "site_id = {site_id:UInt32}",
        f"{table.moment} >= {table.bind('since')}",
        f"{table.moment} < {table.bind('until')}",
    ]
    if table.asked == "events_isolated":
        terms.append("hold_id = 0")
    bounds = {name: table.bound(Limit(site_id, day, timezone)) for name, day in (("since", since), ("until", until))}
    return " and ".join(terms), {"site_id": site_id, **bounds}
