"""What tests use one after another: making a database costs eleven tables, emptying one next to nothing.

Not a test. In: how to make one. Out: `lend()`, a store with this release's schema and no rows, as if it had just been
made: parts, tokens of inserts and what a store keeps in memory are gone. A database of which a test changed a table,
or rows by mutations, or whose reader is still out, is dropped and lent to nobody again. The registry's PostgreSQL
databases wait on such a shelf, too (registry_lent.py).
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from clickhouse.client import Store
from clickhouse.keep import Keep
from clickhouse.migrate import migrate

Thing = TypeVar("Thing", covariant=True)

BOOK = "schema_migrations"
TABLES = "select name, create_table_query from system.tables where database = currentDatabase() order by name"
BOOKED = f"select name from {BOOK} order by name"
MUTATIONS = "select count() from system.mutations where database = currentDatabase()"


class Lent(Protocol[Thing]):
    """One of them, which remembers what it looked like when it was new."""

    def lend(self) -> Thing: ...

    def is_as_new(self) -> bool:
        """Undo what a test did, as far as that is cheap; return whether nothing remembers the test."""

    def drop(self) -> None: ...


class LentStore:
    """A database of ClickHouse; `open_store` opens the one of a name."""

    def __init__(self, open_store: Callable[[str], Store]) -> None:
        store = open_store(f"t{uuid.uuid4().hex}")
        migrate(store)
        self.original = store
        self._new = self._look()

    def lend(self) -> Store:
        """Return the store as one that was just opened; what a test does to the object stays with the test."""
        mine = copy.copy(self.original)
        mine.keep = Keep()
        return mine

    def is_as_new(self) -> bool:
        """Empty the tables; return whether nothing else remembers the test."""
        store = self.original
        if store._idle.qsize() != store.reader_count or store.writer.query(MUTATIONS) != [(0,)]:
            return False
        found = self._look()
        if found != self._new:
            return False
        for name, _ in found[0]:
            if name != BOOK:
                store.writer.command(f"truncate table {name} sync")
        store.writer.command("system start merges")
        return True

    def drop(self) -> None:
        self.original.writer.command(f"drop database if exists {self.original.database} sync", use_database=False)
        self.original.close()

    def _look(self) -> tuple[list[tuple[str, str]], list[tuple[str]]]:
        tables = self.original.writer.query(TABLES)
        return tables, self.original.writer.query(BOOKED) if BOOK in dict(tables) else []  # type: ignore[return-value]


class Shelf(Generic[Thing]):
    """What waits for the next test."""

    def __init__(self, make: Callable[[], Lent[Thing]]) -> None:
        self._make = make
        self._waiting: list[Lent[Thing]] = []

    @contextmanager
    def lend(self) -> Iterator[Thing]:
        one = self._waiting.pop() if self._waiting else self._make()
        yield one.lend()
        if one.is_as_new():
            self._waiting.append(one)
        else:
            one.drop()

    def close(self) -> None:
        while self._waiting:
            self._waiting.pop().drop()
