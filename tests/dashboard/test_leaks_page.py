"""The page of leaks: kinds, places and what to do, never a value; new properties with one click each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dash_world import World

from clickhouse.insert import insert_redactions
from clickhouse.rows import Position, RedactionCount
from collector.leaks import KINDS
from dashboard import words

EPOCH = date(1970, 1, 1)


def leak(world: World, *found: tuple[str, str, int], ago: int = 1, segment: int = 70) -> None:
    day = (world.now.date() - timedelta(days=ago) - EPOCH).days
    counts = [RedactionCount(world.site_id(), day, kind, place, count) for kind, place, count in found]
    rows = [(Position(segment, seq), count) for seq, count in enumerate(counts)]
    insert_redactions(world.store, rows, token=f"leaks-{segment}")


def test_a_site_without_leaks_is_told_so(world: World) -> None:
    page = world.browser("owner").get("/sites/example.com/leaks")
    assert page.status_code == 200
    assert words.say("leaks.none_title") in page.text


def test_the_owner_reads_what_stood_where_and_what_to_do(world: World) -> None:
    leak(world, ("email", "/u/[email]", 40), ("email", "/invite/[email]", 2), ("card", "utm_term", 1))
    leak(world, ("phone", "/long/ago/[phone]", 9), ago=90, segment=71)
    text = world.browser("owner").get("/sites/example.com/leaks?period=7d").text
    assert "<code>/u/[email]</code>" in text
    assert "42 events, in 2 places." in text
    assert "1 event, in one place." in text
    assert words.say("leak.card.todo") in text
    assert "/long/ago/" not in text
    assert text.index("/u/[email]") < text.index("utm_term")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_its_words(kind: str) -> None:
    assert words.knows(f"leak.{kind}.name")
    assert words.knows(f"leak.{kind}.todo")


@pytest.mark.parametrize(("who", "status"), [("admin", 200), ("dpo", 200), ("analyst", 403), ("viewer", 403)])
def test_only_who_answers_for_the_site_reads_scrubbed_paths_one_by_one(world: World, who: str, status: int) -> None:
    assert world.browser(who).get("/sites/example.com/leaks").status_code == status


def test_a_new_property_is_announced_until_it_is_answered_with_one_click(world: World) -> None:
    world.registry.props.note(world.site_id(), ["plan", "to"])
    browser = world.browser("owner")
    assert words.say("leaks.notice_do") in browser.get("/sites/example.com").text
    assert words.say("leaks.notice_do") not in world.browser("analyst").get("/sites/example.com").text
    assert 'name="redact" value="to"' in browser.get("/sites/example.com/leaks").text

    headers = {"origin": "http://testserver"}
    for answer in ({"redact": "to"}, {"register": "plan"}):
        gone = browser.post("/sites/example.com/leaks", data=answer, headers=headers)
        assert (gone.status_code, gone.headers["location"]) == (303, "/sites/example.com/leaks?saved")
    site = world.registry.sites.get("example.com")
    assert (site.prop_keys, site.redact_props) == (("plan",), ("to",))
    assert words.say("leaks.notice_do") not in browser.get("/sites/example.com").text


@pytest.mark.parametrize("answer", [{}, {"keep": "nope"}, {"keep": "plan", "redact": "plan"}])
def test_what_cannot_be_answered_changes_nothing(world: World, answer: dict[str, str]) -> None:
    world.registry.props.note(world.site_id(), ["plan"])
    told = world.browser("owner").post("/sites/example.com/leaks", data=answer, headers={"origin": "http://testserver"})
    assert told.status_code == 400
    assert [one.key for one in world.registry.props.waiting("example.com")] == ["plan"]


def test_a_dpo_reads_the_question_and_cannot_answer_it(world: World) -> None:
    world.registry.props.note(world.site_id(), ["plan"])
    browser = world.browser("dpo")
    assert 'name="redact"' not in browser.get("/sites/example.com/leaks").text
    told = browser.post("/sites/example.com/leaks", data={"keep": "plan"}, headers={"origin": "http://testserver"})
    assert told.status_code == 403
