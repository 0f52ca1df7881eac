"""F6 and F7: what a ClickHouse server may do to an insert, at the first and the third batch; and a long absence.

Each fault is done by the server in the middle of the conversation with the real driver. Whatever it is, each row is
there once, no batch is sent more than three times, and the metric tells of the retries.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from facade import Facade
from faults.drains import draining, numbered, paths
from faults.running import FAST, running, until
from faults.traffic import fill

from clickhouse import client
from clickhouse.client import Store, StoreError, connect
from clickhouse.migrate import migrate
from collector.drain import Drain, DrainLimits
from collector.spool import Spool
from collector.spool.record import encode_event

FAULTS: dict[str, dict[str, object]] = {
    "reset_before": {},
    "reset_after": {},
    "http": {"code": 500},
    "http 503": {"code": 503},
    "hang": {"seconds": 4},
    "slow": {"seconds": 0.3},
    "truncate": {},
    "refuse": {"code": 241},  # memory: it passes
    "refuse 252": {"code": 252},  # too many parts: it passes
    "refuse 999": {"code": 999},  # keeper
}
SILENT = ("slow", "truncate", "reset_before", "reset_after")
"""The driver itself may survive these, by sending again under the same token."""
ROWS, BATCHES = 200, 5


@pytest.fixture
def impatient_store(
    facade: Facade, database: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Store]:
    """A store over HTTP that does not wait a minute where no answer comes; else a busy machine may take its time."""
    hangs = "hang" in request.node.name
    with connect(facade.dsn(database)) as patient:
        migrate(patient)
    monkeypatch.setattr(client, "WRITE_SECONDS", 2 if hangs else 60)
    with connect(facade.dsn(database)) as store:
        yield store
        facade.heal()
        store.writer.command(f"drop database {database} sync", use_database=False)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_server_neither_loses_nor_doubles(
    impatient_store: Store, facade: Facade, tmp_path: Path, fault: str, batch: int
) -> None:
    store, size = impatient_store, ROWS // BATCHES
    groups = [numbered(first, first + size) for first in range(0, ROWS, size)]
    fill(tmp_path, *groups)
    with draining(store, tmp_path, limits=DrainLimits(batch_rows=size)) as drain:
        for _ in range(batch - 1):
            assert drain.step() == size
        facade.inject(fault.split()[0], "insert into.*events", times=1, **FAULTS[fault])
        attempts = 0
        while True:
            attempts += 1
            try:
                taken = drain.step()
                break
            except StoreError:
                assert attempts < 3
        assert taken == size
        while drain.step():
            pass
        told = drain._ledger.tell("", is_behind=False, oldest_ms=0)
    assert paths(store) == [f"/{number:06d}" for number in range(ROWS)]
    assert store.query("select uniqExact(segment, seq), count() from events") == [(ROWS, ROWS)]
    assert store.query("select sum(pageviews) from visits final") == [(ROWS,)]
    assert told.batches == BATCHES
    assert told.retries == attempts - 1
    assert told.attempts == told.batches + told.retries
    assert told.insert_seconds > 0
    assert told.retries == 1 or fault.split()[0] in SILENT


@pytest.mark.parametrize("statement", ["insert into visits", "select seq"])
def test_a_fault_beside_the_insert_of_events_is_tried_again_too(
    impatient_store: Store, facade: Facade, tmp_path: Path, statement: str
) -> None:
    """Deriving visits, and asking what is there."""
    fill(tmp_path, numbered(0, 40))
    with draining(impatient_store, tmp_path) as drain:
        facade.inject("refuse", "insert into.*events", times=1, code=241)
        facade.inject("refuse", statement, times=1, code=241)
        for _ in range(2):
            with pytest.raises(StoreError):
                drain.step()
        assert drain.step() == 40
    assert len(paths(impatient_store)) == 40
    assert impatient_store.query("select sum(pageviews) from visits final") == [(40,)]


def test_a_store_that_comes_back_gets_all_that_came_meanwhile(
    impatient_store: Store, facade: Facade, tmp_path: Path
) -> None:
    """The small form of F7; benchmarks/recovery.py has the figures."""
    facade.inject("reset_before", "", times=1_000_000)
    drain = Drain(impatient_store, [tmp_path], limits=FAST)
    spool = Spool.open(tmp_path)
    spool.append([encode_event(one) for one in numbered(0, 100)])
    with running(drain):
        until(lambda: drain.status().error != "")
        for first in range(100, 3000, 100):
            spool.append([encode_event(one) for one in numbered(first, first + 100)])
        until(lambda: drain.status().waiting == 3000)
        assert drain.status().lag_seconds > 0
        facade.heal()
        until(lambda: drain.status().kept == {1: 3000})
        until(lambda: drain.status().waiting == 0)
    spool.close()
    assert paths(impatient_store) == [f"/{number:06d}" for number in range(3000)]
