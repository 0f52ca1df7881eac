"""One door to ClickHouse: `connect(dsn)` gives a Store, embedded (chDB) or on a server; the SQL is the same.

In: a DSN and the database's name. Out: a Store with one writer (inserts, DDL, derivations) and a few read-only
readers that questions share. Both are safe to call from any thread and block; async callers use `to_thread`.
Invariants: nothing read here can write (`readonly=2`); no question outlives its limits of time and memory; no
error quotes a row. A server may be away when we start: it is first spoken to when something is asked of it.
This is the only module that knows the driver. It does no retrying of inserts: the drain knows what is safe.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from clickhouse_connect import get_client
from clickhouse_connect.driver import options as driver_options
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, ProgrammingError
from clickhouse_connect.driver.exceptions import Error as DriverError

from clickhouse.dsn import Host, Target, read_dsn
from clickhouse.embedded import claim_insert_files, is_held, memory_for_engine, prepare_directory, without_arrow
from clickhouse.faults import (
    BadRow,
    QuestionTooHeavy,
    StoreAway,
    StoreError,
    StoreLocked,
    StoreMisconfigured,
    fault_of_question,
    fault_of_write,
)
from clickhouse.lasting import Lasting, system_sync
from clickhouse.limits import (
    BACKGROUND_SETTINGS,
    QUESTION_SECONDS,
    READER_SETTINGS,
    WRITE_SECONDS,
    WRITER_SETTINGS,
    engine_options,
)
from clickhouse.store import Row, Store, Writer

__all__ = [
    "BadRow",
    "QuestionTooHeavy",
    "Row",
    "Store",
    "StoreAway",
    "StoreError",
    "StoreLocked",
    "StoreMisconfigured",
    "Writer",
    "connect",
]

# Rows are lists here. Looking for a DataFrame, the driver would load pandas: 46 MB and half a second.
vars(driver_options)["pd"] = None

Opener: TypeAlias = Callable[[], Client]
Result = TypeVar("Result")


class Handle:
    """One driver client, opened when first needed, moved to the next host when its host is away."""

    def __init__(self, openers: Sequence[Opener], database: str) -> None:
        self._openers = openers
        self._database = database
        self._at = 0
        self._client: Client | None = None

    def run(self, work: Callable[[Client], Result], fault: Callable[..., StoreError]) -> Result:
        """Do the work on the current host. Raises the fault's StoreError; StoreAway moves on to the next host."""
        try:
            return work(self._open())
        except ClickHouseError as refusal:
            error = _translate(refusal, fault)
        except OSError:
            error = StoreAway("ClickHouse does not answer")
        if isinstance(error, StoreAway) and len(self._openers) > 1:
            self.close()
            self._at = (self._at + 1) % len(self._openers)
        raise error from None

    def run_anywhere(self, work: Callable[[Client], Result]) -> Result:
        """Do work that only reads; ask every host once before giving up."""
        for _ in self._openers[1:]:
            try:
                return self.run(work, fault_of_question)
            except StoreAway:
                continue
        return self.run(work, fault_of_question)

    def _open(self) -> Client:
        if self._client is None:
            self._client = self._openers[self._at]()
            self._client.database = self._database
        return self._client

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def connect(dsn: str, *, database: str = "footfall", readers: int = 2, memory_bytes: int | None = None) -> Store:
    """Open the store that a DSN names (dsn.py says how one looks).

    `memory_bytes` bounds an embedded engine; by default 60 % of the machine or container.
    Raises StoreMisconfigured or StoreLocked. Never call it before a fork: the engine's threads do not survive one.
    """
    target = read_dsn(dsn, database)
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # it logs values that do not convert
    if target.directory is not None:
        return _open_embedded(target, readers, memory_bytes or memory_for_engine())

    def writing(settings: Mapping[str, object]) -> Writer:
        openers = [_server(target, host, settings, WRITE_SECONDS) for host in target.hosts]
        return Writer(Handle(openers, target.database))

    pool = [
        Handle([_server(target, host, READER_SETTINGS, QUESTION_SECONDS + 5) for host in target.hosts], target.database)
        for _ in range(readers)
    ]
    return Store(target, writing(WRITER_SETTINGS), writing(BACKGROUND_SETTINGS), writing(WRITER_SETTINGS), pool)


def _open_embedded(target: Target, readers: int, memory_bytes: int) -> Store:
    directory = target.directory
    if directory is None:
        raise StoreMisconfigured("no directory")
    prepare_directory(directory)
    options = engine_options(memory_bytes)
    sync = system_sync()
    lasting = Lasting(directory, sync) if sync else None
    if lasting is not None:
        lasting()  # an engine that opens deletes what the last process had replaced

    def opener(settings: Mapping[str, object]) -> Opener:
        return lambda: get_client(interface="chdb", path=str(directory), settings=dict(settings), chdb_options=options)

    writer = Handle([opener(WRITER_SETTINGS)], target.database)
    pool = [Handle([opener(READER_SETTINGS)], target.database) for _ in range(readers)]
    try:
        with without_arrow():
            writer.run(lambda client: client.ping(), fault_of_write)
    except ImportError:
        raise StoreMisconfigured(
            "the embedded store needs the package chdb: pip install 'footfall[embedded]', or set STORE to a server"
        ) from None
    except StoreError as refusal:
        if is_held(directory):
            raise StoreLocked(f"another process is using {directory}: stop it first") from None
        raise StoreMisconfigured(f"cannot open the store in {directory}: {refusal}") from None
    claim_insert_files(directory)
    background, ender = (Handle([opener(settings)], target.database) for settings in (BACKGROUND_SETTINGS, {}))
    return Store(target, Writer(writer, lasting), Writer(background, lasting), Writer(ender), pool)


def _server(target: Target, host: Host, settings: Mapping[str, object], seconds: int) -> Opener:
    return lambda: get_client(
        host=host.name,
        port=host.port,
        interface="https" if target.tls else "http",
        username=target.user,
        password=target.password,
        settings=dict(settings),
        connect_timeout=5,
        send_receive_timeout=seconds,
        autogenerate_session_id=False,  # a session would forbid two questions at once
        form_encode_query_params=True,  # what is asked stays out of URLs: those are logged and bounded on the way
        client_name="footfall",
    )


def _translate(refusal: ClickHouseError, fault: Callable[..., StoreError]) -> StoreError:
    if isinstance(refusal, DataError):
        return BadRow("a value does not fit its column")
    code = refusal.code if isinstance(refusal, DriverError) else None
    name = refusal.name if isinstance(refusal, DriverError) else None
    if code is None and isinstance(refusal, ProgrammingError):
        return StoreError(" ".join(str(refusal).split())[:300])
    return fault(code, name, str(refusal))
