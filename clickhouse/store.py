"""The store as the rest of the house sees it: one writer, and readers that questions share.

In: handles on one database (client.py opens them). Out: rows of questions; statements that change something, one after
the other. Invariants: no two threads use one handle; a question waits for a free reader; a statement carries its name,
and the mark of the call it belongs to, so that a call nobody waits for any more can be ended (call.py).
It opens no connection and knows nothing of the driver but what a handle is.
"""

from __future__ import annotations

import copy
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Protocol, TypeAlias, TypeVar

from clickhouse.call import Call
from clickhouse.dsn import Target
from clickhouse.faults import BadRow, StoreError, fault_of_write
from clickhouse.fit import misfit
from clickhouse.keep import Keep
from clickhouse.lasting import Lasting

SETTLE_SECONDS = 10.0

Row: TypeAlias = tuple[Any, ...]
Result = TypeVar("Result")


class Handle(Protocol):
    """A connection of the driver's; its methods hand over the driver's client."""

    def run(self, work: Callable[[Any], Result], fault: Callable[..., StoreError]) -> Result: ...

    def run_anywhere(self, work: Callable[[Any], Result]) -> Result: ...

    def close(self) -> None: ...


class Writer:
    """The one handle that changes the store. Calls wait for each other.

    What a call has written is on the disk when it returns: a server's tables see to that, `lasting` for an engine of
    our own.
    """

    def __init__(self, handle: Handle, lasting: Lasting | None = None) -> None:
        self._handle = handle
        self.lasting = lasting
        self._lock = threading.Lock()

    def command(self, sql: str, params: Mapping[str, object] = {}, *, use_database: bool = True) -> None:
        """Run a statement that returns nothing."""
        self._write(lambda client: client.command(sql, parameters=dict(params), use_database=use_database))

    def tell(self, sql: str, params: Mapping[str, object] = {}) -> None:
        """Run a statement that writes nothing: to the engine itself."""
        with self._lock:
            self._handle.run(lambda client: client.command(sql, parameters=dict(params)), fault_of_write)

    def settle(self) -> None:
        """Return when everything is on the disk that an engine of our own has written, merged and rewritten too."""
        with self._lock:
            if self.lasting is not None:
                self.lasting()

    def _write(self, work: Callable[[Any], object]) -> None:
        with self._lock:
            self._handle.run(work, fault_of_write)
            if self.lasting is not None:
                self.lasting()

    def query(self, sql: str, params: Mapping[str, object] = {}) -> list[Row]:
        """Ask what must be as fresh as our own last insert."""
        with self._lock:
            return self._handle.run(lambda client: _rows(client, sql, params), fault_of_write)

    def insert(
        self,
        table: str,
        columns: Mapping[str, Sequence[object]],
        *,
        token: str,
        query_id: str = "",
        types: Sequence[str] = (),
    ) -> None:
        """Insert whole columns as one block; repeating it with the same token soon after changes nothing.

        `types` are the columns' ClickHouse types; without them the driver asks for them first.
        Raises BadRow when these rows can never be stored, StoreAway when it is unknown whether they were.
        """
        if not columns or not len(next(iter(columns.values()))):
            return
        settings = _once(token) | ({"query_id": query_id} if query_id else {})

        def work(client: Any) -> object:
            return client.insert(
                table,
                list(columns.values()),
                column_names=list(columns),
                column_type_names=list(types) or None,
                column_oriented=True,
                settings=settings,
            )

        try:
            self._write(work)
        except (ValueError, OverflowError):  # the driver's own conversions: a lone surrogate, a number too large
            raise BadRow("a value does not fit its column") from None
        except StoreError:
            if types and (column := misfit(columns, types)):
                raise BadRow(f"a value does not fit the column {column}") from None
            raise

    def pour(self, table: str, columns: Sequence[str], block: bytes, *, token: str, query_id: str) -> None:
        """Insert a block that is in the format Native already (native.py). Otherwise as `insert`."""
        settings = _once(token) | {"query_id": query_id}

        def work(client: Any) -> object:
            return client.raw_insert(table, column_names=columns, insert_block=block, fmt="Native", settings=settings)

        self._write(work)

    def load(self, table: str, block: bytes) -> None:
        """Insert what `Store.raw` gave in the format Native."""
        self._write(lambda client: client.raw_insert(table, insert_block=block, fmt="Native"))

    def close(self) -> None:
        with self._lock:
            self._handle.close()


