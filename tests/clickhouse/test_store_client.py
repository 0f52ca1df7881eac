"""The door: what a reader cannot do, what every fault is called, what happens when a server goes away."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from facade import Facade

from clickhouse.client import Store, connect
from clickhouse.faults import BadRow, QuestionTooHeavy, StoreAway, StoreError, StoreMisconfigured
from clickhouse.migrate import migrate

DOES_HARM = [
    "drop table events",
    "truncate table events",
    "insert into events (site_id) values (1)",
    "alter table events delete where 1",
    "create table mine (a UInt8) engine = Memory",
    "set readonly = 0",
    "optimize table events",
]


@pytest.mark.parametrize("sql", DOES_HARM)
def test_a_reader_can_change_nothing(any_store: Store, sql: str) -> None:
    with pytest.raises(StoreError):
        any_store.query(sql)
    assert any_store.query("select count() from events") == [(0,)]


def test_a_reader_keeps_its_limits(any_store: Store) -> None:
    limits = dict(
        any_store.query(
            "select name, value from system.settings"
            " where name in ('readonly', 'max_threads', 'max_execution_time', 'log_queries')"
        )
    )
    assert limits == {"readonly": "2", "max_threads": "2", "max_execution_time": "30", "log_queries": "0"}


def test_the_writer_waits_for_the_disk(any_store: Store) -> None:
    assert any_store.writer.query("select value from system.settings where name = 'async_insert'") == [("0",)]


def test_a_question_without_limit_meets_its_limit(any_store: Store) -> None:
    with pytest.raises(QuestionTooHeavy) as refusal:
        any_store.query("select count() from numbers(100000000000) settings max_execution_time = 1")
    assert refusal.value.code in (159, 160)


def test_a_value_that_does_not_fit_is_a_bad_row_and_is_not_quoted(any_store: Store) -> None:
    misfits = [("site_id", "UInt32", 2**32), ("path", "String", "\ud800jane"), ("scroll", "UInt8", -1)]
    for column, kind, value in misfits:
        with pytest.raises(BadRow) as refusal:
            any_store.writer.insert("events", {column: [value]}, token="x", types=[kind])
        assert "jane" not in str(refusal.value)
        assert refusal.value.__cause__ is None


def test_an_error_never_repeats_what_was_asked(any_store: Store) -> None:
    with pytest.raises(StoreError) as refusal:
        any_store.query("select toUInt8({v:String})", {"v": "jane@example.org"})
    assert "jane" not in str(refusal.value)


def test_what_is_asked_travels_in_the_body(faulty: tuple[Facade, Store]) -> None:
    facade, store = faulty
    many = ["x" * 2000] * 250
    assert store.query("select length({v:Array(String)})", {"v": many}) == [(250,)]
    assert not [url for url in facade.urls if "xxx" in url or "&query=" in url]


def test_an_error_in_our_own_statement_is_told(any_store: Store) -> None:
    with pytest.raises(StoreError, match="no_such_table"):
        any_store.query("select 1 from no_such_table")


def test_strings_travel_unchanged(any_store: Store) -> None:
    odd = ["", "it's", 'q"q', "back\\slash", "tab\tnew\nline\r", "\x00\x01\x7f", "é🎈﷽", "{v:String}", "%s", "\\N"]
    assert any_store.query("select {v:Array(String)}", {"v": odd}) == [(odd,)]
    for text in odd:
        assert any_store.query("select {v:String}", {"v": text}) == [(text,)]


def test_questions_wait_for_a_reader_and_all_are_answered(any_store: Store) -> None:
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(any_store.query("select count() from numbers(100000)")[0][0]))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [100_000] * 12


def test_insert_files_lie_in_the_store_and_leftovers_are_swept(engine_directory: Path) -> None:
    folder = engine_directory / "inserting"
    assert tempfile.gettempdir() == str(folder)
    assert folder.stat().st_mode & 0o077 == 0
    tempfile.tempdir = None  # as in a process that starts
    (folder / "leftover.native").write_bytes(b"row")
    connect(f"chdb://{engine_directory}").close()
    assert not list(folder.iterdir())


OPEN_IN_ANOTHER_PROCESS = """
import sys
from clickhouse.client import connect
from clickhouse.faults import StoreError
try:
    connect(sys.argv[1])
