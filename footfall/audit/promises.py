"""Promises on record: retention (A15), holds and requests (A17), the chain of looks (A18), presets (A23).

In: a Yard. Out: findings. Retention is read anew from the store, by the rule the nights work by; the last proof is told
beside it. What is over its limit only since this day is a matter for the coming night, and a warning.
"""

from __future__ import annotations

from datetime import timedelta

from clickhouse.examine import late_parts
from clickhouse.retain import rows_over, tables_with_time
from footfall.audit.finding import Finding, counted, failed, listed, passed, warned
from footfall.audit.yard import Yard
from footfall.night import turn_of
from footfall.restriction import never_by_age
from footfall.retention import KEYS, NOBODY, nights_of, rule_of
from registry.conformance import deviations, in_words

LATE_NIGHTS = timedelta(days=2)
OLD_PARTS_SECONDS = 600


def nothing_is_overdue(yard: Yard) -> Finding:
    """A15."""
    over = rows_over_limits(yard)
    rows = sum(over.values())
    proofs = yard.registry.keeping.last_proofs()
    nights = nights_of(yard.sites, yard.now)
    late = [
        f"site {number}"
        for number, night in nights.items()
        if number != NOBODY and number in proofs and night - proofs[number].night > LATE_NIGHTS
    ]
    parts = late_parts(yard.store, OLD_PARTS_SECONDS)
    proof = proofs.get(NOBODY)
    told = f"the last night that was proved is {proof.night}" if proof else "no night was proved here yet"
    mend = (
        "look at the log and at `footfall_retention_overdue`; `footfall data delete` removes what is over a limit now"
    )
    if late or (rows and proof and nights[NOBODY] - proof.night > LATE_NIGHTS):
        return failed(f"{counted(rows, 'row')} over a limit; {told}; behind: {listed(late) or 'the store'}", mend)
    if rows:
        tables = listed([f"{count:,} in {table}" for table, count in over.items()])
        return warned(f"{tables} are over their limit, for the coming night to remove; {told}", mend)
    if parts:
        return warned(
            f"nothing is over its limit, but ClickHouse has not removed {parts} replaced files for ten minutes",
            "it does so by itself; on a server set old_parts_lifetime=60",
        )
    limits = listed(sorted({f"{site.retention_days} days" for site in yard.sites})) or "no site"
    return passed(
        f"every table was read, deletion marks ignored: nothing is older than its site keeps ({limits}); {told}"
    )


def rows_over_limits(yard: Yard) -> dict[str, int]:
    """Count, table by table, the rows that their site keeps no longer."""
    nights = nights_of(yard.sites, yard.now)
    keeping = yard.registry.keeping
    limits = {key: keeping.limits(key) for key in KEYS}
    turns = [turn_of(site, nights[site.id], limits) for site in yard.sites]
    removed = yard.registry.orders.removed_sites()
    rule = rule_of(turns, nights, nights, removed, never_by_age(yard.registry))
    found = {table.asked: sum(rows_over(yard.store, table, rule).values()) for table in tables_with_time(yard.store)}
    return {table: rows for table, rows in found.items() if rows}


def nobody_waits_too_long(yard: Yard) -> Finding:
    """A17."""
    overdue, unseen = yard.registry.requests.overdue(), yard.registry.holds.overdue()
    waiting = yard.registry.requests.list()
    if overdue:
        numbers = listed([str(request.id) for request in overdue])
        return failed(
            f"requests of visitors should have been answered by now: {numbers}",
            "`footfall request show NUMBER`, then extend it with a reason or close it",
        )
    stuck = [order.kind for order in yard.registry.orders.waiting() if yard.now - order.filed_at > timedelta(days=1)]
    if stuck:
        return failed(f"work waits since yesterday: {listed(stuck)}", "is the server running? Look at its log")
    if unseen:
        return warned(
            f"holds have to be reviewed: {listed([str(hold.id) for hold in unseen])}",
            "look whether the reason still holds; else `footfall hold release NUMBER`",
        )
    holds = len(yard.registry.holds.list(active=True))
    return passed(f"open requests: {len(waiting)}, none late; holds: {holds}, none to be reviewed yet")


def the_chain_is_whole(yard: Yard) -> Finding:
    """A18."""
    looks = yard.registry.looks
    broken = looks.verify()
    mend = "compare with backups of the registry and with heads printed earlier: somebody altered it"
    if broken is not None:
        return failed(f"the chain of looks is broken at number {broken}", mend)
    if yard.last_head is not None and not looks.is_in_chain(yard.last_head):
        return failed(f"the end that the last audit printed (number {yard.last_head.seq}) is not in the chain", mend)
    head = looks.head()
    again = "; the end that the last audit printed is in it" if yard.last_head else ""
    return passed(f"{head.seq:,} looks in one chain, whole{again}. Its end today: {head.seq} {head.hash}")


def presets_are_kept(yard: Yard) -> Finding:
    """A23."""
    told = [f"site {site.id}: {in_words(site, each)}" for site in yard.sites for each in deviations(site)]
    if told:
        return warned(
            "; ".join(told), "intended? Then nothing; else `footfall site set HOST preset=…` writes the preset anew"
        )
    names = listed(sorted({site.preset for site in yard.sites})) or "no site yet"
    return passed(f"{counted(len(yard.sites), 'site')} as presets say ({names})")
