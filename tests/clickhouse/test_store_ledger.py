"""The ledger: every arrival of a day stands in exactly one column, and nobody who said no can be found in it."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from store_world import event, place

from clickhouse.ask import Guard, QuestionError
from clickhouse.ask.ledger import DECLINES, NOWHERE, Amount, Day, Ledger, ask_ledger, band
from clickhouse.client import Store
from clickhouse.insert import insert_events, insert_refusals
from clickhouse.rows import Position, Reason, RefusalCount

SITE, OTHER = 1, 2
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 3)
EPOCH = date(1970, 1, 1)


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def keep_at(store: Store, *moments: str, site: int = SITE) -> None:
    rows = place([event(site_id=site, ts=moment(text)) for text in moments])
    insert_events(store, rows, token="-".join((str(site), *moments)))


def refuse(store: Store, *counts: tuple[int, date, str, int, str]) -> None:
    rows = [
        (Position(9, seq), RefusalCount(site, (day - EPOCH).days, reason, count, rule))
        for seq, (site, day, reason, count, rule) in enumerate(counts)
    ]
    insert_refusals(store, rows, token="refused")


def ledger(store: Store, guard: Guard = Guard.EXACT, **more: object) -> Ledger:
    asked = {"site_id": SITE, "timezone": "UTC", "first": FIRST, "last": LAST, **more}
    return ask_ledger(store, guard=guard, **asked)


def test_each_day_has_every_column_and_they_add_up(any_store: Store) -> None:
    keep_at(any_store, "2026-11-01T00:00:00", "2026-11-01T23:59:59", "2026-11-03T12:00:00")
    refuse(
        any_store,
        (SITE, FIRST, Reason.BOT, 4, "webdriver"),
        (SITE, FIRST, Reason.BOT, 1, "prefetch"),
        (SITE, FIRST, Reason.GPC, 2, ""),
        (SITE, FIRST, Reason.OPTOUT, 1, ""),
        (SITE, LAST, Reason.DUPLICATE, 7, ""),
        (SITE, LAST, Reason.WRONG_HOST, 3, "staging.example.com"),
        (OTHER, FIRST, Reason.BOT, 100, "webdriver"),
    )
    keep_at(any_store, "2026-11-02T00:00:00", site=OTHER)
    told = ledger(any_store)
    assert told.days == (
        Day(day=FIRST, kept=2, declined=Amount(3, 3), refused={"bot": 5}),
        Day(day=date(2026, 11, 2)),
        Day(day=LAST, kept=1, duplicate=7, refused={"wrong_host": 3}),
    )
    assert [day.received for day in told.days] == [Amount(10, 10), Amount(), Amount(11, 11)]
    assert told.total == Day(day=FIRST, kept=3, declined=Amount(3, 3), duplicate=7, refused={"bot": 5, "wrong_host": 3})
    assert [(row.day, row.reason, row.rule, row.count) for row in told.rules] == [
        (FIRST, "bot", "webdriver", 4),
        (FIRST, "bot", "prefetch", 1),
        (LAST, "wrong_host", "staging.example.com", 3),
    ]


def test_days_are_those_of_the_sites_zone(any_store: Store) -> None:
    keep_at(any_store, "2026-10-31T22:59:59", "2026-10-31T23:00:00", "2026-11-01T22:59:59", "2026-11-01T23:00:00")
    told = ledger(any_store, timezone="Europe/Berlin", last=date(2026, 11, 2))
    assert [day.kept for day in told.days] == [2, 1]


def test_arrivals_for_no_site_of_ours_have_a_ledger_too(any_store: Store) -> None:
    refuse(any_store, (NOWHERE, FIRST, Reason.UNKNOWN_SITE, 12, ""), (SITE, FIRST, Reason.BOT, 1, ""))
    assert ledger(any_store, site_id=NOWHERE).total.refused == {"unknown_site": 12}


def test_whatever_arrives_the_sum_of_the_columns_is_what_arrived(any_store: Store) -> None:
    dice = random.Random(7)
    day = date(2026, 11, 2)
    counts = [(SITE, day, str(reason), dice.randrange(300), "a rule") for reason in Reason]
    refuse(any_store, *counts)
    keep_at(any_store, *(f"2026-11-02T{hour:02d}:00:00" for hour in range(24)))
    arrived = 24 + sum(count for _, _, _, count, _ in counts)
    assert ledger(any_store).total.received == Amount(arrived, arrived)
    told = ledger(any_store, Guard.for_people()).total.received
    assert told.least < arrived < told.most


def test_nobody_learns_which_signal_said_no(any_store: Store) -> None:
    refuse(any_store, *((SITE, FIRST, str(reason), 3, "a rule") for reason in DECLINES))
    for guard in (Guard.EXACT, Guard.for_people()):
        told = ledger(any_store, guard)
        assert told.rules == ()
        assert told.total.refused == {}
    assert ledger(any_store).total.declined == Amount(18, 18)


def test_under_a_guard_those_who_said_no_are_a_band_that_no_difference_narrows(any_store: Store) -> None:
    """Every day and every longer period say no more than the days' bands do, whatever is subtracted from what."""
    refuse(
        any_store,
        (SITE, FIRST, Reason.GPC, 12, ""),
        (SITE, date(2026, 11, 2), Reason.DNT, 3, ""),
        (SITE, LAST, Reason.BOT, 40, "webdriver"),
    )
    keep_at(any_store, "2026-11-01T10:00:00")
    told = ledger(any_store, Guard.for_people())
    assert [day.declined for day in told.days] == [Amount(10, 49), Amount(1, 9), Amount()]
    assert [day.received for day in told.days] == [Amount(11, 50), Amount(1, 9), Amount(40, 40)]
    assert told.total.declined == Amount(11, 58)
    assert told.total.received == Amount(52, 99)


def test_hosts_are_told_to_those_who_see_exact_numbers(any_store: Store) -> None:
    refuse(
        any_store,
        (SITE, FIRST, Reason.WRONG_HOST, 3, "staging.example.com"),
        (SITE, FIRST, Reason.BOT, 3, "webdriver"),
    )
    assert Counter(row.reason for row in ledger(any_store).rules) == {"wrong_host": 1, "bot": 1}
    guarded = ledger(any_store, Guard.for_people())
    assert [row.rule for row in guarded.rules] == ["webdriver"]
    assert guarded.total.refused == {"wrong_host": 3, "bot": 3}


@pytest.mark.parametrize(
    ("count", "least", "most"),
    [(0, 0, 0), (1, 1, 9), (9, 1, 9), (10, 10, 49), (49, 10, 49), (50, 50, 99), (99, 50, 99), (100, 100, 499),
     (999, 500, 999), (1000, 1000, 4999), (123_456, 100_000, 499_999)],
)  # fmt: skip
def test_bands(count: int, least: int, most: int) -> None:
    assert band(count) == Amount(least, most)


def test_bands_leave_no_gap() -> None:
    bands = list(dict.fromkeys(band(count) for count in range(1, 20_000)))
    assert all(one.most + 1 == following.least for one, following in pairwise(bands))


def test_a_period_that_ends_before_it_begins_is_refused(any_store: Store) -> None:
    with pytest.raises(QuestionError):
        ledger(any_store, first=LAST, last=FIRST)
