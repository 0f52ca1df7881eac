"""When files go that a merge, a deletion or a rewriting has replaced, and how to hurry them.

In: a store. Out: which of them are still there. They must not be deleted before what replaced them is on the disk: a
server waits for its `old_parts_lifetime`, 8 minutes. An embedded engine would wait for nothing, so its tables are told
to wait for a minute, in which everything is synced several times (`Store.tidy`). Whoever has promised that erased rows
are gone has them go within seconds, after a sync of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable

from clickhouse.client import Store
from clickhouse.faults import StoreError

OLD_PARTS = """
select
    table,
    name
from system.parts
where database = currentDatabase()
    and table in {tables:Array(String)}
    and not active
"""
LIFETIME = "alter table {table} modify setting old_parts_lifetime = {seconds}"
LIFETIME_SECONDS = 60
HURRIED_SECONDS = 2
"""A cleaner that is woken right after a sync deletes nothing that was replaced since: that is younger."""

Part = tuple[str, str]
"""(table, name)."""


def old_parts(store: Store, tables: Iterable[str]) -> set[Part]:
    """Return files of these tables that are replaced and still there."""
    return {(table, part) for table, part in store.query(OLD_PARTS, {"tables": list(tables)})}


class Hurry:
    """Has replaced files of some tables deleted now: `nudge` about once a second while they are there, then `end`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hurried: set[str] = set()

    def nudge(self, tables: Collection[str]) -> None:
        """Ask ClickHouse to delete what these tables do not need any more. Raises StoreAway where the disk failed."""
        store = self._store
        if store.is_embedded:
            self._hurried |= set(tables)
            for table in tables:  # each time: somebody else may have ended his hurry
                store.writer.tell(LIFETIME.format(table=table, seconds=HURRIED_SECONDS))
            store.writer.settle()
        for table in tables:
            # The cleaner of a quiet table sleeps for up to 5 minutes; to start what was never stopped wakes it (1 s,
            # measured). A server may not let us: then it is a matter of waiting.
            with contextlib.suppress(StoreError):
                store.writer.tell(f"system start cleanup {table}")

    def end(self) -> None:
        """Let those tables be as patient as before. After a crash, the next start sees to that (migrate.py)."""
        for table in self._hurried:
            with contextlib.suppress(StoreError):
                self._store.writer.tell(LIFETIME.format(table=table, seconds=LIFETIME_SECONDS))
        self._hurried.clear()
