"""Deeds: which features were used and with what values, and which goals were reached.

In: a Scope, and for goals a filter each. Out: rows with the days they are made of. The guard: a question that picks few
people out is not answered (`fewer_than`), and small rows are folded into "(other)".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from clickhouse.ask.asking import ask
from clickhouse.ask.guard import OTHER, Guard, fold_parts, fold_rows
from clickhouse.ask.odd import Scope, ask_rows, too_few
from clickhouse.ask.question import Condition, Filter
from clickhouse.client import Store
from clickhouse.rows import ENGAGEMENT, PAGEVIEW

MOST_FEATURES = 1000
NOT_FEATURES = (PAGEVIEW, ENGAGEMENT, "Web Vitals")
VALUES_SHOWN = 12
THOUSANDTHS = 1000


class Use(msgspec.Struct, frozen=True):
    """A feature, or a value of one of its properties (`key` and `name`)."""

    name: str
    uses: int
    visits: int
    people: int
    by_day: Mapping[date, int] = {}
    key: str = ""
    has_properties: bool = False


class Uses(msgspec.Struct, frozen=True):
    """What was used; or `fewer_than` people are here at all."""

    rows: tuple[Use, ...]
    fewer_than: int = 0


class Property(msgspec.Struct, frozen=True):
    """A key, its most frequent values, and how many there are beyond them."""

    key: str
    values: tuple[Use, ...]
    uses: int
    more: int


class Reached(msgspec.Struct, frozen=True):
    """How often a goal was reached."""

    times: int = 0
    visits: int = 0
    people: int = 0
    by_day: Mapping[date, int] = {}
    revenue: Mapping[str, float] = {}
    """By currency, in its unit."""


def ask_features(store: Store, scope: Scope, guard: Guard = Guard.EXACT) -> Uses:
    """Say which features were used. Blocks."""
    if fewer := too_few(store, scope, guard):
        return Uses((), fewer)
    rows = ask_rows(store, "features", scope, "events", {"limit": MOST_FEATURES, "not_features": list(NOT_FEATURES)})
    uses = [Use(name, count, visits, people, days, "", keys > 0) for name, count, visits, people, days, keys in rows]
    return Uses(tuple(folded(uses, guard)))


def ask_properties(store: Store, scope: Scope, feature: str, guard: Guard = Guard.EXACT) -> tuple[Property, ...]:
    """Say which values the properties of a feature had; nothing where too few used it. Blocks."""
    of_feature = msgspec.structs.replace(scope, filters=(*scope.filters, Condition("is", "feature", (feature,))))
    if too_few(store, of_feature, guard):
        return ()
    rows = ask_rows(store, "properties", scope, "events", {"feature": feature, "limit": VALUES_SHOWN})
    found: dict[str, list[Use]] = {}
    whole: dict[str, tuple[int, int]] = {}
    for key, value, uses, visits, people, of_key, count in rows:
        found.setdefault(key, []).append(Use(value, uses, visits, people, key=key))
        whole[key] = (of_key, count)
    return tuple(Property(key, tuple(folded(values, guard)), whole[key][0], max(0, whole[key][1] - len(values)))
                 for key, values in found.items())  # fmt: skip


def ask_last_used(store: Store, scope: Scope, features: Sequence[str]) -> Mapping[str, date]:
    """Say when each of these features was last used, whatever the period; those never used are not in it. Blocks."""
    if not features:
        return {}
    rows = ask_rows(store, "features_ever", msgspec.structs.replace(scope, filters=()), "events",
                    {"features": list(features)})  # fmt: skip
    return {name: day for name, day in rows}  # noqa: C416 - typed


def ask_goals(store: Store, scope: Scope, goals: Sequence[Filter], guard: Guard = Guard.EXACT) -> list[Reached | None]:
    """Count each goal, in the order given; None where fewer than k people reached it and the reader is guarded."""
    if not goals:
        return []
    rows = ask_rows(store, "goals", scope, "events", {}, {"reached": goals})
    found = {number: _reached(*rest) for number, *rest in rows}
    total = ask(store, scope.question("visitors"), guard) if guard.population else None
    everyone = int(total.rows[0].metrics[0] or 0) if total and total.rows else 0
    return [_guarded(found.get(number, Reached()), everyone, guard) for number in range(1, len(goals) + 1)]


def _reached(times: int, visits: int, people: int, by_day: Mapping[date, int], by_currency: Mapping[str, int]
             ) -> Reached:  # fmt: skip
    return Reached(times, visits, people, by_day, {code: sum_ / THOUSANDTHS for code, sum_ in by_currency.items()})


def _guarded(reached: Reached, everyone: int, guard: Guard) -> Reached | None:
    """A goal picks people out as a filter does, and so does what it leaves."""
    told = fold_parts([max(everyone, reached.people), reached.people], guard)
    return None if told[1] is None else reached


def folded(rows: Sequence[Use], guard: Guard) -> list[Use]:
    """Fold small rows into one; the others keep their order."""
    return fold_rows(rows, guard, lambda row: row.people, _as_one) or []


def _as_one(rows: Sequence[Use]) -> Use:
    sums = (sum(row.uses for row in rows), sum(row.visits for row in rows), sum(row.people for row in rows))
    return Use(OTHER, *sums, key=rows[0].key)
