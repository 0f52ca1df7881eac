"""The queue of requests: due dates by the calendar, one extension, reminders told once, nothing kept too long."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from looking import bytes_in
from registry_world import Clock

from registry.errors import NotAllowed, NotThere, WrongState
from registry.letters import LANGUAGES, LETTERS, letter_of
from registry.registry import Registry
from registry.requests import MOST_OPEN, Request, months_after
from registry.site import Site


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ask(registry: Registry, site_id: int | None = None, **more: object) -> Request:
    number = len(registry.requests.list()) + len(registry.requests.list(closed=True))
    return registry.requests.add(
        f"ref{number}", site_id, "example.com", "erasure", "please", "jane@example.org", receipt_sha256="0", **more
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("received", "due", "extended"),
    [
        ("2026-11-22T10:00", "2026-12-22T10:00", "2027-02-22T10:00"),
        ("2027-01-31T10:00", "2027-02-28T10:00", "2027-04-30T10:00"),
        ("2028-01-31T10:00", "2028-02-29T10:00", "2028-04-30T10:00"),
        ("2026-12-31T23:59", "2027-01-31T23:59", "2027-03-31T23:59"),
    ],
)
def test_due_dates(registry: Registry, clock: Clock, received: str, due: str, extended: str) -> None:
    clock.time = at(received)
    one = ask(registry)
    assert one.due_at == at(due)
    assert registry.requests.extend(one.id, "it is much", by="x").extended_to == at(extended)
    assert months_after(at(received), 12) >= at(received) + timedelta(days=364)


def test_an_extension_needs_a_reason_is_given_once_and_never_too_late(registry: Registry, clock: Clock) -> None:
    one = ask(registry)
    with pytest.raises(NotAllowed, match="why it takes longer"):
        registry.requests.extend(one.id, "  ", by="x")
    registry.requests.extend(one.id, "it is  much", by="ada@example.com")
    assert registry.requests.get(one.id).reason == "it is much"
    with pytest.raises(WrongState, match="extended before"):
        registry.requests.extend(one.id, "again", by="x")
    late = ask(registry)
    clock.pass_by(days=31)
    with pytest.raises(WrongState, match="too late"):
        registry.requests.extend(late.id, "late", by="x")


def test_reminders_come_at_half_and_four_fifths_of_the_time_once_each(registry: Registry, clock: Clock) -> None:
    ask(registry)
    told = []
    for _ in range(40):
        told += [one.reminded for one in registry.requests.remind()]
        clock.pass_by(days=1)
    assert told == [50, 80]


def test_what_is_not_answered_in_time_is_overdue(registry: Registry, clock: Clock) -> None:
    one = ask(registry)
    clock.pass_by(days=30)
    assert [late.id for late in registry.requests.overdue()] == [one.id]
    registry.requests.close(one.id, "done", by="x")
    assert registry.requests.overdue() == []


def test_closing_blanks_what_was_written_and_three_years_end_the_row(
    registry: Registry, clock: Clock, tmp_path: Path
) -> None:
    one = ask(registry)
    closed = registry.requests.close(one.id, "refused", by="ada@example.com")
    assert (closed.message, closed.reply_to, closed.outcome, closed.handled_by) == (
        "",
        "",
        "refused",
        "ada@example.com",
    )
    assert one.reply_to.encode() not in bytes_in(*tmp_path.glob("registry.*"))
    with pytest.raises(WrongState, match="was closed"):
        registry.requests.close(one.id, "done", by="x")
    clock.pass_by(days=3 * 365)
    assert registry.requests.drop_old() == 0
    clock.pass_by(days=1)
    assert registry.requests.drop_old() == 1
    with pytest.raises(NotThere):
        registry.requests.get(one.id)


def test_dsr_forwarded(registry: Registry, clock: Clock) -> None:
    """Of a site here: in its queue at once. Of nobody's: the operator's, who has 24 hours to hand it on."""
    site = registry.sites.add("example.com")
    known = ask(registry, site.id, channel="operator")
    assert (known.site_id, known.forwarded_at) == (site.id, clock.time)
    lost = ask(registry, None, channel="operator")
    assert lost.forward_by == clock.time + timedelta(hours=24)
    assert registry.requests.list(0) == [lost]
    clock.pass_by(hours=24)
    assert [late.id for late in registry.requests.overdue()] == [lost.id]
    handed = registry.requests.forward(lost.id, "www.example.com", by="x")
    assert (handed.site_id, handed.host) == (site.id, "example.com")
    assert registry.requests.overdue() == []
    with pytest.raises(WrongState, match="already"):
        registry.requests.forward(lost.id, "example.com", by="x")


def test_a_sites_requests_die_with_it(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    ask(registry, site.id)
    registry.sites.condemn("example.com", by="x")
    order = registry.orders.file("remove_site", {"site_id": site.id, "confirmed": "x"}, "x")
    registry.sites.purge("example.com", order_id=order.id, certificate={})
    assert registry.requests.list() == []


def test_a_flood_of_requests_ends(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.requests.MOST_OPEN", 3)
    assert MOST_OPEN == 1000
    for _ in range(3):
        ask(registry)
    with pytest.raises(NotAllowed, match="too many"):
        ask(registry)
    with pytest.raises(NotAllowed, match="a request is one of"):
        registry.requests.add("r", None, "example.com", "praise", "", "", receipt_sha256="")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_in_every_language_is_filled_in_from_live_settings(
    registry: Registry, letter: str, language: str
) -> None:
    site = registry.sites.add("example.com", retention_days="321")
    one = registry.requests.extend(ask(registry, site.id).id, "Holidays", by="x")
    text = letter_of(one, site, letter, language, one.received_at.date())
    assert "{" not in text
    assert one.ref in text
    assert ("321" in text) == (letter == "done")
    assert ("2027-02-22" in text) == (letter in ("acknowledge", "extend"))
    assert ("Holidays" in text) == (letter in ("extend", "refuse"))
    assert "jane@example.org" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_is_signed_by_who_answers_for_the_site(registry: Registry, language: str) -> None:
    named = {"controller": "Named Ltd, 1 High Street", "contact": "privacy@named.example", "dpo": "Dana Poe"}
    site = registry.sites.add("example.com", **named, authority="The Office")
    one = ask(registry, site.id)
    end = letter_of(one, site, "acknowledge", language, one.received_at.date()).splitlines()[-4:]
    assert end[:2] == ["Named Ltd, 1 High Street", "privacy@named.example"]
    assert (end[2].endswith(": Dana Poe"), end[3].endswith(": The Office")) == (True, True)
    nameless = Site(id=0, host="example.com")
    assert "example.com" in letter_of(one, nameless, "done", language, one.received_at.date()).splitlines()[-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_complaint_is_not_refused_for_want_of_records(registry: Registry, language: str) -> None:
    site = registry.sites.add("example.com")
    texts = {
        kind: letter_of(msgspec.structs.replace(one, kind=kind), site, "refuse", language, one.received_at.date())
        for one in [ask(registry, site.id)]
        for kind in ("complaint", "access")
    }
    article = re.compile(r"\bart[ií][a-z]+ 11\b", re.IGNORECASE)
    assert (bool(article.search(texts["access"])), bool(article.search(texts["complaint"]))) == (True, False)
    assert "/privacy" in texts["complaint"]


def test_a_letter_that_would_not_be_true_is_not_written(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    one = ask(registry, site.id)
    for letter, language in (("extend", "en"), ("praise", "en"), ("done", "xx")):
        with pytest.raises(NotAllowed):
            letter_of(one, site, letter, language, one.received_at.date())
