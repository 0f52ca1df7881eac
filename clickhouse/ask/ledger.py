"""Ledger: for each day of a site, what became of everything that arrived. Received = kept + refused + duplicate.

In: a Store, a site, days on its calendar, and the Guard of whoever looks. Out: a Ledger. The only way to a refusal.
Invariants: the site stands in both statements; people who said no are one number a day, never told apart by signal.
Under a guard that number is a band, and nothing else in the answer is exact enough to tell it by subtraction: what was
received is a band too, and a longer period adds bands up instead of finding a narrower one. Hosts that were refused are
told to those alone who see exact numbers. What is still in the spool is no row yet: whoever holds the spool adds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from importlib.resources import files

import msgspec

from clickhouse.ask.guard import Guard
from clickhouse.ask.period import period_binds, zone_of
from clickhouse.ask.question import Period, QuestionError
from clickhouse.client import Store
from clickhouse.rows import Reason

DECLINES = (Reason.OPTOUT, Reason.DENIED, Reason.GPC, Reason.DNT, Reason.COOKIES_OFF, Reason.NO_CONSENT)
"""Reasons that are a person's own say."""
DECLINED = "declined"
HOSTS = frozenset({Reason.WRONG_HOST, Reason.UNKNOWN_SITE})
"""Reasons whose rule is the name of a host."""
NOWHERE = 0
"""The number under which arrivals for sites that do not exist here are counted, on UTC days."""


class Amount(msgspec.Struct, frozen=True):
    """A number, or what may be said of it: the least and the most that it can be."""

    least: int = 0
    most: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.least + other.least, self.most + other.most)

    @property
    def is_exact(self) -> bool:
        return self.least == self.most


class RuleCount(msgspec.Struct, frozen=True):
    """How often a rule spoke on a day."""

    day: date
    reason: str
    rule: str
    count: int


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day's books, or those of several days together; `day` is then the first."""

    day: date
    kept: int = 0
    declined: Amount = Amount()
    duplicate: int = 0
    refused: Mapping[str, int] = {}
    """By reason, without those above."""

    @property
    def received(self) -> Amount:
        """Everything that has arrived and is not in the spool."""
        known = self.kept + self.duplicate + sum(self.refused.values())
        return Amount(known, known) + self.declined

    def joined(self, others: Iterable[Day]) -> Day:
        """Add the books of other days to this one's."""
        every = (self, *others)
        refused: dict[str, int] = {}
        for one in every:
            for reason, count in one.refused.items():
                refused[reason] = refused.get(reason, 0) + count
        return Day(
            day=self.day,
            kept=sum(one.kept for one in every),
            declined=sum((one.declined for one in every), Amount()),
            duplicate=sum(one.duplicate for one in every),
            refused=refused,
        )


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The books of some days, every day in its place, the empty ones included."""

    days: tuple[Day, ...]
    rules: tuple[RuleCount, ...]
    """What is known more closely than by reason, most first within a day."""

    @property
    def total(self) -> Day:
        return self.days[0].joined(self.days[1:])


def ask_ledger(
    store: Store, site_id: int, timezone: str, first: date, last: date, guard: Guard = Guard.EXACT
) -> Ledger:
    """Answer for the days `first` to `last`, both inclusive. Blocks. Raises QuestionError, StoreError."""
    if last < first:
        raise QuestionError("the period ends before it begins")
    counted = store.query(KEPT, _kept_binds(site_id, timezone, first, last), name="ledger_kept")
    kept: dict[date, int] = {day: count for day, count in counted}  # noqa: C416 - typed
    rows = store.query(REFUSED, _refused_binds(site_id, first, last), name="ledger_refused")
    return _ledger(first, last, kept, [RuleCount(*row) for row in rows], guard)


def ask_silence(store: Store, site_id: int, first: date, last: date) -> Amount:
    """Say how many a day said no: the step of the middle one of these days, for whoever asks. Blocks.

    A middle step is the step of one day, so no choice of days makes it narrower.
    """
    rows = store.query(REFUSED, _refused_binds(site_id, first, last), name="ledger_silence")
    declined: dict[date, int] = {day: count for day, why, _, count in rows if why == DECLINED}
    days = (last - first).days + 1
    counts = sorted(declined.get(first + timedelta(days=nth), 0) for nth in range(days))
    return band(counts[(days - 1) // 2])


def band(count: int) -> Amount:
    """Return what may be said of a count of people under a guard: none, 1-9, 10-49, 50-99, 100-499, and so on."""
    if count <= 0:
        return Amount()
    if count < 10:
        return Amount(1, 9)
    power: int = 10 ** (len(str(count)) - 1)
    return Amount(power, 5 * power - 1) if count < 5 * power else Amount(5 * power, 10 * power - 1)


def _ledger(first: date, last: date, kept: Mapping[date, int], rows: list[RuleCount], guard: Guard) -> Ledger:
    by_day: dict[date, dict[str, int]] = {}
    for row in rows:
        reasons = by_day.setdefault(row.day, {})
        reasons[row.reason] = reasons.get(row.reason, 0) + row.count
    span = (first + timedelta(days=nth) for nth in range((last - first).days + 1))
    days = tuple(_day(day, kept.get(day, 0), by_day.get(day, {}), guard) for day in span)
    told = tuple(row for row in rows if row.rule and _may_tell(row, guard))
    return Ledger(days=days, rules=told)


def _day(day: date, kept: int, reasons: Mapping[str, int], guard: Guard) -> Day:
    declined = reasons.get(DECLINED, 0)
    return Day(
        day=day,
        kept=kept,
        declined=band(declined) if guard.population else Amount(declined, declined),
        duplicate=reasons.get(Reason.DUPLICATE, 0),
        refused={reason: count for reason, count in reasons.items() if reason not in (DECLINED, Reason.DUPLICATE)},
    )


def _may_tell(row: RuleCount, guard: Guard) -> bool:
    return not (guard.population and row.reason in HOSTS)


def _kept_binds(site_id: int, timezone: str, first: date, last: date) -> dict[str, object]:
    zone = zone_of(timezone)
    midnight = datetime.min.time()
    since = datetime.combine(first, midnight, zone)
    until = datetime.combine(last + timedelta(days=1), midnight, zone)
    edges = period_binds(Period(since, until))
    return {"site": site_id, "tz": timezone, "since": edges["since"], "until": edges["until"]}


def _refused_binds(site_id: int, first: date, last: date) -> dict[str, object]:
    declines = [str(reason) for reason in DECLINES]
    return {"site": site_id, "first": first, "last": last, "declines": declines, "declined": DECLINED}


def _question(name: str) -> str:
    return (files("clickhouse") / "questions" / f"{name}.sql").read_text(encoding="utf-8")


KEPT = _question("kept_by_day")
REFUSED = _question("refused_by_day")
