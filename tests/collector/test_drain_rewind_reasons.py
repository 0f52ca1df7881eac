"""A row that is missing for a good reason does not return: erased, set aside, refused for good, removed, too old."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from faults.demanding import AT_ONCE, assert_nowhere, demand, events_with_masked, fulfil
from faults.drains import Crash, crash_at, draining, paths, refused
from faults.losing import all_of, lose
from faults.traffic import NOON, event, fill
from msgspec.structs import replace

from clickhouse.client import Store
from clickhouse.isolate import isolate
from clickhouse.rows import RedactionCount, RefusalCount
from clickhouse.staging import is_rewriting
from clickhouse.visits import visit_id_of
from collector.drain import Drain
from collector.drain.erased import ErasedBook
from collector.drain.journal import SUFFIX
from collector.drain.quarantine import Quarantine
from collector.drain.returning import NEVER, Returning
from collector.spool.record import encode_redactions, encode_refusals
from collector.spool.wipe import wipe

MINE = 0xC0FFEE0DDBA11000
DAY = date(2026, 9, 21)


def drained(drain: Drain) -> None:
    while drain.step():
        pass


def settled(store: Store) -> None:
    until = time.monotonic() + 60
    while is_rewriting(store):
        assert time.monotonic() < until


def test_what_a_visitor_had_erased_stays_erased(any_store: Store, tmp_path: Path) -> None:
    """His visit goes on over a late event: the journal tells of a merge too, and no file of him."""
    spool = tmp_path / "0"
    visits = [visit_id_of(1, MINE, NOON), visit_id_of(1, MINE, NOON + 3_000_000)]
    with draining(any_store, spool, limits=AT_ONCE, erased=ErasedBook(tmp_path / "book")) as drain:
        for number, at in enumerate((0, 3000, 1500)):
            fill(spool, [event(at, MINE, path="/mine"), event(at, 2, path="/other")], begun_ms=NOON + number)
            drained(drain)
        fill(spool, [demand(4000, MINE)], begun_ms=NOON + 9)
        fulfil(drain)
        lose(any_store, "events", "visits")
        assert drain.rewind(1).stored == 3
        fulfil(drain)
    assert paths(any_store) == ["/other"] * 3
    assert any_store.query("select visitor_id, events from visits final") == [(2, 3)]
    assert len(list(spool.glob(f"*{SUFFIX}"))) == 4
    numbers = [number.to_bytes(8, order) for number in (MINE, *visits) for order in ("big", "little")]
    assert_nowhere(spool, *numbers)


def test_what_is_about_to_be_erased_does_not_return_either(any_store: Store, tmp_path: Path) -> None:
    """The demand waits for what may still come: the spool is not blank yet, the store has nothing of him any more."""
    fill(tmp_path, [event(0, MINE, path="/mine"), event(0, 2, path="/other")], [demand(30, MINE)])
    with draining(any_store, tmp_path, limits=replace(AT_ONCE, late_seconds=10**9)) as drain:
        drained(drain)
        for _ in range(200):
            drain.fulfil()
        assert events_with_masked(any_store) == ["/other"]
        assert drain.rewind(1).stored == 0
    assert events_with_masked(any_store) == ["/other"]


def test_who_is_set_aside_is_not_brought_back_and_returns_aside_where_that_was_lost(
    any_store: Store, tmp_path: Path
) -> None:
    fill(tmp_path / "0", [event(0, MINE, path="/mine"), event(0, 2, path="/other")], [demand(30, MINE, act="restrict")])
    with draining(any_store, tmp_path / "0", limits=AT_ONCE, erased=ErasedBook(tmp_path / "book")) as drain:
        fulfil(drain)
        assert drain.rewind(1).stored == 0
        assert (paths(any_store), events_with_masked(any_store, "events_isolated")) == (["/other"], ["/mine"])
        lose(any_store, "events_isolated")
        assert drain.rewind(2).stored == 1
        fulfil(drain)
    assert (events_with_masked(any_store), events_with_masked(any_store, "events_isolated")) == (["/other"], ["/mine"])
    assert any_store.query("select visitor_id, events from visits final") == [(2, 1)]


def test_what_a_visitor_had_corrected_is_corrected_again(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path / "0", [event(0, MINE, path="/mine", country="DE"), event(0, 2, path="/other", country="DE")])
    with draining(any_store, tmp_path / "0", limits=AT_ONCE, erased=ErasedBook(tmp_path / "book")) as drain:
        drained(drain)
        fill(tmp_path / "0", [demand(30, MINE, act="unknown_country")])
        fulfil(drain)
        lose(any_store, "events")
        assert drain.rewind(1).stored == 2
        fulfil(drain)
    assert any_store.query("select path, country from events order by path") == [("/mine", ""), ("/other", "DE")]


def test_days_on_hold_stay_out_of_sight(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/held"), event(86_400, path="/free")])
    with draining(any_store, tmp_path) as drain:
        drained(drain)
        while not isolate(any_store, 1, DAY, date(2026, 9, 22), "UTC", 7):
            settled(any_store)
        assert drain.rewind(1).stored == 0
    assert (paths(any_store), events_with_masked(any_store, "events_isolated")) == (["/free"], ["/held"])


def test_pages_and_days_that_were_wiped_from_the_spool_do_not_return(any_store: Store, tmp_path: Path) -> None:
    """As `erase --path` and `erase --day` do it: wipe, then delete."""
    spool = tmp_path / "0"
    fill(spool, [event(0, path="/a"), event(1, path="/staff/b"), event(86_400, path="/day"), event(2, 3, path="/c")])
    with draining(any_store, spool) as drain:
        drained(drain)
        assert wipe(tmp_path, 1, [(0, 1 << 62)], is_meant=lambda event: event.path.startswith("/staff")).hits == 0
        assert wipe(tmp_path, 1, [(NOON + 80_000_000, 1 << 62)]).hits == 0
        lose(any_store, "events", "visits")
        assert drain.rewind(1).stored == 2
    assert paths(any_store) == ["/a", "/c"]


def test_nothing_of_a_removed_site_returns_and_all_of_the_others(any_store: Store, tmp_path: Path) -> None:
    spool = tmp_path / "0"
    counts = [RefusalCount(site, 20_000, "bot", 5 + site) for site in (1, 2)]
    leaks = [RedactionCount(site, 20_000, "email", "path", 5 + site) for site in (1, 2)]
    fill(spool, [event(0, path="/gone"), event(0, site=2, path="/stays")])
    fill(spool, [encode_refusals(counts), encode_redactions(leaks)])
    removed = Returning(since=lambda site: NEVER if site == 1 else 0)
    for returning, lets_go in ((Returning(), True), (removed, False)):
        with draining(any_store, spool, returning=returning) as drain:
            drained(drain)
            assert wipe(tmp_path, 1).hits == 0
            assert not lets_go or drain.let_go(1)
            lose(any_store, "events", "refusals", "redactions", "visits")
            assert drain.rewind(1 + lets_go).stored == 3
        assert paths(any_store) == ["/stays"]
        assert refused(any_store) == {(2, "bot"): 7}
        assert any_store.query("select site_id, count from redactions") == [(2, 7)]


def test_what_is_older_than_its_site_keeps_does_not_return(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/old"), event(86_400, path="/young"), event(0, site=2, path="/longer")])
    returning = Returning(since=lambda site: NOON + 1 if site == 1 else 0)
    with draining(any_store, tmp_path, returning=returning) as drain:
        drained(drain)
        lose(any_store, "events", "visits")
        assert drain.rewind(1).stored == 2
    assert paths(any_store) == ["/longer", "/young"]


def test_a_row_that_was_refused_for_good_is_not_sent_again(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0, path="/a"), event(1, visitor=2, path="/poison", scroll=300)])
    with draining(any_store, tmp_path) as drain:
        drained(drain)
        Quarantine(tmp_path).drop_sites({1})
        before = all_of(any_store)
        assert refused(any_store) == {(1, "unstorable"): 1}
        assert drain.rewind(1).stored == 0
        assert Quarantine(tmp_path).lines() == []
        lose(any_store, "events", "refusals")
        assert drain.rewind(2).stored == 1
    assert all_of(any_store) == before
    assert len(Quarantine(tmp_path).lines()) == 1


@pytest.mark.parametrize("crashes", [False, True])
def test_the_house_is_told_what_has_returned_and_told_again_after_a_crash(
    store: Store, tmp_path: Path, crashes: bool
) -> None:
    told: list[dict[int, tuple[int, int]]] = []
    returning = Returning(returned=lambda spans, since: told.append(dict(spans)))
    began = time.time()
    fill(tmp_path, [event(0, path="/a"), event(60, path="/b"), event(5, site=2, path="/c")])
    with draining(store, tmp_path) as drain:
        drained(drain)
        lose(store, "events", "visits")
    with draining(store, tmp_path, returning=returning, at=crash_at("rewound", 1 if crashes else 2)) as drain:
        try:
            drain.rewind(1)
        except Crash:
            assert crashes
    with draining(store, tmp_path, returning=returning) as drain:
        assert drain.rewind(1).stored == 3
    assert told == [{1: (NOON, NOON + 60_000), 2: (NOON + 5000, NOON + 5000)}] * (1 + crashes)
    assert began <= drain._rewind._since or not crashes