class Store:
    """The store, open. A context manager; `close` is idempotent."""

    def __init__(
        self, target: Target, writer: Writer, background: Writer, ender: Writer, readers: Sequence[Handle]
    ) -> None:
        self.database = target.database
        self.cluster = target.cluster
        self.is_embedded = target.directory is not None
        self.writer = writer
        self.background = background
        """For statements that write and take long: new events need not wait for them. Opened when first used."""
        self.reader_count = len(readers)
        self.keep = Keep()
        self._settled = time.monotonic()
        self._ender = ender
        self._call: Call | None = None
        self._readers = tuple(readers)
        self._idle: queue.LifoQueue[Handle] = queue.LifoQueue()
        for reader in readers:
            self._idle.put(reader)

    def query(self, sql: str, params: Mapping[str, object] = {}, *, name: str = "") -> list[Row]:
        """Ask on a read-only handle; waits for one when all are busy. `name` goes into the statement as a comment.

        Raises QuestionDropped when the call it belongs to has been ended.
        """
        words = [name] if name.replace("_", "").isalnum() else []
        if self._call is not None:
            words.append(self._call.mark)
        statement = f"/* {' '.join(words)} */ {sql}" if words else sql
        with self._reader() as reader:
            if self._call is None:
                return reader.run_anywhere(lambda client: _rows(client, statement, params))
            with self._call.running():
                return reader.run_anywhere(lambda client: _rows(client, statement, params))

    def for_call(self) -> Store:
        """Return the same store for one call, which `end_call` can end while others go on."""
        mine = copy.copy(self)
        vars(mine)["_call"] = Call()
        return mine

    def end_call(self) -> None:
        """End what this call has running, and let nothing more of it begin; blocks until it has ended."""
        if self._call is not None:
            self._call.end(lambda like: self._ender.tell(END, {"like": like}))

    @property
    def is_asked(self) -> bool:
        """Whether somebody waits for an answer just now: what can wait should."""
        return self._idle.qsize() < self.reader_count

    def raw(self, sql: str, params: Mapping[str, object], form: str) -> bytes:
        """Ask for an answer in one of ClickHouse's formats. It is held in memory whole: ask for slices (slices.py)."""
        with self._reader() as reader:
            answer: bytes = reader.run_anywhere(lambda client: client.raw_query(sql, parameters=dict(params), fmt=form))
        return answer

    @contextmanager
    def _reader(self) -> Iterator[Handle]:
        reader = self._idle.get()
        try:
            yield reader
        finally:
            self._idle.put(reader)

    def tidy(self) -> None:
        """Do what an embedded engine does not do by itself; call it about once a second.

        It gives back to the system what it keeps for its next big insert (90 MB after 200,000 rows), and has what its
        merges wrote on the disk well before it deletes what they replaced (cleaning.py).
        """
        if self.is_embedded:
            self.writer.tell("system jemalloc purge")
            if time.monotonic() - self._settled >= SETTLE_SECONDS:
                self._settled = time.monotonic()
                self.writer.settle()

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
        self._ender.close()
        self.background.close()
        self.writer.close()
        if self.writer.lasting is not None:
            self.writer.lasting.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _once(token: str) -> dict[str, object]:
    """Have the store know this insert again by its token, if it has one; nothing else is a repetition (limits.py)."""
    return {"insert_deduplicate": 1, "insert_deduplication_token": token} if token else {}


def _rows(client: Any, sql: str, params: Mapping[str, object]) -> list[Row]:
    return [tuple(row) for row in client.query(sql, parameters=dict(params)).result_rows]


END = "kill query where query like {like:String} and query not ilike '%kill query%' async"
"""Statements are found by their comment: an embedded engine gives them numbers of its own."""
