"""Labels: the texts of a site's sums, rewritten or taken out when the events they were added up from are.

In: a site, days `[since, until)` of its calendar, and what a label of a dimension becomes (None: its rows go). Out: how
many labels had to change; 0 when a read that ignores deletion marks found none. One short step a call, like rescrub.py.
Sums that meet under one label are added. That row and the old ones, emptied, are put in together and replace what was,
so a step that is cut short and repeated counts nothing twice. Sums of closed days are deleted instead: they are made
anew from the events (close_days.py), for which the caller has to call `changes.note_change` at the end.
Invariant: no statement of a mutation holds a label; they stand in a table in memory, beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from clickhouse.client import Store
from clickhouse.rollup import TRAIT_COLUMNS
from clickhouse.staging import (
    REWRITTEN,
    clear_pairs,
    is_rewriting,
    on_cluster_of,
    prepare_pairs,
    shard_of,
    stage_pairs,
)

Anew = Callable[[str, str], str | None]
"""Dimension and label -> the label of today, or None."""

MOST_LABELS = 2_000
LABELS = """
select distinct
    {dimension},
    {label}
from {table}
where {which}
settings apply_deleted_mask = 0
"""
ROWS = """
select
    {moment},
    dimension,
    value,
    {sums}
from {table} final
where {which}
    and value in {{values:Array(String)}}
"""
DELETE = """
alter table {table}{shard} {on_cluster}
    apply deleted mask,
    delete where {which} and {meant}
settings mutations_sync = 0, allow_nondeterministic_mutations = 1
"""
UPDATE = """
alter table redactions{shard} {on_cluster}
    apply deleted mask,
    update place = transform(place, {old}, {new}, place) where {which}
