"""Isolate: move the events of a site's days to where no question looks, for as long as a hold lasts; and back.

In: a site, days of its own zone, the number of a hold. Out: False while there is more to do, True when reading proves
that it is done. Each call is one short step that waits for no rewriting, like retain.py: call it until it is True,
after a crash too. Rows are put into the other table before they are deleted from the first, and nothing is there twice
when it ends. Visits follow: those of moved events are deleted, and derived again when the events come back. Afterwards
the caller tells `changes.note_change`. Statements hold a site, days and a hold, nothing of a visitor.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from clickhouse.amend import ISOLATE
from clickhouse.client import Store
from clickhouse.columns import EVENT_COLUMNS, PLACE_COLUMNS
from clickhouse.days import second_of
from clickhouse.staging import is_rewriting, on_cluster_of, partitions_with, shard_of
from clickhouse.visits import derive_visits_of_site

IN_DAYS = """site_id = {site_id:UInt32}
    and ts >= toDateTime({since:UInt32}, 'UTC')
    and ts < toDateTime({until:UInt32}, 'UTC')
"""
VISITS_IN_DAYS = """site_id = {site_id:UInt32}
    and bitShiftRight(visit_id, 32) >= {since:UInt32}
    and bitShiftRight(visit_id, 32) < {until:UInt32}
"""
OF_HOLD = """site_id = {site_id:UInt32}
    and hold_id = {hold:UInt32}
"""
DELETE = """
alter table {table} {on_cluster}
    apply deleted mask in partition id '{partition}',
    delete in partition id '{partition}' where {which}
settings mutations_sync = 0, allow_nondeterministic_mutations = 1
"""
SAFE = """
    and (segment, seq) in (select segment, seq from {other} where site_id = {{site_id:UInt32}})"""
"""A row that came between the copy and the deletion is not in the copy: it waits for the next step."""
TAKE_OVER = """
alter table {table} {on_cluster}
    apply deleted mask in partition id '{partition}',
    update hold_id = {{other:UInt32}} in partition id '{partition}' where {which} and hold_id = {{hold:UInt32}}
settings mutations_sync = 0
"""
_COLUMNS = ", ".join((*EVENT_COLUMNS, *PLACE_COLUMNS))
BRING_BACK = f"""
insert into events ({_COLUMNS})
select {_COLUMNS}
from events_isolated
where {OF_HOLD}
    and wish = 0
    and (segment, seq) not in (select segment, seq from events where site_id = {{site_id:UInt32}})
"""  # noqa: S608 - columns of our own  # nosec B608
WISHED = "site_id = {site_id:UInt32} and hold_id = {hold:UInt32} and wish != 0"
HEED = """
alter table {table} {on_cluster}
    apply deleted mask in partition id '{partition}',
    delete in partition id '{partition}' where {which} and wish = 2,
    update hold_id = 0 in partition id '{partition}' where {which} and wish = 1
settings mutations_sync = 0
"""
"""Who wanted a row erased has waited for the end of the hold; what must not be used stays apart for that alone."""
TO_BE_ERASED = "wish = 2 and site_id not in {held:Array(UInt32)}"


def isolate(store: Store, site_id: int, since: date, until: date, timezone: str, hold_id: int) -> bool:
    """Take the next step of moving the events of `[since, until)` out of sight; True: nothing of them is left in it."""
    if is_rewriting(store):
        return False
    binds = {"site_id": site_id, "since": second_of(since, timezone), "until": second_of(until, timezone)}
    moving = partitions_with(store, "events", IN_DAYS, binds)
    if moving:
        copying = {**binds, "hold": hold_id, "sites": [site_id]}
        store.writer.command(ISOLATE.replace("{which}", IN_DAYS), copying)
        _delete(store, "events", IN_DAYS + SAFE.format(other="events_isolated" + shard_of(store)), binds, moving)
    visits = partitions_with(store, "visits", VISITS_IN_DAYS, binds)
    if visits:
        _delete(store, "visits", VISITS_IN_DAYS, binds, visits)
    return not moving and not visits


def release(store: Store, site_id: int, hold_id: int) -> bool:
    """Take the next step of bringing a hold's events back, but for what their visitors wanted; True: it is done."""
    if is_rewriting(store):
        return False
    binds = {"site_id": site_id, "hold": hold_id}
    wished = partitions_with(store, "events_isolated", WISHED, binds)
    if wished:
        _rewrite(store, HEED, "events_isolated", WISHED, binds, wished)
        return False
    coming = partitions_with(store, "events_isolated", OF_HOLD, binds)
    if coming:
        store.writer.command(BRING_BACK, binds)
        derive_visits_of_site(store, site_id)
        _delete(store, "events_isolated", OF_HOLD + SAFE.format(other="events" + shard_of(store)), binds, coming)
    return not coming


def erase_wished(store: Store, held: Collection[int]) -> bool:
    """Take the next step of erasing what waited for the end of the last hold of its site; True: none is left."""
    if is_rewriting(store):
        return False
    binds = {"held": sorted(held)}
    waiting = partitions_with(store, "events_isolated", TO_BE_ERASED, binds)
    if waiting:
        _delete(store, "events_isolated", TO_BE_ERASED, binds, waiting)
    return not waiting


def take_over(store: Store, site_id: int, since: date, until: date, timezone: str, hold_id: int, other: int) -> bool:
    """Take the next step of giving what a hold keeps of `[since, until)` to another hold; True: it has it all."""
    if is_rewriting(store):
        return False
    binds = {"site_id": site_id, "since": second_of(since, timezone), "until": second_of(until, timezone)}
    both = {**binds, "hold": hold_id, "other": other}
    giving = partitions_with(store, "events_isolated", IN_DAYS + "    and hold_id = {hold:UInt32}\n", both)
    _rewrite(store, TAKE_OVER, "events_isolated", IN_DAYS, both, giving)
    return not giving


def _delete(store: Store, table: str, which: str, binds: Mapping[str, object], partitions: list[str]) -> None:
    _rewrite(store, DELETE, table, which, binds, partitions)


def _rewrite(
    store: Store, what: str, table: str, which: str, binds: Mapping[str, object], partitions: list[str]
) -> None:
    for partition in partitions:
        words = {"table": table + shard_of(store), "on_cluster": on_cluster_of(store), "partition": partition}
        store.writer.command(what.format(which=which, **words), binds)