except StoreError as fault:
    print(type(fault).__name__, fault)
"""


def in_another_process(dsn: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", OPEN_IN_ANOTHER_PROCESS, dsn], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_second_process_is_told_so_in_one_line(engine_directory: Path) -> None:
    told = in_another_process(f"chdb://{engine_directory}")
    assert told == f"StoreLocked another process is using {engine_directory}: stop it first\n"


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = in_another_process(f"chdb://{tmp_path}/file/store")
    assert told == f"StoreMisconfigured cannot use the directory {tmp_path}/file/store: Not a directory\n"


def test_a_second_directory_in_one_process_is_refused(engine_directory: Path, tmp_path: Path) -> None:
    assert engine_directory != tmp_path
    before = tempfile.tempdir
    with pytest.raises(StoreMisconfigured, match="cannot open the store"):
        connect(f"chdb://{tmp_path}")
    assert tempfile.tempdir == before


@pytest.fixture
def gone() -> str:
    """An address at which nobody listens."""
    with tempfile.TemporaryDirectory() as directory, Facade(Path(directory)) as facade:
        return f"127.0.0.1:{facade.port}"


def test_a_server_may_be_away_when_we_start(gone: str) -> None:
    with connect(f"clickhouse://{gone}/footfall") as store:
        with pytest.raises(StoreAway):
            store.query("select 1")
        with pytest.raises(StoreAway):
            migrate(store)


def test_a_question_goes_on_to_the_next_host(facade: Facade, gone: str) -> None:
    with connect(f"clickhouse://{gone},127.0.0.1:{facade.port}/default") as store:
        assert store.query("select 1") == [(1,)]


def test_the_writer_tells_of_a_dead_host_and_then_uses_the_next(facade: Facade, gone: str) -> None:
    with connect(f"clickhouse://{gone},127.0.0.1:{facade.port}/default") as store:
        with pytest.raises(StoreAway):
            store.writer.command("select 1")
        store.writer.command("select 1")


@pytest.fixture
def faulty(facade: Facade, server_store: Store) -> Iterator[tuple[Facade, Store]]:
    facade.heal()
    yield facade, server_store
    facade.heal()


AWAY = [("http", {"code": 503, "times": 9}), ("reset_before", {"times": 9}), ("reset_after", {"times": 9})]


@pytest.mark.parametrize(("kind", "how"), AWAY)
def test_an_insert_whose_end_is_unknown_is_store_away(
    faulty: tuple[Facade, Store], kind: str, how: dict[str, int]
) -> None:
    facade, store = faulty
    facade.inject(kind, "insert into", **how)
    with pytest.raises(StoreAway):
        store.writer.insert("events", {"site_id": [1]}, token="x", types=["UInt32"])


@pytest.mark.parametrize(
    ("code", "kind"),
    [(241, StoreAway), (252, StoreAway), (216, StoreAway), (60, StoreError), (469, BadRow), (53, BadRow)],
)
def test_the_code_says_whether_trying_again_can_help(
    faulty: tuple[Facade, Store], code: int, kind: type[StoreError]
) -> None:
    facade, store = faulty
    facade.inject("refuse", "insert into", code=code)
    with pytest.raises(StoreError) as refusal:
        store.writer.insert("events", {"site_id": [1]}, token="x", types=["UInt32"])
    assert type(refusal.value) is kind
    assert refusal.value.code == code


def test_half_an_answer_is_no_answer(faulty: tuple[Facade, Store]) -> None:
    facade, store = faulty
    facade.inject("truncate", "numbers", times=9)
    with pytest.raises(StoreAway):
        store.query("select number from numbers(10000)")


def test_a_repeated_block_is_recognised_by_its_token(any_store: Store) -> None:
    for token in ("a", "a", "b"):
        any_store.writer.insert("events", {"site_id": [1, 1]}, token=token, types=["UInt32"])
    assert any_store.query("select count() from events") == [(4,)]


def test_what_a_statement_selects_is_no_repetition(any_store: Store) -> None:
    # What was deleted and is written again is the same block: a table that remembers blocks must not drop it.
    for _ in range(2):
        any_store.writer.command("insert into events (site_id, segment, seq) select 1, 2, number from numbers(3)")
    assert any_store.query("select count() from events") == [(6,)]
