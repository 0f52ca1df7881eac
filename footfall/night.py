"""The work of a night, in its order: put aside what is on hold, add up, forget fields, delete.

In: the open ground, the sites whose turn it is, and their rule. Out: True when every part of it was proved by
reading. Each call is a step that may be cut short and is repeated until it is True. Before anything goes, the clock
is doubted: one that has leapt over weeks, and would take most of what there is, deletes nothing until a person has
said that the day is right (`footfall data confirm-date`). What is on hold leaves the tables first, so that nothing
here meets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from clickhouse.ageing import Age, age
from clickhouse.client import Store
from clickhouse.retain import Rule, counts_of, retain
from clickhouse.rollup import fold_months, roll_up
from clickhouse.staging import is_rewriting
from registry.keeping import NEVER, Limit, first_day_of
from registry.site import Site

LONGEST_DAYS = 760
"""No site may keep more: the limit of rows whose site nobody knows (a store that came from elsewhere)."""
REFUSALS_DAYS = 90
"""Counts of refusals are for mending a site, and nobody mends what is older."""
NO_DOUBT = timedelta(days=3)
LONGEST_ABSENCE = timedelta(days=40)
"""A server may have been off so long; if the last proved night is further away, a person is asked."""
MOST = 0.5
"""Share of the rows that a shorter absence may delete without asking."""

Limits = Mapping[str, Mapping[int, Sequence[Limit]]]


class ClockDoubted(Exception):
    """The clock has leapt, and most of what is kept would be deleted."""


class Turn(msgspec.Struct, frozen=True):
    """A site whose night it is, and how far back it keeps what."""

    site: Site
    night: date
    first_day: date
    city_from: date | None = None
    region_from: date | None = None


def turn_of(site: Site, night: date, limits: Limits) -> Turn:
    """Say what a site keeps tonight, by all that it promised."""

    def first(key: str, days: int) -> date:
        return first_day_of(site, days, limits.get(key, {}).get(site.id, ()), night)

    def aged(key: str, days: int) -> date | None:
        found = first(key, days)
        return found if days != NEVER or found > date.min else None

    return Turn(
        site=site,
        night=night,
        first_day=first("retention_days", site.retention_days),
        city_from=aged("age_city_days", site.age_city_days),
        region_from=aged("age_region_days", site.age_region_days),
    )


def month_of(day: date) -> date:
    return day.replace(day=1)


def work_through(store: Store, turns: Iterable[Turn], rule: Rule) -> bool:
    """Take the next step. Raises StoreError; then nothing was deleted that is not added up."""
    if is_rewriting(store):
        return False
    is_done = True
    for turn in turns:
        site = turn.site
        if site.after_retention == "anonymise":
            roll_up(store, site.id, site.timezone, turn.first_day)
        fold_months(store, site.id, month_of(turn.night - timedelta(days=LONGEST_DAYS)), site.min_group)
        is_done &= age(store, Age(site.id, site.timezone, turn.city_from, turn.region_from))
    return retain(store, rule) and is_done


def doubt_clock(store: Store, rule: Rule, night: date, last: date | None) -> None:
    """Raise `ClockDoubted` when the clock went further since `last` than is plausible for what it would delete."""
    if last is None or night - last <= NO_DOUBT:
        return
    gone, whole = counts_of(store, msgspec.structs.replace(rule, removed=()))
    if gone > (whole * MOST if night - last <= LONGEST_ABSENCE else 0):
        raise ClockDoubted(
            f"it is {night} by the clock, {(night - last).days} days after the last night's work, and {gone:,} of "
            f"{whole:,} rows would be deleted: set the clock, or say that it is right: footfall data confirm-date"
        )
