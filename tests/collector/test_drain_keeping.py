"""What is kept of drained records, for how long, what stands beside them, and when a server counts as restarted."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from facade import Facade
from faults.drains import Crash, crash_at, drain_all, draining, numbered, until_the_crash
from faults.losing import all_of, lose
from faults.traffic import NOON, event, fill, id_of

from clickhouse.client import Store, StoreAway
from clickhouse.visits import visit_id_of
from clickhouse.witness import Up
from collector.drain import Drain, DrainLimits
from collector.drain.journal import line_at, path_of, places_in
from collector.drain.looking import NOTE, Book, Page
from collector.spool.segment import Segment, segments_in

MINUTE = 60.0
EAGER = DrainLimits(look_seconds=0.0, batch_rows=10)


def age(segment: Segment, minutes: float, journal_minutes: float | None = None) -> None:
    """Let a segment, and its journal, have been written last so long ago."""
    for path, ago in ((segment.path, minutes), (path_of(segment), journal_minutes or minutes)):
        if path.exists():
            moment = time.time() - ago * MINUTE
            os.utime(path, (moment, moment))


def three_segments(drain: Drain, spool: Path) -> list[Segment]:
    for first in (0, 10, 20):
        fill(spool, numbered(first, first + 10))
    drained(drain)
    return segments_in(spool)


def drained(drain: Drain) -> None:
    while drain.step():
        pass


@pytest.mark.parametrize(
    ("minutes", "acknowledged", "stay_embedded", "stay_on_a_server"),
    [(5, 5, True, True), (12, 12, False, True), (29, 29, False, True), (31, 31, False, False), (90, 29, False, True)],
)
def test_a_segment_stays_for_half_an_hour_after_a_server_has_acknowledged_its_last_row(
    any_store: Store, tmp_path: Path, minutes: int, acknowledged: int, stay_embedded: bool, stay_on_a_server: bool
) -> None:
    stays = stay_embedded if any_store.is_embedded else stay_on_a_server
    with draining(any_store, tmp_path) as drain:
        first, *others = three_segments(drain, tmp_path)
        age(first, minutes, acknowledged)
        drain._rewind.sweep(time.time())
        assert segments_in(tmp_path) == ([first, *others] if stays else others)
        assert path_of(first).exists() == stays


def test_while_a_server_does_not_answer_no_time_passes(server_store: Store, facade: Facade, tmp_path: Path) -> None:
    with draining(server_store, tmp_path, limits=EAGER) as drain:
        first, *_ = kept = three_segments(drain, tmp_path)
    age(first, 45)
    with draining(server_store, tmp_path, limits=EAGER) as drain:
        drain._rewind.sweep(time.time())
        assert segments_in(tmp_path) == kept  # nobody has asked the server yet
        facade.inject("reset_before", "uptime", times=10)
        assert drain.step() == 0
        drain._rewind.sweep(time.time())
        assert segments_in(tmp_path) == kept
        facade.heal()
        fill(tmp_path, numbered(30, 40))
        assert drain.step() == 10
        drain._rewind.sweep(time.time())
        assert first not in segments_in(tmp_path)


def test_bytes_and_a_short_disk_end_the_keeping_at_any_time(server_store: Store, tmp_path: Path) -> None:
    with draining(server_store, tmp_path, limits=DrainLimits(keep_bytes=0)) as drain:
        *_, last = three_segments(drain, tmp_path)
        drain._rewind.sweep(0.0)
        assert segments_in(tmp_path) == [last]
        assert sorted(tmp_path.glob("*.settled")) == [path_of(last)]


def test_a_batch_from_before_a_journal_that_is_gone_is_not_looked_at(server_store: Store, tmp_path: Path) -> None:
    """A merge of its visits may have stood there. Its own rows are more than half an hour old."""
    with draining(server_store, tmp_path, limits=EAGER) as drain:
        first, second, _ = three_segments(drain, tmp_path)
        age(second, 40)
        drain._rewind.sweep(time.time())
        assert path_of(first).exists()
        assert drain.rewind(1).looked == 10 + 10
        book = Book(tmp_path)
        age(first, 50)
        assert (time.time() - 41 * MINUTE) * 1e9 < book.page.horizon < time.time_ns()


def test_a_rewind_under_way_lets_nothing_be_deleted_by_age(server_store: Store, facade: Facade, tmp_path: Path) -> None:
    with draining(server_store, tmp_path, limits=EAGER) as drain:
        first, *_ = kept = three_segments(drain, tmp_path)
        before = all_of(server_store)
        lose(server_store, "events", "visits")
        facade.restart()
        drain.step()
        age(first, 45)
        drain._rewind.sweep(time.time())
        assert segments_in(tmp_path) == kept
        drained(drain)
        assert all_of(server_store) == before


def test_ids_of_the_last_minutes_are_known_after_a_restart_and_older_ones_cost_nothing(
    server_store: Store, tmp_path: Path
) -> None:
    fill(tmp_path, [(event(0, path="/old"), id_of(1))])
    fill(tmp_path, [(event(1, path="/young"), id_of(2))])
    fill(tmp_path, [(event(2, path="/last"), id_of(3))])
    drain_all(server_store, tmp_path)
    age(segments_in(tmp_path)[0], 12)
    fill(tmp_path, [(event(3, path=f"/again {n}"), id_of(n)) for n in (1, 2, 3)])
    drain_all(server_store, tmp_path)
    assert server_store.query("select sum(count) from refusals where reason = 'duplicate'") == [(2,)]


def test_a_line_that_was_cut_short_is_passed_over_and_written_over(any_store: Store, tmp_path: Path) -> None:
    with draining(any_store, tmp_path, limits=DrainLimits(batch_rows=10)) as drain:
        fill(tmp_path, *([one] for one in numbered(0, 20)))
        assert (drain.step(), drain.step(), drain.step()) == (10, 10, 0)
    (segment,) = segments_in(tmp_path)
    whole = path_of(segment).read_bytes()
    assert [(line_at(place).a, line_at(place).b) for place in places_in(segment)] == [(0, 10), (10, 20)]
    path_of(segment).write_bytes(whole[:-3])
    assert [line_at(place).b for place in places_in(segment)] == [10]
    lose(any_store, "events")
    with draining(any_store, tmp_path) as drain:
        assert drain.rewind(1).stored == 10
        drain._sources[0].journal.append(segment, line_at(next(places_in(segment))))
    assert len(list(places_in(segment))) == 2


def test_a_disk_that_refuses_a_line_does_not_stop_the_drain(
    any_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(fd: int, data: bytes, offset: int) -> None:
        os.pwrite(fd, data[:7], offset)
        raise OSError(28, "full")

    with draining(any_store, tmp_path, limits=DrainLimits(batch_rows=10)) as drain:
        fill(tmp_path, *([one] for one in numbered(0, 30)))
        drain.step()
        with monkeypatch.context() as patch:
            patch.setattr("collector.drain.journal.write_fully", refuse)
            assert drain.step() == 10
        assert drain.step() == 10
        lose(any_store, "events")
        assert drain.rewind(1).stored == 20
    assert any_store.query("select count(), min(seq), max(seq) from events where seq < 10 or seq >= 20") == [
        (20, 0, 29)
    ]


def test_a_job_that_was_done_twice_stands_twice_and_returns_once(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, numbered(0, 10))
    at = crash_at("stored")
    with draining(any_store, tmp_path, at=at) as drain, pytest.raises(Crash):
        drain.step()
    with draining(any_store, tmp_path) as drain:
        drain.step()
        job_line = next(places_in(segments_in(tmp_path)[0]))
        drain._sources[0].journal.append(job_line.segment, line_at(job_line))
        lose(any_store, "events")
        assert drain.rewind(1).stored == 10
    assert any_store.query("select count(), uniqExact(seq) from events") == [(10, 10)]


def test_a_journal_names_no_visitor_and_no_visit(any_store: Store, tmp_path: Path) -> None:
    visitor = 0xC0FFEE0DDBA11000
    fill(tmp_path, [event(0, visitor), event(3000, visitor), event(1500, visitor)])
    drain_all(any_store, tmp_path)
    (journal,) = tmp_path.glob("*.settled")
    visits = [visit_id_of(1, visitor, NOON + at) for at in (0, 3_000_000)]
    (place,) = places_in(segments_in(tmp_path)[0])
    assert line_at(place).seconds == b"".join((NOON // 1000).to_bytes(4, "little") for _ in range(3))
    for number in (visitor, *visits, visits[0] & 0xFFFFFFFF):
        for order in ("big", "little"):
            word = number.to_bytes(8, order).strip(b"\0")  # type: ignore[arg-type]
            assert word not in journal.read_bytes()
    assert journal.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("known", "told", "is_restart"),
    [
        ({}, Up("a", 1000, 100), False),  # nobody was asked before
        ({"a": (900, 90)}, Up("a", 1000, 100), False),
        ({"a": (900, 90)}, Up("a", 1002, 100), False),  # whole seconds of two clocks
        ({"a": (900, 90)}, Up("a", 1003, 100), True),  # it began later
        ({"a": (900, 90)}, Up("a", 950, 89), True),  # up for a shorter time, though its clock was set back
        ({"a": (900, 90)}, Up("a", 500, 100), False),  # its clock was set back, and it was up all the time
        ({"a": (900, 90)}, Up("b", 1000, 500), False),  # another server, up since before
        ({"a": (900, 90)}, Up("b", 1000, 5), True),  # a container made anew
    ],
)
def test_a_server_was_restarted_if_it_began_later_or_is_up_for_a_shorter_time(
    known: dict[str, tuple[int, int]], told: Up, is_restart: bool
) -> None:
    assert Page(up=known, looked=990 if known else 0).has_restarted(told) == is_restart


def test_what_is_known_of_a_server_is_written_down_when_it_moves_and_no_more_often(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.know(book.page.after(Up("a", 1000, 100)))
    written = (tmp_path / NOTE).stat().st_mtime_ns, (tmp_path / NOTE).stat().st_ino
    for later in range(1, 50):
        book.know(book.page.after(Up("a", 1000 + later + later % 2, 100 + later)))
    assert ((tmp_path / NOTE).stat().st_mtime_ns, (tmp_path / NOTE).stat().st_ino) == written
    book.know(book.page.after(Up("a", 2002, 1100)))
    assert Book(tmp_path).page.up == {"a": (902, 1100)}


def test_a_damaged_note_of_the_server_begins_a_rewind(server_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, numbered(0, 10))
    drain_all(server_store, tmp_path)
    lose(server_store, "events")
    (tmp_path / NOTE).write_bytes(b"\xc1")
    drain_all(server_store, tmp_path)
    assert server_store.query("select count() from events") == [(10,)]


def test_a_rewind_that_an_order_began_is_ended_after_a_crash(any_store: Store, tmp_path: Path) -> None:
    fill(tmp_path, *([one] for one in numbered(0, 30)))
    limits = DrainLimits(batch_rows=10)
    drain_all(any_store, tmp_path, limits=limits)
    lose(any_store, "events")
    with draining(any_store, tmp_path, limits=limits, at=crash_at("returned", 2)) as drain:
        assert drain.ask_to_rewind(5) is None
        with pytest.raises(Crash):
            drained(drain)
    until_the_crash(any_store, tmp_path, limits=limits, at=crash_at("rewound"))
    with draining(any_store, tmp_path, limits=limits) as drain:
        drained(drain)
        told = drain.ask_to_rewind(5)
        assert told is not None
        assert told.looked == 30
    assert any_store.query("select count(), uniqExact(seq) from events") == [(30, 30)]


def test_a_server_that_is_away_is_missed_when_something_waits_for_it(
    server_store: Store, facade: Facade, tmp_path: Path
) -> None:
    with draining(server_store, tmp_path, limits=EAGER) as drain:
        facade.inject("reset_before", "uptime", times=100)
        assert drain.step() == 0
        fill(tmp_path, numbered(0, 10))
        with pytest.raises(StoreAway):
            drain.step()
        facade.heal()
        assert drain.step() == 10
