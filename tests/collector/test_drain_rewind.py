"""The rewind: a server that lost what it had acknowledged has it again, once, as it was decided the first time."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from facade import Facade
from faults.drains import crash_at, drain_all, draining, numbered, paths, until_the_crash
from faults.losing import all_of, lose, lose_part
from faults.traffic import NOON, event, fill, id_of
from msgspec.structs import replace

from clickhouse.client import Store, StoreError
from clickhouse.rows import ENGAGEMENT, RedactionCount, RefusalCount
from collector.drain import Drain, DrainLimits
from collector.spool.record import encode_redactions, encode_refusals

EAGER = DrainLimits(look_seconds=0.0, batch_rows=10)
ONE_ROW = {"events": "path = '/000007'", "visits": "entry = '/late'"}


def drained(drain: Drain) -> None:
    while drain.step():
        pass


def a_world(one: Path, two: Path) -> None:
    """Two spools with duplicates across them, engagement of nobody, people without a number, counts."""
    events = numbered(0, 40)
    strangers = [event(at, visitor=0, path="/no number") for at in range(3)]
    counts = [
        encode_refusals([RefusalCount(1, 20_000, "bot", 3), RefusalCount(2, 20_000, "gpc", 4)]),
        encode_redactions([RedactionCount(1, 20_000, "email", "path", 2)]),
    ]
    fill(one, *([(each, id_of(at))] for at, each in enumerate(events)), strangers, counts)
    fill(two, *([(each, id_of(at + 30))] for at, each in enumerate(numbered(30, 70, site=1, visitor=2))))
    fill(two, [event(5, 9, name=ENGAGEMENT), event(3000, 3, path="/late"), event(0, 3, path="/early")])


@pytest.fixture
def spools(tmp_path: Path) -> tuple[Path, Path]:
    a_world(tmp_path / "one", tmp_path / "two")
    return tmp_path / "one", tmp_path / "two"


def test_what_a_restarted_server_lost_is_stored_again_as_it_was(
    server_store: Store, facade: Facade, spools: tuple[Path, Path]
) -> None:
    """Its log of tokens has survived, and would swallow rows that come under the same."""
    store = server_store
    with draining(store, *spools, limits=EAGER) as drain:
        drained(drain)
        before = all_of(store)
        lose(store, "events", "refusals", "redactions", "visits")
        drained(drain)
        assert all_of(store) == [[], [], [], []]  # nobody knows yet
        facade.restart()
        drained(drain)
        assert all_of(store) == before
        assert drain._rewind.rows == sum(map(len, before[:3]))
        assert drain._rewind.times == 1


@pytest.mark.parametrize("table", ["events", "refusals", "redactions", "visits"])
def test_a_part_that_is_lost_comes_back_and_what_is_there_is_not_doubled(
    server_store: Store, facade: Facade, spools: tuple[Path, Path], table: str
) -> None:
    store = server_store
    store.writer.command("system stop merges")
    with draining(store, *spools, limits=EAGER) as drain:
        drained(drain)
        before = all_of(store)
        lose_part(store, table, ONE_ROW.get(table, "1"))
        assert all_of(store) != before
        facade.restart()
        drained(drain)
    assert all_of(store) == before


def test_a_restart_of_footfall_between_the_loss_and_the_look_hides_nothing(
    server_store: Store, facade: Facade, spools: tuple[Path, Path]
) -> None:
    store = server_store
    drain_all(store, *spools, limits=EAGER)
    before = all_of(store)
    lose(store, "events", "visits")
    facade.restart()
    drain_all(store, *spools, limits=EAGER)
    assert all_of(store) == before


def test_a_visit_that_goes_on_after_the_loss_is_still_one(server_store: Store, facade: Facade, tmp_path: Path) -> None:
    """The restart comes with what follows: the visit has to be known from the rows that return."""
    store = server_store
    fill(tmp_path, [event(0, path="/a")], begun_ms=NOON)
    drain_all(store, tmp_path, limits=EAGER)
    lose(store, "events", "visits")
    facade.restart()
    fill(tmp_path, [event(60, path="/b")], begun_ms=NOON + 60_000)
    drain_all(store, tmp_path, limits=EAGER)
    assert paths(store) == ["/a", "/b"]
    assert store.query("select pageviews, entry, exit from visits final") == [(2, "/a", "/b")]


def test_nothing_is_looked_for_while_the_servers_uptime_only_grows(
    server_store: Store, facade: Facade, spools: tuple[Path, Path]
) -> None:
    with draining(server_store, *spools, limits=EAGER) as drain:
        drained(drain)
        lose(server_store, "events")
        facade.log.clear()
        for more in (1, 60, 3600):
            facade.began -= more
            drained(drain)
        assert drain._rewind.times == 0
    drain_all(server_store, *spools, limits=EAGER)
    assert paths(server_store) == []
    assert not any("events_isolated" in sql for sql in facade.log)


def test_another_server_behind_the_same_address_is_met_without_a_rewind(
    server_store: Store, facade: Facade, spools: tuple[Path, Path]
) -> None:
    with draining(server_store, *spools, limits=EAGER) as drain:
        drained(drain)
        for facade.host in ("other", "facade", "other"):
            drained(drain)
        assert drain._rewind.times == 0
        facade.host = "a container made anew"
        facade.restart()
        drained(drain)
        assert drain._rewind.times == 1


def test_visits_that_became_one_are_one_again(server_store: Store, facade: Facade, tmp_path: Path) -> None:
    """The event between them came late, by another spool; each batch returns before the next."""
    store, one, two = server_store, tmp_path / "one", tmp_path / "two"
    fill(one, [event(0, path="/a")], [event(3000, path="/c")], [event(9000, 2, path="/x")])
    with draining(store, one, two, limits=replace(EAGER, batch_rows=1)) as drain:
        drained(drain)
        assert store.query("select count() from visits final") == [(3,)]
        fill(two, [event(1500, path="/b")])
        drained(drain)
    before = all_of(store)
    assert len(before[3]) == 2
    for lost in (("events", "visits"), ("events",), ("visits",)):
        lose(store, *lost)
        facade.restart()
        drain_all(store, one, two, limits=EAGER)
        assert all_of(store) == before


@pytest.mark.parametrize("point", ["missed", "returned", "rewound"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_crash_in_the_middle_of_a_rewind_doubles_nothing(
    server_store: Store, facade: Facade, spools: tuple[Path, Path], point: str, times: int
) -> None:
    store = server_store
    drain_all(store, *spools, limits=EAGER)
    before = all_of(store)
    lose(store, "events", "refusals", "redactions", "visits")
    facade.restart()
    until_the_crash(store, *spools, limits=EAGER, at=crash_at(point, 1 if point == "rewound" else times))
    drain_all(store, *spools, limits=EAGER)
    assert all_of(store) == before


def test_a_server_that_fails_in_the_middle_of_a_rewind_is_asked_again(
    server_store: Store, facade: Facade, spools: tuple[Path, Path]
) -> None:
    store = server_store
    with draining(store, *spools, limits=EAGER) as drain:
        drained(drain)
        before = all_of(store)
        lose(store, "events", "visits")
        facade.restart()
        for statement in ("insert into.*events", "insert into visits", "select seq"):
            facade.inject("refuse", statement, times=1, code=210)
        failed = 0
        while True:
            try:
                if not drain.step():
                    break
            except StoreError:
                failed += 1
        assert failed == 3
    assert all_of(store) == before


def test_an_order_rewinds_on_either_route(any_store: Store, spools: tuple[Path, Path]) -> None:
    store = any_store
    with draining(store, *spools, limits=DrainLimits(batch_rows=10)) as drain:
        drained(drain)
        before = all_of(store)
        rows = sum(map(len, before[:3]))
        lose(store, "events", "refusals", "redactions", "visits")
        told = drain.rewind(1)
        assert (told.looked, told.stored) == (rows, rows)
        assert all_of(store) == before
        told = drain.rewind(2)
        assert (told.looked, told.stored) == (rows, 0)
    assert all_of(store) == before


@pytest.mark.parametrize(("point", "number"), [("missed", 2), ("returned", 4), ("rewound", 1)])
def test_a_drain_that_is_killed_in_the_middle_of_a_rewind_goes_on_with_it(
    server_store: Store, facade: Facade, spools: tuple[Path, Path], point: str, number: int
) -> None:
    """kill -9 of a process of its own, which speaks to the server as the product does."""
    store = server_store
    drain_all(store, *spools, limits=EAGER)
    before = all_of(store)
    lose(store, "events", "refusals", "redactions", "visits")
    facade.restart()
    words = [facade.dsn(store.database), point, str(number), *map(str, spools)]
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, str(here / "faults" / "rewinding.py"), *words],
        env={"PYTHONPATH": str(here.parents[1])},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    drain_all(store, *spools, limits=EAGER)
    assert all_of(store) == before