settings mutations_sync = 0, allow_nondeterministic_mutations = 1
"""
LIST = "(select groupArray({column}) from (select old, new from scrub_pairs{shard} where field = 'path' order by old))"
PLACES = "place in (select old from scrub_pairs{shard} where field = 'path')"
STAGED = "(dimension, value) in (select field, old from scrub_pairs{shard})"
IN_DAYS = "site_id = {{site:UInt32}} and {moment} >= {{since:Date}} and {moment} < {{until:Date}}"
OVERLAPPING = "site_id = {site:UInt32} and day + days > {since:Date} and day < {until:Date}"


class Kept(NamedTuple):
    """A table of sums and its column of time."""

    table: str
    moment: str


SUMS = (Kept("rollups_daily", "day"), Kept("rollups_monthly", "month"))
CLOSED = ("day_book", "day_sums")
"""In this order: what is not booked is not read."""
TABLES = (*REWRITTEN, *CLOSED, *(kept.table for kept in SUMS), "redactions")


def relabel(store: Store, site_id: int, since: date, until: date, anew: Anew) -> int | None:
    """Take the next step; None: ClickHouse is still rewriting."""
    prepare_pairs(store)
    if is_rewriting(store, TABLES):
        return None
    binds: dict[str, object] = {"site": site_id, "since": since, "until": until}
    for kept in SUMS:
        days = binds | {"since": since.replace(day=1)} if kept.moment == "month" else binds
        if changed := _relabel_sums(store, kept, days, anew):
            return changed
    changed = _forget_closed(store, binds, anew) or _relabel_places(store, binds, anew)
    if not changed:
        clear_pairs(store)
    return changed


def changing(store: Store, table: str, names: tuple[str, str], which: str, binds: Mapping[str, object], anew: Anew) -> (
    dict[tuple[str, str], str | None]
):  # fmt: skip
    """Return what becomes of the labels that change."""
    dimension, label = names
    told = store.writer.query(LABELS.format(dimension=dimension, label=label, table=table, which=which), binds)
    becoming = {(name, text): anew(name, text) for name, text in told if text}
    differing = [(key, new) for key, new in becoming.items() if new != key[1]]
    return dict(sorted(differing, key=lambda pair: pair[0])[:MOST_LABELS])


def _relabel_sums(store: Store, kept: Kept, binds: Mapping[str, object], anew: Anew) -> int:
    which = IN_DAYS.format(moment=kept.moment)
    changed = changing(store, kept.table, ("dimension", "value"), which, binds, anew)
    if changed:
        stage_pairs(store, [(dimension, old, new or "") for (dimension, old), new in changed.items()])
        _merge(store, kept, which, binds, changed)
        _delete(store, kept.table, which, STAGED, binds)
    return len(changed)


def _merge(
    store: Store, kept: Kept, which: str, binds: Mapping[str, object], changed: Mapping[tuple[str, str], str | None]
) -> None:
    """Add the sums of old labels to those of the new ones, and nothing to the old, in one block of rows."""
    moved = {key: (key[0], new) for key, new in changed.items() if new is not None}
    named = {*moved, *moved.values()}
    if not named:
        return
    sums = ", ".join(TRAIT_COLUMNS)
    statement = ROWS.format(moment=kept.moment, sums=sums, table=kept.table, which=which)
    rows = store.writer.query(statement, {**binds, "values": sorted({value for _, value in named})})
    totals: dict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0] * len(TRAIT_COLUMNS))
    for day, dimension, value, *numbers in rows:
        if (dimension, value) not in named:
            continue
        into = moved.get((dimension, value), (dimension, value))
        total = totals[(day, *into)]
        totals[day, *into] = [one + more for one, more in zip(total, numbers, strict=True)]
        if (dimension, value) in moved:
            totals[day, dimension, value] = [0] * len(TRAIT_COLUMNS)
    _insert(store, kept, binds["site"], totals)


def _insert(
    store: Store, kept: Kept, site_id: object, totals: Mapping[tuple[date, str, str], Sequence[int]]
) -> None:  # fmt: skip
    if not totals:
        return
    names = ("site_id", kept.moment, "dimension", "value", *TRAIT_COLUMNS)
    rows = [(site_id, *key, *numbers) for key, numbers in totals.items()]
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    types = ["UInt32", "Date", "LowCardinality(String)", "String", *("UInt64" for _ in TRAIT_COLUMNS)]
    store.writer.insert(kept.table, columns, token="", types=types)  # nosec B106


def _forget_closed(store: Store, binds: Mapping[str, object], anew: Anew) -> int:
    changed = changing(store, "day_sums", ("dimension", "label"), OVERLAPPING, binds, anew)
    for table in CLOSED if changed else ():
        _delete(store, table, OVERLAPPING, "1", binds)
    return len(changed)


def _relabel_places(store: Store, binds: Mapping[str, object], anew: Anew) -> int:
    """Rewrite or delete where it is told that something had to be taken out of a page's path."""
    which = IN_DAYS.format(moment="day")
    changed = changing(store, "redactions", ("'path'", "place"), f"{which} and startsWith(place, '/')", binds, anew)
    gone = [(dimension, old, "") for (dimension, old), new in changed.items() if new is None]
    moved = [(dimension, old, new) for (dimension, old), new in changed.items() if new is not None]
    shard = shard_of(store)
    if gone:
        stage_pairs(store, gone)
        _delete(store, "redactions", which, PLACES, binds)
    elif moved:
        stage_pairs(store, moved)
        lists = {column: LIST.format(column=column, shard=shard) for column in ("old", "new")}
        store.writer.command(UPDATE.format(shard=shard, on_cluster=on_cluster_of(store), which=which, **lists), binds)
    return len(gone) or len(moved)


def _delete(store: Store, table: str, which: str, meant: str, binds: Mapping[str, object]) -> None:
    shard = shard_of(store)
    words = {"table": table, "shard": shard, "on_cluster": on_cluster_of(store), "which": which}
    store.writer.command(DELETE.format(meant=meant.format(shard=shard), **words), binds)
