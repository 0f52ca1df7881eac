"""Holds with a day of review, proofs of retention, confirmed dates: what the registry keeps about keeping."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from registry_world import Clock

from registry.errors import NotAllowed, NotThere, WrongState
from registry.keeping import Proof
from registry.registry import Registry

DAYS = (date(2026, 1, 1), date(2026, 2, 1))
REVIEW = date(2027, 1, 1)


def test_a_hold_says_what_it_keeps_and_why(registry: Registry) -> None:
    site = registry.sites.add("a.example")
    hold = registry.holds.add(site.id, *DAYS, " a court\n asked ", REVIEW, by="ada@example.com")
    assert hold.sentence == "restricted, not erased, because a court asked (to be reviewed on 2027-01-01)"
    assert registry.holds.list(site.id, active=True) == [hold]
    released = registry.holds.release(hold.id, by="bob@example.com")
    assert (released.released_by, registry.holds.list(active=True)) == ("bob@example.com", [])
    with pytest.raises(WrongState):
        registry.holds.release(hold.id, by="x")
    with pytest.raises(NotThere):
        registry.holds.release(99, by="x")


@pytest.mark.parametrize(
    ("since", "until", "reason", "review"),
    [
        (DAYS[1], DAYS[0], "why", REVIEW),
        (*DAYS, "  ", REVIEW),
        (*DAYS, "why", date(2026, 11, 22)),
        (*DAYS, "why", date(2028, 1, 1)),
    ],
)
def test_a_hold_without_days_reason_or_review_is_refused(
    registry: Registry, since: date, until: date, reason: str, review: date
) -> None:
    site = registry.sites.add("a.example")
    with pytest.raises(NotAllowed):
        registry.holds.add(site.id, since, until, reason, review, by="x")


def test_a_hold_whose_review_is_past_is_told(registry: Registry, clock: Clock) -> None:
    site = registry.sites.add("a.example")
    registry.holds.add(site.id, *DAYS, "why", REVIEW, by="x")
    assert not registry.holds.overdue()
    clock.pass_by(days=60)
    assert [hold.site_id for hold in registry.holds.overdue()] == [site.id]


def test_the_last_proof_of_each_site_is_kept(registry: Registry) -> None:
    def proof(site_id: int, day: int) -> Proof:
        return Proof(site_id, date(2026, 11, day), date(2026, 1, day), datetime(2026, 11, day, 4, tzinfo=UTC), 5)

    registry.keeping.note_proofs([proof(0, 1), proof(1, 1)])
    registry.keeping.note_proofs([proof(1, 2)])
    assert registry.keeping.last_proofs() == {0: proof(0, 1), 1: proof(1, 2)}
    assert registry.keeping.last_proof(2) is None


def test_the_limits_of_a_site_are_read_from_its_history(registry: Registry, clock: Clock) -> None:
    site = registry.sites.add("a.example", retention_days="90")
    clock.pass_by(days=10)
    registry.sites.set("a.example", {"preset": "strict"})
    limits = registry.keeping.limits("retention_days")[site.id]
    assert [limit.days for limit in limits] == [760, 90, 30]
    assert limits[2].since == clock()


def test_the_latest_confirmed_day_counts(registry: Registry) -> None:
    assert registry.keeping.confirmed_date() is None
    for day in (date(2031, 1, 1), date(2030, 1, 1), date(2031, 1, 1)):
        registry.keeping.confirm_date(day, by="ada@example.com")
    assert registry.keeping.confirmed_date() == date(2031, 1, 1)


def test_holds_die_with_their_site(registry: Registry) -> None:
    site = registry.sites.add("a.example")
    registry.holds.add(site.id, *DAYS, "why", REVIEW, by="x")
    registry.sites.purge("a.example")
    assert not registry.holds.list()
