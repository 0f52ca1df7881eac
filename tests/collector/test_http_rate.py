"""The rate limit: a leaky bucket over a table that cannot grow and cannot be turned back into addresses."""

from __future__ import annotations

import pytest

from collector import rate
from collector.rate import Rate


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def spent(limit: Rate, address: str, most: int = 1000) -> int:
    """How many events pass before the first has to wait."""
    return next((n for n in range(most) if limit.wait_seconds(address)), most)


def test_a_minutes_worth_may_come_at_once_and_then_one_at_a_time() -> None:
    clock = Clock()
    limit = Rate(60, clock)
    assert spent(limit, "203.0.113.9") == 60
    assert limit.wait_seconds("203.0.113.9") == 1
    clock.now += 1
    assert limit.wait_seconds("203.0.113.9") == 0
    assert limit.wait_seconds("203.0.113.9") == 1
    clock.now += 60
    assert spent(limit, "203.0.113.9") == 60


def test_a_window_may_be_longer_than_a_minute() -> None:
    clock = Clock()
    limit = Rate(5, clock, window_seconds=3600)
    assert spent(limit, "203.0.113.9") == 5
    assert limit.wait_seconds("203.0.113.9") == 720
    clock.now += 720
    assert spent(limit, "203.0.113.9") == 1


def test_waiting_is_not_charged() -> None:
    clock = Clock()
    limit = Rate(60, clock)
    spent(limit, "203.0.113.9")
    for _ in range(500):
        assert limit.wait_seconds("203.0.113.9") == 1


def test_a_batch_is_charged_in_full_although_its_first_event_lets_it_in() -> None:
    limit = Rate(60, Clock())
    assert limit.wait_seconds("203.0.113.9") == 0
    limit.charge("203.0.113.9", 49)
    assert spent(limit, "203.0.113.9") == 10


@pytest.mark.parametrize(
    ("one", "other", "is_shared"),
    [
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
    ],
)
def test_an_ipv6_network_of_64_bits_is_one_sender(one: str, other: str, is_shared: bool) -> None:
    limit = Rate(5, Clock())
    spent(limit, one)
    assert (limit.wait_seconds(other) > 0) is is_shared


def test_zero_is_no_limit_and_an_unknown_address_never_waits() -> None:
    assert spent(Rate(0, Clock()), "203.0.113.9") == 1000
    assert spent(Rate(5, Clock()), "") == 1000


def test_the_table_is_bounded_and_forgets_the_longest_silent_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "MAX_KEYS", 3)
    limit = Rate(1, Clock())
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        assert limit.wait_seconds(address) == 0
    assert limit.wait_seconds("192.0.2.1") > 0  # speaks again: is now the youngest
    assert limit.wait_seconds("192.0.2.4") == 0
    assert len(limit) == 3
    assert limit.wait_seconds("192.0.2.1") > 0
    assert limit.wait_seconds("192.0.2.2") == 0


def test_after_an_hour_secret_and_table_are_new() -> None:
    clock = Clock()
    limit = Rate(1, clock)
    limit.wait_seconds("203.0.113.9")
    before = dict(limit._free_at)
    clock.now += rate.SECRET_SECONDS
    limit.wait_seconds("203.0.113.9")
    assert len(limit) == 1
    assert not before.keys() & limit._free_at.keys()


def test_the_table_holds_no_address() -> None:
    limit = Rate(1, Clock())
    limit.wait_seconds("203.0.113.9")
    assert all(len(key) == 8 and bytes([203, 0, 113, 9]) not in key for key in limit._free_at)
    assert "203.0.113.9" not in repr(vars(limit))
