"""A store that loses what it had acknowledged, as a server that dies with it unsynced, or gets an old disk back."""

from __future__ import annotations

from clickhouse.client import Store

ROWS = """
    select site_id, ts, visitor_id, visit_id, path, country, dsr_id, segment, seq
    from events
    order by segment, seq
"""
VISITS = """
    select * except (version)
    from visits final
    order by site_id, visit_id
"""
PARTITIONS = """
    select distinct partition_id
    from system.parts
    where database = currentDatabase() and table = {table:String} and active
"""


def lose(store: Store, *tables: str) -> None:
    """Lose the rows of these tables; what the server remembers of tokens stays."""
    for table in tables:
        for (partition,) in store.writer.query(PARTITIONS, {"table": table}):
            store.writer.command(f"alter table {table} detach partition id '{partition}'")


def lose_part(store: Store, table: str, which: str = "1") -> None:
    """Lose the parts of a table that hold such a row."""
    for (part,) in store.writer.query(f"select distinct _part from {table} where {which}"):
        store.writer.command(f"alter table {table} detach part '{part}'")


def all_of(store: Store) -> list[object]:
    """Everything that the drain brings, as it has to be again: each row, once."""
    refusals = store.query("select site_id, day, reason, rule, count, segment, seq from refusals order by all")
    redactions = store.query("select site_id, day, kind, place, count, segment, seq from redactions order by all")
    return [store.query(ROWS), refusals, redactions, store.query(VISITS)]
