"""What the visitor's page promises of a site: who answers for it, small groups, blocked cookies, the country."""

from __future__ import annotations

import re

import privacy_world
import pytest
from http_world import decide_by_name
from msgspec.structs import replace
from privacy_world import OPTED_OUT, Rehearsal, T, Visit, text_of


def test_the_page_names_who_answers_for_the_site_and_how_to_reach_them() -> None:
    shown = text_of(Visit(Rehearsal()).ask(host="named.example"))
    for told in ("Answerable for named.example: Named Ltd, 1 High Street", "Contact: privacy@named.example"):
        assert told in shown
    assert "Data-protection officer: Dana Poe" in shown
    assert "Supervisory authority: The Office" in shown
    assert "the people who run" not in shown
    assert T["rules"]["form"] in shown
    plain = text_of(Visit(Rehearsal()).ask())
    assert T["rules"]["who"].format(host="shop.example") in plain
    assert "Contact:" not in plain


def test_who_only_reads_is_promised_what_the_guard_does() -> None:
    assert "no answer about fewer than 5 people picked out by a filter" in text_of(Visit().ask())


def test_where_the_tag_tells_the_zone_the_mirror_says_that_the_country_may_follow() -> None:
    country = f"Country {T['mirror']['country_zone']}"
    assert country in text_of(Visit().ask())
    assert country not in text_of(Visit().ask(host="plain.example")), "its tag tells no zone"


@pytest.mark.parametrize(
    ("host", "headers", "is_said"),
    [
        ("shop.example", {}, True),
        ("shop.example", OPTED_OUT, False),
        ("plain.example", {}, False),
        ("counts.example", {}, False),
        ("mixed.example", {"cookie": "footfall_consent=1.1.1.g.0"}, False),
    ],
)
def test_who_is_counted_hears_that_blocked_cookies_mean_no_where_they_do(
    host: str, headers: dict[str, str], is_said: bool
) -> None:
    assert (T["state"]["blocking"] in text_of(Visit().ask(host=host, headers=headers))) is is_said


def test_rights_are_offered_to_everybody_wherever_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the mirror tells the country; what a visitor may do does not depend on it."""
    offered, told = set(), set()
    for country in ("DE", "US", "NG", ""):
        monkeypatch.setattr(
            privacy_world, "mirrored", lambda *said, at=country: replace(decide_by_name(*said), country=at)
        )
        page = Visit(Rehearsal()).ask().text
        offered.add("".join(re.findall(r"<form.*?</form>", page, re.DOTALL)))
        told.add(page)
    assert len(told) == 4
    (forms,) = offered
    assert forms.count("<button") >= 5


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("shop.example", "shop.example"),
        ("shop.many.example", "shop.many.example"),
        ("127.0.0.9", "town.example"),
        ("localhost", "town.example"),
    ],
)
def test_the_head_names_the_host_in_the_address_bar_or_the_site_where_that_is_no_name(host: str, named: str) -> None:
    assert f'<p class="host">{named}</p>' in Visit(Rehearsal()).ask(host=host).text
