"""Ageing: forgets fields of rows before the rows themselves go: the city first, then the region, never the country.

In: a store, a site, the first days on which its rows still have a city and a region. Out: True when a read that ignores
deletion marks found no field over its limit in events or visits. Like retain.py, one short step that waits for no
rewriting, to be called again until it is True, from wherever it was cut short. Days that were changed are noted for
whoever keeps answers.
Statements hold numbers of sites and limits, nothing of a visitor.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from clickhouse.changes import note_change
from clickhouse.client import Store
from clickhouse.days import second_of
from clickhouse.staging import on_cluster_of, shard_of

OLD = """
select
    groupUniqArray(_partition_id),
    min(toDate({moment}, {{zone:String}}))
from {table}
where site_id = {{site:UInt32}}
    and {moment} < toDateTime({{before:UInt32}}, 'UTC')
    and {field} != ''
settings apply_deleted_mask = 0
"""
FORGET = """
alter table {table}{shard} {on_cluster}
    apply deleted mask in partition id '{partition}',
    update {field} = '' in partition id '{partition}'
    where site_id = {{site:UInt32}} and {moment} < toDateTime({{before:UInt32}}, 'UTC') and {field} != ''
    settings mutations_sync = 0
"""
TABLES = {"events": "ts", "visits": "start"}


class Age(msgspec.Struct, frozen=True):
    """Since when a site's rows keep a city and a region; None: as long as they live."""

    site_id: int
    timezone: str
    city_from: date | None
    region_from: date | None

    def limits(self) -> Iterator[tuple[str, date]]:
        """Return (column, first day that keeps it)."""
        if self.region_from is not None:
            yield "region", self.region_from
        # A city tells its region.
        city = max((day for day in (self.city_from, self.region_from) if day is not None), default=None)
        if city is not None:
            yield "city", city


def age(store: Store, what: Age) -> bool:
    """Begin to forget what is too old; True: nothing was left to forget.

    It does not wait for ClickHouse to rewrite parts: ask `is_rewriting` (staging.py) before calling it again.
    """
    is_done = True
    on_cluster = on_cluster_of(store)
    for field, first_day in what.limits():
        before = max(second_of(first_day, what.timezone), 0)
        binds = {"site": what.site_id, "before": before, "zone": what.timezone}
        for table, moment in TABLES.items():
            words = {"table": table, "moment": moment, "field": field}
            ((partitions, oldest),) = store.writer.query(OLD.format(**words), binds)
            for partition in sorted(partitions):
                where = {"shard": shard_of(store), "on_cluster": on_cluster, "partition": partition}
                store.writer.command(FORGET.format(**where, **words), binds)
            if partitions:
                note_change(store, what.site_id, oldest, first_day)
                is_done = False
    return is_done
