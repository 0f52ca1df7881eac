"""Calls: a statement that nobody waits for any more is ended, on both routes, and nothing else is."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from clickhouse.client import Store
from clickhouse.faults import QuestionDropped, StoreError

LONG = "select sum(cityHash64(number)) from numbers(3000000000000)"
RUNNING = "select count() from system.processes where query like {mark:String} and query not like '%system.processes%'"


def wait_until_it_runs(store: Store, call: Store) -> None:
    assert call._call is not None
    mark = {"mark": f"%{call._call.mark}%"}
    deadline = time.monotonic() + 60
    while store.query(RUNNING, mark) == [(0,)]:
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_a_call_is_ended_and_its_reader_is_free_again(any_store: Store) -> None:
    call = any_store.for_call()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(call.query, LONG)
        wait_until_it_runs(any_store, call)
        call.end_call()
        with pytest.raises(StoreError):
            asked.result(timeout=60)
    assert any_store.query("select 1") == [(1,)]


def test_nothing_more_of_an_ended_call_begins(any_store: Store) -> None:
    call, other = any_store.for_call(), any_store.for_call()
    call.end_call()
    with pytest.raises(QuestionDropped):
        call.query("select 1")
    assert other.query("select 2", name="second") == [(2,)]


def test_a_statement_tells_its_name_and_its_call(store: Store) -> None:
    call = store.for_call()
    sql = "select query from system.processes where query like '%a_name%'"
    assert call._call is not None
    assert call.query(sql, name="a_name")[0][0].startswith(f"/* a_name {call._call.mark} */")
