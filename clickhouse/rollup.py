"""Rollups: adds up what outlives its limit, without any visitor, and proves the sums before anything is deleted.

In: a store, a site, its first day that stays. Out: `rollups_daily`, one row for each day, trait and value, from which
nobody can be told; then, for months that are over their own limit, `rollups_monthly`, in which no group is smaller than
the site's least group: small ones are added up to "(other)" before they are written, and that cannot be undone.
Invariants: a day is added up whole and once (its total is written last, and says so); `roll_up` returns only when the
sums equal what they were made of. It deletes nothing: retain.py does, afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from importlib.resources import files

from clickhouse.ask.folding import hide
from clickhouse.ask.guard import OTHER
from clickhouse.client import Row, Store
from clickhouse.days import second_of
from clickhouse.faults import StoreError
from clickhouse.staging import on_cluster_of, shard_of

TRAIT_COLUMNS = ("visitors", "visits", "pageviews", "events", "bounces", "seconds", "engaged_ms")
MONTHLY_COLUMNS = ("site_id", "month", "dimension", "value", *TRAIT_COLUMNS)
MONTHLY_TYPES = ["UInt32", "Date", "LowCardinality(String)", "String", *("UInt64" for _ in TRAIT_COLUMNS)]

TO_ADD_UP = """
select toDate(ts, {zone:String}) as day
from events
where site_id = {site:UInt32}
    and ts < fromUnixTimestamp64Milli({until:Int64} * 1000)
    and day not in (
        select day
        from rollups_daily
        where site_id = {site:UInt32}
            and dimension = ''
    )
group by day
order by day
"""
MONTHS = """
select toStartOfMonth(day) as month
from rollups_daily
where site_id = {site:UInt32}
    and day < {before:Date}
    and month not in (
        select month
        from rollups_monthly
        where site_id = {site:UInt32}
    )
group by month
order by month
"""
OF_MONTH = """
select
    dimension,
    value,
    sum(visitors),
    sum(visits),
    sum(pageviews),
    sum(events),
    sum(bounces),
    sum(seconds),
    sum(engaged_ms)
from rollups_daily final
where site_id = {site:UInt32}
    and day >= {first:Date}
    and day < {end:Date}
group by dimension, value
"""


def roll_up(store: Store, site_id: int, timezone: str, first_day: date) -> int:
    """Add up all days before `first_day` that are not added up yet; return how many. Raises StoreError: sums differ."""
    binds: dict[str, object] = {"site": site_id, "zone": timezone, "until": second_of(first_day, timezone)}
    days = [day for (day,) in store.writer.query(TO_ADD_UP, binds)]
    for day in days:
        after = day + timedelta(days=1)
        since, until = second_of(day, timezone), second_of(after, timezone)
        span = binds | {"since": since, "until": until, "first": day, "end": after}
        for statement in (OF_VISITS, OF_EVENTS, OF_DAYS):
            store.writer.command(statement, span)
        if store.writer.query(DIFFERS, span):
            where = {"shard": shard_of(store), "on_cluster": on_cluster_of(store)}
            store.writer.command(FORGET_TOTAL.format(**where), span | {"day": day})
            raise StoreError(f"the sums of {day} differ from its events: nothing of it is deleted")
    return len(days)


def fold_months(store: Store, site_id: int, before: date, k: int) -> int:
    """Write the months that end by `before` with no group smaller than `k`; return how many."""
    months = [month for (month,) in store.writer.query(MONTHS, {"site": site_id, "before": before})]
    for month in months:
        rows = store.writer.query(OF_MONTH, {"site": site_id, "first": month, "end": _next_month(month)})
        folded = fold(rows, k)
        columns = dict(zip(MONTHLY_COLUMNS, zip(*((site_id, month, *row) for row in folded), strict=True), strict=True))
        store.writer.insert("rollups_monthly", columns, token=f"m{site_id}-{month}-{k}", types=MONTHLY_TYPES)
    return len(months)


def fold(rows: Sequence[Row], k: int) -> list[Row]:
    """Add up the values of each trait until no group is smaller than `k`; a trait of too few people is left out.

    People are counted in daily visitors, and in events where nobody is told apart.
    """
    traits: dict[str, list[Row]] = {}
    for row in rows:
        traits.setdefault(row[0], []).append(row)
    kept: list[Row] = []
    for name, some in sorted(traits.items()):
        hidden = hide({(row[1],): (_people(row),) for row in some}, k)
        if hidden is None:
            continue
        kept += [row for row in some if (row[1],) not in hidden]
        small = [row[2:] for row in some if (row[1],) in hidden]
        if small:
            kept.append((name, OTHER, *(sum(numbers) for numbers in zip(*small, strict=True))))
    return kept or [("", OTHER, *(0 for _ in TRAIT_COLUMNS))]


def _people(row: Row) -> int:
    visitors, events = int(row[2]), int(row[5])
    return visitors or events


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _statement(name: str) -> str:
    return (files("clickhouse") / "statements" / f"{name}.sql").read_text(encoding="utf-8")


OF_VISITS = _statement("rollup_of_visits")
OF_EVENTS = _statement("rollup_of_events")
OF_DAYS = _statement("rollup_of_days")
DIFFERS = _statement("rollup_differs")
FORGET_TOTAL = """
alter table rollups_daily{shard} {on_cluster}
    delete where site_id = {{site:UInt32}} and day = {{day:Date}}
    settings mutations_sync = 2
"""
