"""Leaks: what was taken out is counted by kind and place, once, and nothing of the value is."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec
import pytest
from distill_world import NOW_MS, arrive, event, site

from clickhouse.ask.leaks import ask_redactions
from clickhouse.client import Store, StoreAway
from clickhouse.insert import insert_redactions, stored_positions
from clickhouse.rows import Position, RedactionCount
from collector.arrival import Arrival
from collector.drain import Drain
from collector.leaks import ELSEWHERE, MOST_PLACES, LeakBook, leaks_of, may_leak
from collector.spool import Spool, SpoolError
from collector.spool.record import KeptRedactions, decode, encode_redactions, encode_refusals, is_event
from collector.tally import Tally

DAY = 20_414
TODAY = date.fromordinal(date(1970, 1, 1).toordinal() + DAY)
WIDE = site(keep_query=("q",), titles=True, redact=("/staff/*", "/r/:code"))

FOUND = [
    (arrive("https://example.com/u/jane@corp.com"), {("email", "/u/[email]")}),
    (arrive("https://example.com/users/jane"), {("user", "/users/[user]")}),
    (arrive("https://example.com/a/b?q=jane@corp.com"), {("email", "?q=")}),
    (arrive("https://example.com/a?utm_campaign=jane@corp.com"), {("email", "utm_campaign")}),
    (arrive("https://example.com/a?utm_source=n&utm_term=%2B44%2020%207946%200958"), {("phone", "utm_term")}),
    (arrive("https://example.com/a", title="Inbox - jane@corp.com"), {("email", "(title) /a")}),
    (arrive(name="Sent to jane@corp.com"), {("email", "(feature)")}),
    (arrive(name="Sent", props={"to": "jane@corp.com", "email": "x"}),
     {("email", "(property) to"), ("redacted", "(property) email")}),
    (arrive("https://example.com/staff/jane"), set()),
    (arrive("https://example.com/r/spring"), set()),
    (arrive("https://example.com/plain?q=words&utm_source=news"), set()),
]  # fmt: skip


@pytest.mark.parametrize(("arrival", "expected"), FOUND)
def test_a_find_is_told_by_kind_and_place(arrival: Arrival, expected: set[tuple[str, str]]) -> None:
    kept = event(arrival, WIDE)
    assert set(leaks_of(kept)) == expected
    assert may_leak(kept) >= bool(expected)


def test_a_site_and_day_names_so_many_places_and_no_more() -> None:
    book = LeakBook()
    for number in range(MOST_PLACES + 20):
        for _ in range(2):
            book.note(event(arrive(f"https://example.com/n{number}/jane@corp.com")), DAY)
    counts = book.take()
    assert len(counts) == MOST_PLACES + 1
    assert {one.count for one in counts if one.place != ELSEWHERE} == {2}
    assert next(one.count for one in counts if one.place == ELSEWHERE) == 40
    assert book.take() == []


def test_what_the_spool_does_not_take_is_counted_again() -> None:
    taken: list[bytes] = []

    async def keep(records: list[bytes]) -> None:
        taken.extend(records)

    async def fail(_: list[bytes]) -> None:
        raise SpoolError("full")

    async def scene() -> None:
        tally = Tally(encode_refusals)
        tally.redact(event(arrive("https://example.com/u/jane@corp.com")), site(), NOW_MS)
        tally.redact(event(arrive("https://example.com/plain")), site(), NOW_MS)
        with pytest.raises(SpoolError):
            await tally.flush(fail)
        await tally.flush(keep)
        await tally.flush(keep)

    asyncio.run(scene())
    (record,) = taken
    assert not is_event(record)
    kept = decode(record)
    assert isinstance(kept, KeptRedactions)
    assert [(one.site_id, one.kind, one.place, one.count) for one in kept.counts] == [(7, "email", "/u/[email]", 1)]
    assert b"jane" not in record


def counts(*places: str) -> list[RedactionCount]:
    return [RedactionCount(7, DAY, "email", place, number) for number, place in enumerate(places, 1)]


def spooled(directory: Path, *records: bytes) -> Path:
    with closing(Spool.open(directory)) as spool:
        spool.append(records)
    return directory


def test_counts_reach_the_store_once_whatever_fails_on_the_way(
    any_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = spooled(tmp_path / "0", encode_redactions(counts("/a/[email]", "/b/[email]")),
                        encode_redactions(counts("/a/[email]")))  # fmt: skip
    drain = Drain(any_store, [directory])
    insert = insert_redactions

    def stored_and_then_away(*args: object, **more: object) -> None:
        insert(*args, **more)  # type: ignore[arg-type]
        raise StoreAway("the answer was lost")

    with monkeypatch.context() as broken:
        broken.setattr("collector.drain.delivery.insert_redactions", stored_and_then_away)
        with pytest.raises(StoreAway):
            drain.step()
    assert drain.step() == 2
    assert drain.step() == 0
    drain.close()
    rows = any_store.query("select kind, place, sum(count) from redactions group by kind, place order by place")
    assert rows == [("email", "/a/[email]", 2), ("email", "/b/[email]", 2)]


def test_stored_counts_are_found_by_their_position(any_store: Store) -> None:
    insert_redactions(any_store, [(Position(9, n), one) for n, one in enumerate(counts("/a", "/b"))], token="t")
    assert stored_positions(any_store, "redactions", 9, 0, 9) == {0, 1}


def test_the_owner_is_told_kinds_and_places_most_first(any_store: Store) -> None:
    rows = [*counts("/a/[email]", "/b/[email]"), RedactionCount(7, DAY - 40, "phone", "/old", 9),
            RedactionCount(7, DAY, "phone", ELSEWHERE, 5), RedactionCount(8, DAY, "phone", "/other", 5)]  # fmt: skip
    insert_redactions(any_store, [(Position(9, n), one) for n, one in enumerate(rows)], token="t")
    leaks = ask_redactions(any_store, 7, TODAY, TODAY)
    assert [(leak.kind, leak.events, leak.places) for leak in leaks] == [("phone", 5, 0), ("email", 3, 2)]
    assert [(place.place, place.events) for place in leaks[1].examples] == [("/b/[email]", 2), ("/a/[email]", 1)]
    assert msgspec.json.encode(leaks)
