"""The ledger's two halves: the books balance at any moment, whatever each of them knows already."""

from __future__ import annotations

from pathlib import Path

from faults.running import FAST, running, until
from faults.traffic import event, fill
from hypothesis import given
from hypothesis import strategies as st

from clickhouse.client import Store
from clickhouse.rows import Reason, Refusal
from collector.balance import balance
from collector.condition import Condition
from collector.drain import Drain
from collector.spool.record import encode_event, encode_refusals, site_of
from collector.tally import Ledger, Tally

NUMBERS = st.dictionaries(st.integers(0, 3), st.integers(0, 50), max_size=4)
EDGES = st.builds(
    lambda accepted, refused: Ledger(
        {site: accepted.get(site, 0) + sum(refused.get(site, {}).values()) for site in {*accepted, *refused}}, refused
    ),
    NUMBERS,
    st.dictionaries(st.integers(0, 3), st.dictionaries(st.sampled_from(["bot", "gpc"]), st.integers(1, 9)), max_size=4),
)
DRAINS = st.builds(Condition, kept=NUMBERS, duplicate=NUMBERS, without_visit=NUMBERS, unstorable=NUMBERS, found=NUMBERS)


@given(EDGES, DRAINS)
def test_every_book_balances(edge: Ledger, drain: Condition) -> None:
    for book in balance(edge, drain).values():
        assert book.received == book.kept + sum(book.refused.values()) + book.duplicate + book.spool
        assert book.spool >= 0


def test_what_was_accepted_and_is_not_settled_is_in_the_spool() -> None:
    edge = Ledger({1: 10}, {1: {"bot": 2}})
    drain = Condition(kept={1: 3}, duplicate={1: 1}, without_visit={1: 1}, unstorable={1: 1})
    book = balance(edge, drain)[1]
    assert (book.received, book.kept, book.duplicate, book.spool) == (10, 3, 1, 2)
    assert book.refused == {"bot": 2, "no_visit": 1, "unstorable": 1}


def test_what_the_drain_settled_was_received_though_the_edge_has_not_said_so_yet() -> None:
    book = balance(Ledger({}, {}), Condition(kept={1: 1}))[1]
    assert (book.received, book.kept, book.spool) == (1, 1, 0)


def test_what_an_earlier_process_left_is_received_by_the_one_that_finds_it() -> None:
    book = balance(Ledger({1: 1}, {}), Condition(found={1: 5}, kept={1: 2}))[1]
    assert (book.received, book.kept, book.spool) == (6, 2, 4)


def test_an_events_site_is_read_without_the_rest() -> None:
    assert site_of(encode_event(event(0, site=7), "0f" * 16)) == 7
    assert site_of(encode_event(event(0))) == 1
    assert site_of(encode_refusals([])) is None
    assert site_of(b"junk") is None
    assert site_of(encode_event(event(0))[:9]) is None


def test_the_drain_finds_what_lay_there_and_nothing_that_came_later(store: Store, tmp_path: Path) -> None:
    store.writer.command("rename table events to away")
    fill(tmp_path, [event(0), event(1, site=2)], [event(2)])
    drain = Drain(store, [tmp_path], limits=FAST)
    with running(drain):
        until(lambda: drain.status().found == {1: 2, 2: 1})
        fill(tmp_path, [event(3)])
        store.writer.command("rename table away to events")
        until(lambda: drain.status().kept == {1: 3, 2: 1})
        assert drain.status().found == {1: 2, 2: 1}


def test_what_was_half_delivered_is_found_whole(store: Store, tmp_path: Path) -> None:
    store.writer.command("rename table visits to away")
    fill(tmp_path, [event(0), event(1)])
    first = Drain(store, [tmp_path], limits=FAST)
    with running(first):
        until(lambda: first.status().attempts > 0 and first.status().error != "")
    second = Drain(store, [tmp_path], limits=FAST)
    with running(second):
        until(lambda: second.status().found == {1: 2})
        store.writer.command("rename table away to visits")
        until(lambda: second.status().kept == {1: 2})
        assert second.status().found == {1: 2}


def test_what_is_done_is_not_found_again(store: Store, tmp_path: Path) -> None:
    fill(tmp_path, [event(0), event(1)])
    for found in ({1: 2}, {}):
        drain = Drain(store, [tmp_path], limits=FAST)
        with running(drain):
            until(lambda drain=drain, found=found: drain.status().is_running and drain.status().found == found)
    assert drain.status().kept == {}


def test_what_no_collector_of_ours_counted_is_received_when_it_is_stored(store: Store, tmp_path: Path) -> None:
    ours, imported = tmp_path / "0", tmp_path / "import"
    fill(imported, [event(0), event(1)])
    drain = Drain(store, [ours, imported], limits=FAST, tallied={ours})
    with running(drain):
        until(lambda: drain.status().kept == {1: 2})
        assert drain.status().found == {1: 2}
        fill(imported, [event(2)])
        until(lambda: drain.status().found == {1: 3})


# --- hosts ---------------------------------------------------------------------------------------------------------

DAY_MS = 86_400_000


class Kept:
    """Counts as they went to the spool."""

    def __init__(self) -> None:
        self.tally = Tally(lambda counts: repr([(c.site_id, c.rule, c.count) for c in counts]).encode())

    @property
    def rules(self) -> list[str]:
        return [rule for _, _, _, rule in self.tally._waiting]


def test_a_day_of_a_site_names_twenty_hosts_and_no_more() -> None:
    kept = Kept()
    for number in range(30):
        kept.tally.refuse(Refusal(Reason.WRONG_HOST, 1, f"h{number}.example"), None, 0)
    kept.tally.refuse(Refusal(Reason.WRONG_HOST, 1, "h3.example"), None, 0)
    kept.tally.refuse(Refusal(Reason.WRONG_HOST, 2, "h29.example"), None, 0)
    assert sorted(kept.rules) == sorted([*(f"h{number}.example" for number in range(20)), "(other)", "h29.example"])
    kept.tally.refuse(Refusal(Reason.WRONG_HOST, 1, "h29.example"), None, DAY_MS)
    assert kept.rules.count("h29.example") == 2


def test_hosts_of_days_that_are_over_are_forgotten() -> None:
    kept = Kept()
    for day in range(10):
        kept.tally.refuse(Refusal(Reason.WRONG_HOST, 1, "h.example"), None, day * DAY_MS)
    assert len(kept.tally._hosts) == 2


def test_other_rules_are_not_limited() -> None:
    kept = Kept()
    for number in range(30):
        kept.tally.refuse(Refusal(Reason.BOT, 1, f"crawler {number}"), None, 0)
    assert len(kept.rules) == 30
