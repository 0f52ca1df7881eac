"""Recorded: the events of one visitor who proved by a cookie that they are his, every column, nothing else.

In: a site and the number of a cookie. Out: one mapping a row, oldest first: a column's name and its value as text;
empty ones are left out. What he had restricted is his too, and comes with it. No page of the product team asks this.
The columns are described in docs/wire.md, "My records". The number is bound and goes into no log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clickhouse.client import Store
from clickhouse.columns import EVENT_COLUMNS

INTERNAL = frozenset(("site_id", "ts", "visitor_id", "dsr_id", "scroll", "delay_ms", "props"))
"""Numbers that only mean something inside, and columns that need words of their own."""
PLAIN = tuple(column for column in EVENT_COLUMNS if column not in INTERNAL)
RECORDED = """
select
    formatDateTime(ts, '%FT%T', 'UTC') || 'Z',
    if(scroll = 255, '', toString(scroll)),
    mapKeys(props),
    mapValues(props),
    {plain}
from {table}
where site_id = {{site_id:UInt32}}
    and {column} = {{number:UInt64}}
    {only}
order by ts, segment, seq
limit {{most:UInt32}}
"""
MOST = 100_000
TABLES = (("events", "counted", ""), ("events_isolated", "restricted", "and hold_id = 0"))
EMPTY = frozenset(("", "0", "false"))


def recorded_events(store: Store, site_id: int, number: int, *, by_dsr: bool) -> list[dict[str, str]]:
    """Return the events of this cookie. Raises StoreError."""
    column = "dsr_id" if by_dsr else "visitor_id"
    binds = {"site_id": site_id, "number": number, "most": MOST}
    plain = ",\n    ".join(f"toString({name})" for name in PLAIN)
    found = []
    for table, state, only in TABLES:
        # A number of the day is nobody's to show, even if it should be equal to a consented one.
        just = only if by_dsr else f"{only} and consented"
        rows = store.query(RECORDED.format(plain=plain, table=table, column=column, only=just), binds, name="recorded")
        found += [record_of(row, state) for row in rows]
    return sorted(found, key=lambda record: record["time"])


def record_of(row: Sequence[Any], state: str) -> dict[str, str]:
    """Name what a row holds; what is empty is left out."""
    time, scroll, keys, values, *plain = row
    told = {"time": time, "state": state, **dict(zip(PLAIN, plain, strict=True)), "scroll": scroll}
    told |= {f"props.{key}": value for key, value in zip(keys, values, strict=True)}
    return {name: value for name, value in told.items() if value not in EMPTY or name.startswith("props.")}
