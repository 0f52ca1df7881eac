"""Restriction: carries out holds. Days on hold leave the tables that reports, retention and erasure work on.

In: the registry's holds, the store. Out: their rows lie in `events_isolated`; after a release they are back where
they came from, and the next night treats them like all others. It is done once when the hold is placed, and again
before each night's work, for what arrived late. Everything may be repeated. A site with a hold is not removed: the
order says why.
"""

from __future__ import annotations

from datetime import date

from clickhouse.changes import note_change
from clickhouse.client import Store
from clickhouse.days import second_of
from clickhouse.isolate import erase_wished, isolate, release, take_over
from registry.errors import WrongState
from registry.holds import Hold
from registry.registry import Registry


def isolate_held(registry: Registry, store: Store, hold_id: int | None = None) -> bool:
    """Take the next step of moving what is on hold out of sight, or what one hold covers; True: it is."""
    zones = {site.id: site.timezone for site in registry.sites.list()}
    is_done = True
    for hold in registry.holds.list(active=True):
        if hold_id in (None, hold.id) and hold.site_id in zones:
            is_done &= _isolate(store, hold, zones[hold.site_id])
    return is_done and (hold_id is not None or _erase_wished(registry, store))


def _erase_wished(registry: Registry, store: Store) -> bool:
    return erase_wished(store, {hold.site_id for hold in registry.holds.list(active=True)})


def _isolate(store: Store, hold: Hold, timezone: str) -> bool:
    is_done = isolate(store, hold.site_id, hold.since, hold.until, timezone, hold.id)
    if not is_done:
        note_change(store, hold.site_id, hold.since, hold.until)
    return is_done


def release_hold(registry: Registry, store: Store, hold_id: int, by: str) -> bool:
    """Take the next step of bringing back what a hold kept; True: all is back, and the hold has ended.

    What another hold of the site wants too stays for that one. What its visitor wanted erased meanwhile is erased.
    """
    hold = registry.holds.get(hold_id)
    site = registry.sites.by_id(hold.site_id)
    zone = site.timezone if site else "UTC"
    for other in registry.holds.list(hold.site_id, active=True):
        if other.id != hold_id and not take_over(
            store, hold.site_id, other.since, other.until, zone, hold_id, other.id
        ):
            return False
    if not release(store, hold.site_id, hold_id):
        return False
    if hold.released_at is None:
        registry.holds.release(hold_id, by=by)
        note_change(store, hold.site_id, hold.since, hold.until)
    return _erase_wished(registry, store)


def refuse_if_held(registry: Registry, site_id: int) -> None:
    """Raise `WrongState` with the hold's own sentence when something of a site may not be deleted."""
    for hold in registry.holds.list(site_id, active=True):
        raise WrongState(f"{hold.sentence}; hold {hold.id} has to be released first")


def free_of_holds(registry: Registry, site_id: int, since: date, until: date) -> list[tuple[date, date]]:
    """Return the days of `[since, until)` that no hold keeps, as spans `[since, until)`."""
    free = [(since, until)]
    for hold in registry.holds.list(site_id, active=True):
        parts = ((first, min(last, hold.since)) for first, last in free)
        rest = ((max(first, hold.until), last) for first, last in free)
        free = sorted((first, last) for first, last in {*parts, *rest} if first < last)
    return free


def never_by_age(registry: Registry) -> str:
    """Return the condition under which a row of `events_isolated` may go by its age: numbers and times only."""
    zones = {site.id: site.timezone for site in registry.sites.list()}
    terms = ["hold_id = 0"]
    for hold in registry.holds.list(active=True):
        since, until = (second_of(day, zones.get(hold.site_id, "UTC")) for day in (hold.since, hold.until))
        moment = "toUnixTimestamp(ts)"
        terms.append(f"(site_id = {hold.site_id} and {moment} >= {since} and {moment} < {until})")
    return " and not ".join(terms)
