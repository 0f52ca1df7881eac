"""The database behind the registry: opens it, keeps its promises per dialect, turns its errors into ours.

In: a URL (`sqlite:///file` or `postgresql://…`). Out: `Database` with `read()` and `write()`, each one transaction on
one connection. SQLite: WAL, foreign keys on, 5 s of patience with another writer, a file of mode 0600; a write takes
its lock at the beginning, so it can never fail half-way because someone else wrote first; what is deleted does not
stay behind in the write-ahead log (`forget`).
Statements are made of the tables in `tables.py`; no SQL text is built here. Values never appear in an error.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from registry.errors import NotAllowed, RegistryAway
from registry.tables import alembic_version

Clock = Callable[[], datetime]
Value = TypeVar("Value", bound=msgspec.Struct)

BUSY_MS = 5_000
SHORTLY_MS = 200
POSTGRES = "postgresql+psycopg"
"""The one PostgreSQL driver we know (extra `postgres`)."""


class Conflict(Exception):
    """A unique or foreign key said no; the facet that wrote knows what that means."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Database:
    """An open database. Safe to share between threads; not across a fork."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self.now = clock

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads."""
        with _our_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, forgets: bool = False) -> Iterator[Connection]:
        """Open a transaction that is committed at the end of the block, or not at all.

        `forgets`: what it deletes or blanks is to be nowhere on the disk afterwards.
        """
        with _our_errors(), self._engine.connect() as connection:
            connection.execution_options(footfall_writes=True)
            with connection.begin():
                yield connection
        if forgets:
            self.forget()

    def forget(self) -> bool:
        """Empty SQLite's write-ahead log, which still holds what was deleted; False: somebody reads, try again."""
        log = Path(f"{self._engine.url.database}-wal")
        if self.dialect != "sqlite" or not log.exists() or not log.stat().st_size:
            return True
        with _our_errors(), closing(self._engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
            # Writers wait meanwhile, so who reads for long is not waited for.
            cursor.execute(f"pragma busy_timeout = {SHORTLY_MS}")
            try:
                cursor.execute("pragma wal_checkpoint(truncate)")
                ((is_busy, *_),) = cursor.fetchall()
                return not is_busy
            except sqlite3.OperationalError:
                return False
            finally:
                cursor.execute(f"pragma busy_timeout = {BUSY_MS}")

    def close(self) -> None:
        self._engine.dispose()


def version_of(connection: Connection) -> str:
    """Return the version of the tables, or nothing when there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.scalar(alembic_version.select()) or "")


def insert_row(connection: Connection, table: Table, row: Mapping[str, object]) -> int:
    """Add a row and return the number that the database gave it."""
    key = connection.execute(table.insert().values(row)).inserted_primary_key
    return int(key[0]) if key else 0


def insert_value(connection: Connection, table: Table, value: Value, **columns: object) -> Value:
    """Add a value as a row and return it with its number; `columns` are those that are kept in another form."""
    row = msgspec.structs.asdict(value) | columns
    del row["id"]
    return msgspec.structs.replace(value, id=insert_row(connection, table, row))


def count_rows(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    """Return how many rows of a table meet a condition."""
    return int(connection.scalar(select(func.count()).select_from(table).where(which)) or 0)


def open_database(url: str, clock: Clock = utc_now) -> Database:
    """Open (and for SQLite create) the database at `url`; raise `NotAllowed` or `RegistryAway`."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise NotAllowed("FOOTFALL_REGISTRY must be sqlite:///path/to/file or postgresql://…") from None
    if parsed.drivername == "sqlite":
        return Database(_open_sqlite(parsed), clock)
    if parsed.drivername in ("postgresql", "postgres", POSTGRES):
        return Database(_open_postgres(parsed.set(drivername=POSTGRES)), clock)
    raise NotAllowed(f"FOOTFALL_REGISTRY: {parsed.drivername}:// is not known; use sqlite:// or postgresql://")


def _open_sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise NotAllowed("FOOTFALL_REGISTRY: sqlite needs a file here, as in sqlite:////var/lib/footfall/registry.db")
    _make_private(Path(url.database))
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_postgres(url: URL) -> Engine:
    try:
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 5})
    except (ImportError, NoSuchModuleError):
        raise RegistryAway("PostgreSQL needs its driver: pip install 'footfall[postgres]'") from None


def _make_private(path: Path) -> None:
    """Create the file with mode 0600; the write-ahead log that SQLite puts beside it takes the same mode.

    A file that is there is not touched: closing it would give up the locks that this process may have on it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise RegistryAway(f"the registry file {path} cannot be opened: {error.strerror}; see FOOTFALL_DATA") from None


def _prepare_sqlite(connection: object, _record: object) -> None:
    # None: the driver opens no transaction of its own, _begin_sqlite does.
    connection.isolation_level = None  # type: ignore[attr-defined]  # a DBAPI connection has no type of its own
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"pragma busy_timeout = {BUSY_MS}")
    _write_ahead(cursor)
    cursor.execute("pragma synchronous = full")
    cursor.execute("pragma foreign_keys = on")
    # What is deleted (a pepper, a token) is overwritten with zeros, not only forgotten.
    cursor.execute("pragma secure_delete = on")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Switch a file to WAL, where it is not yet. Two who switch at once are told `locked` at once, however patient."""
    until = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            cursor.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("footfall_writes")
    connection.exec_driver_sql("begin immediate" if writes else "begin")


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Conflict from error
    except DBAPIError as error:
        # The driver's own text may quote the connection string or the statement: only its kind is told.
        kind = type(error.orig).__name__
        raise RegistryAway(f"the registry's database does not answer ({kind}); check FOOTFALL_REGISTRY") from error
