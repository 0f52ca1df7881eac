"""The visitor's number: the same for a day, on one site, and otherwise a stranger."""

from __future__ import annotations

import os
from datetime import date
from hashlib import blake2b
from typing import Any

import msgspec
import pytest
from distill_world import FIREFOX, NOW_MS, arrive, event, site, tools
from hypothesis import given
from hypothesis import strategies as st

from collector.arrival import Signals
from collector.distill import Tools
from collector.distill.visitor import local_day, number

SALT = b"s" * 32


def test_the_number_is_the_one_the_privacy_notes_describe() -> None:
    message = (7).to_bytes(4, "big") + b"\x05\x04" + bytes([203, 0, 113, 77]) + (3).to_bytes(2, "big") + b"UA1"
    digest = blake2b(message, key=SALT, digest_size=8, person=b"visitor-v1").digest()
    assert number(7, "203.0.113.77", "UA1", SALT) == int.from_bytes(digest, "big")


SAME = [
    ("203.0.113.77", "::ffff:203.0.113.77"),
    ("203.0.113.77", "64:ff9b::203.0.113.77"),
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff:1:2:3"),
    ("2001:DB8:1:2::1", "2001:db8:1:2::2"),
]
OTHER = [
    ("203.0.113.77", "203.0.113.78"),
    ("2001:db8:1:2::1", "2001:db8:1:3::1"),
]


@pytest.mark.parametrize(("one", "two"), SAME)
def test_two_spellings_of_a_network_are_one_visitor(one: str, two: str) -> None:
    assert number(7, one, "UA", SALT) == number(7, two, "UA", SALT) != 0


@pytest.mark.parametrize(("one", "two"), OTHER)
def test_two_networks_are_two_visitors(one: str, two: str) -> None:
    assert number(7, one, "UA", SALT) != number(7, two, "UA", SALT)


def test_agent_site_and_salt_each_make_a_stranger() -> None:
    numbers = {
        number(7, "203.0.113.77", "UA", SALT),
        number(8, "203.0.113.77", "UA", SALT),
        number(7, "203.0.113.77", "UB", SALT),
        number(7, "203.0.113.77", "", SALT),
        number(7, "203.0.113.77", "UA", b"t" * 32),
    }
    assert len(numbers) == 5


def test_without_an_address_nobody_is_told_apart() -> None:
    assert number(7, "", "UA", SALT) == 0
    assert event(arrive(address="")).visitor_id == 0


@given(st.text(), st.text())
def test_two_agents_never_spell_the_same_message(one: str, two: str) -> None:
    same = one.encode("utf-8", "replace")[:512] == two.encode("utf-8", "replace")[:512]
    assert (number(7, "203.0.113.77", one, SALT) == number(7, "203.0.113.77", two, SALT)) == same


DAYS = [
    (1_763_852_400_000, "Europe/Berlin", date(2025, 11, 23)),
    (1_763_852_399_999, "Europe/Berlin", date(2025, 11, 22)),
    (1_763_852_400_000, "UTC", date(2025, 11, 22)),
    (1_763_820_000_000, "Pacific/Auckland", date(2025, 11, 23)),
    (1_763_820_000_000, "America/Los_Angeles", date(2025, 11, 22)),
]


@pytest.mark.parametrize(("moment", "zone", "day"), DAYS)
def test_a_day_is_the_sites_own(moment: int, zone: str, day: date) -> None:
    assert local_day(moment, zone) == day


class Ledger:
    """Salts that remember for what they were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, date]] = []
        self._salts: dict[tuple[int, date], bytes] = {}

    def __call__(self, site_id: int, day: date) -> bytes:
        self.asked.append((site_id, day))
        return self._salts.setdefault((site_id, day), os.urandom(32))

    def tools(self) -> Tools:
        return msgspec.structs.replace(tools(), salt=self)


def test_the_salt_is_that_of_the_event_in_the_sites_zone() -> None:
    ledger = Ledger()
    where = site(timezone="Pacific/Auckland")
    event(arrive(), where, ledger.tools())
    event(arrive(transport="server", happened_ms=NOW_MS - 86_400_000), where, ledger.tools())
    assert ledger.asked == [(7, date(2025, 11, 23)), (7, date(2025, 11, 22))]


def test_two_days_and_two_sites_have_nothing_in_common() -> None:
    ledger = Ledger()
    with_ledger = ledger.tools()
    today = event(arrive(), None, with_ledger).visitor_id
    assert event(arrive(), None, with_ledger).visitor_id == today
    yesterday = arrive(transport="server", happened_ms=NOW_MS - 86_400_000)
    assert event(yesterday, None, with_ledger).visitor_id != today
    assert event(arrive(), site(id=8), with_ledger).visitor_id != today


NUMBERED: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({}, {}, True),
    ({"mode": "none"}, {}, False),
    ({"pixel": "count"}, {"transport": "pixel"}, False),
    ({"cookies_disabled": "count"}, {"signals": Signals(cookies_off=True)}, False),
    ({"denied": "count"}, {"signals": Signals(consent="denied")}, False),
    ({"denied": "daily"}, {"signals": Signals(consent="denied")}, True),
    # Ids that outlive a day are not made yet: a consent gives the number of the day.
    ({"mode": "consent_only", "legal_basis": "consent"}, {"signals": Signals(consent="granted")}, True),
]


@pytest.mark.parametrize(("settings", "said", "numbered"), NUMBERED)
def test_a_salt_is_asked_for_only_where_there_is_a_number(
    settings: dict[str, Any], said: dict[str, Any], *, numbered: bool
) -> None:
    ledger = Ledger()
    found = event(arrive(**said), site(**settings), ledger.tools())
    assert (found.visitor_id != 0, len(ledger.asked)) == (numbered, int(numbered))


def test_the_consent_cookie_is_no_part_of_the_number() -> None:
    where = site(mode="hybrid", legal_basis="consent")
    granted = Signals(consent="granted", vid_cookie="1.abc.canary")
    assert event(arrive(signals=granted), where).visitor_id == event(arrive(), where).visitor_id
    assert event(arrive(agent=FIREFOX)).visitor_id == event(arrive()).visitor_id
