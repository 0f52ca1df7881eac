"""What a store has acknowledged is on its disk: every table of ours says so itself, on any server."""

from __future__ import annotations

from clickhouse.client import Store

TABLES = """
    select name, create_table_query
    from system.tables
    where database = {database:String} and engine like '%MergeTree'
    order by name
"""
SPOOLED = ("events", "refusals", "redactions")
"""What the drain inserts: there a repeated block is recognised by its token."""


def test_an_insert_is_on_disk_before_it_is_acknowledged_in_every_table(any_store: Store) -> None:
    """Otherwise a server that loses power would lose what the spool has deleted."""
    told = dict(any_store.query(TABLES, {"database": any_store.database}))
    assert set(SPOOLED) <= set(told)
    for name, text in told.items():
        if name == "schema_migrations":
            continue  # what it forgets is done once more, and changes nothing
        assert "fsync_after_insert = 1" in text, name
        assert "fsync_part_directory = 1" in text, name
        assert ("deduplication_window = 1000" in text) == (name in SPOOLED), name
