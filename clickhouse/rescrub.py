"""Rescrub: rewrite stored texts that would not be kept so today, and prove that the old ones are gone.

In: a site, the first moment, and what makes of a column's text the text of today. Out: False while something is left,
True when a read that ignores deletion marks found no text that would change. One short step, to be called again until
it is True, from wherever it was cut short; it does not wait for ClickHouse to rewrite.
Invariant: no statement of a mutation holds a text. Pairs of old and new stand in a table in memory, filled beside it:
ClickHouse keeps the text of a mutation on disk, and would so keep what was to be forgotten. Visits hold the texts of
their events, so both are rewritten by the same pairs, and derived visits agree with their events again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from clickhouse.client import Store
from clickhouse.staging import clear_pairs, is_rewriting, on_cluster_of, prepare_pairs, shard_of, stage_pairs

EVENT_TEXTS = (
    "name", "hostname", "path", "query", "title", "referrer", "source",
    "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term",
)  # fmt: skip
VISIT_TEXTS = (
    "entry", "exit", "entry_hostname", "exit_hostname", "referrer", "source",
    "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term",
)  # fmt: skip
SEPARATOR = "\x1f"
"""Between a property's key and its value: no kept text holds a control character."""
MOST_PAIRS = 20_000
"""Pairs of one step; what is beyond comes with the next."""

DISTINCT = """
select distinct {column}
from {table}
where site_id = {{site:UInt32}}
    and {moment} >= toDateTime({{since:UInt32}}, 'UTC')
    {more}
settings apply_deleted_mask = 0
"""
DISTINCT_PROPS = """
select distinct
    pair.1,
    pair.2
from {table}
array join CAST(props, 'Array(Tuple(String, String))') as pair
where site_id = {{site:UInt32}}
    and ts >= toDateTime({{since:UInt32}}, 'UTC')
    {more}
settings apply_deleted_mask = 0
"""
REWRITE = """
alter table {table}{shard} {on_cluster}
    apply deleted mask,
    update {updates}
    where site_id = {{site:UInt32}} and {moment} >= toDateTime({{since:UInt32}}, 'UTC') {more}
    settings mutations_sync = 0, allow_nondeterministic_mutations = 1
"""
"""A row that is only marked as deleted is hidden from a change, so the marks are carried out first."""
LIST = (
    "(select groupArray({column}) from (select old, new from scrub_pairs{shard} where field = '{field}' order by old))"
)
PROPS = (
    "props = CAST(mapFromArrays("
    "arrayMap(k -> {keys}, mapKeys(props)), "
    "arrayMap((k, v) -> {values}, mapKeys(props), mapValues(props))"
    "), 'Map(LowCardinality(String), String)')"
)


class Source(NamedTuple):
    """A table whose texts are rewritten."""

    table: str
    moment: str
    texts: Sequence[str]
    has_props: bool
    more: str = ""


SOURCES = (
    Source("events", "ts", EVENT_TEXTS, True),
    # What a hold keeps is not changed by anybody.
    Source("events_isolated", "ts", EVENT_TEXTS, True, "and hold_id = 0"),
    Source("visits", "start", VISIT_TEXTS, False),
)


class Scrubber(msgspec.Struct, frozen=True):
    """What makes of a stored text the text of today."""

    text: Callable[[str, str], str]
    """Of a column."""
    key: Callable[[str], str]
    value: Callable[[str, str], str]
    """Of a property's key, as it was."""


class Step(msgspec.Struct, frozen=True):
    """How it stands: texts that are still to be rewritten."""

    left: int

    @property
    def is_done(self) -> bool:
        return self.left == 0


def rescrub(store: Store, site_id: int, since_second: int, scrubber: Scrubber) -> Step | None:
    """Take the next step; None: ClickHouse is still rewriting. Blocks for as long as reading the columns takes."""
    prepare_pairs(store)
    if is_rewriting(store):
        return None
    binds = {"site": site_id, "since": since_second}
    for source in SOURCES:
        pairs = _pairs_of(store, source, binds, scrubber)
        if not pairs:
            continue
        stage_pairs(store, pairs)
        words = {"table": source.table, "moment": source.moment, "more": source.more, "shard": shard_of(store)}
        updates = ", ".join(_updates(source, {field for field, _, _ in pairs}, shard_of(store)))
        store.writer.command(REWRITE.format(updates=updates, on_cluster=on_cluster_of(store), **words), binds)
        return Step(len(pairs))
    clear_pairs(store)
    return Step(0)


def _pairs_of(
    store: Store, source: Source, binds: Mapping[str, object], scrubber: Scrubber
) -> list[tuple[str, str, str]]:
    """Find (field, old, new) of every text that would not be kept as it is."""
    words = {"table": source.table, "moment": source.moment, "more": source.more}
    pairs: list[tuple[str, str, str]] = []
    for column in source.texts:
        texts = (text for (text,) in store.writer.query(DISTINCT.format(column=column, **words), binds))
        pairs += _differing(column, ((text, scrubber.text(column, text)) for text in texts))
    if source.has_props:
        told = store.writer.query(DISTINCT_PROPS.format(**words), binds)
        pairs += _differing("(key)", {(key, scrubber.key(key)) for key, _ in told})
        pairs += _differing(
            "(value)", ((f"{key}{SEPARATOR}{value}", scrubber.value(key, value)) for key, value in told), SEPARATOR
        )
    return pairs[:MOST_PAIRS]


def _differing(field: str, texts: Iterable[tuple[str, str]], separator: str = "") -> list[tuple[str, str, str]]:
    return [(field, old, new) for old, new in texts if (old.partition(separator)[2] if separator else old) != new]


def _updates(source: Source, fields: set[str], shard: str) -> list[str]:
    def swap(field: str, text: str, otherwise: str) -> str:
        lists = {column: LIST.format(column=column, field=field, shard=shard) for column in ("old", "new")}
        return f"transform({text}, {lists['old']}, {lists['new']}, {otherwise})"

    updates = [f"{column} = {swap(column, column, column)}" for column in source.texts if column in fields]
    if {"(key)", "(value)"} & fields:
        keys = swap("(key)", "k", "k") if "(key)" in fields else "k"
        values = swap("(value)", f"concat(k, '{SEPARATOR}', v)", "v") if "(value)" in fields else "v"
        updates.append(PROPS.format(keys=keys, values=values))
    return updates
