"""Pages beside the report over a real store: numbers arrive on the page and in both files, and changes are made."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from dash_world import Hand, World
from test_report_page import text_of

from dashboard.frame import IN_A_MENU, IN_A_ROW
from dashboard.own_pages import OWN

BASE = "/sites/example.com"
ATTACK = "<script>alert(1)</script>\"'"
ROOMS = [own.room for own in OWN]


def hand(world: World, visitor: int, minutes: float, **fields: object) -> Hand:
    """An event of yesterday noon, so many minutes later."""
    return Hand(visitor, world.now - timedelta(days=1) + timedelta(minutes=minutes), dict(fields))


def used(world: World, visitor: int, name: str, minutes: float = 1, **fields: object) -> Hand:
    return hand(world, visitor, minutes, name=name, **fields)


def crowd(world: World) -> None:
    """Ten visitors of /, six go on to /pricing, three sign up there (two of them paying), one looks back."""
    hands = [hand(world, n, 0, path="/") for n in range(1, 11)]
    hands += [hand(world, n, 1, path="/pricing") for n in range(1, 7)]
    hands += [used(world, n, "Signup", 2, path="/pricing", props={"plan": "free" if n > 1 else "team"},
                   revenue=12_500 if n < 3 else 0, currency="EUR" if n < 3 else "") for n in range(1, 4)]  # fmt: skip
    hands += [hand(world, n, 1.5, name="engagement", path="/", engaged_ms=30_000, scroll=80) for n in range(1, 11)]
    hands += [used(world, n, "Web Vitals", 0.5, path="/", interactive=False, props={"lcp": "3000", "cls": "50"})
              for n in range(1, 6)]  # fmt: skip
    world.count(*hands)


def sheets(world: World, room: str, query: str = "", who: str = "owner") -> dict[str, list[dict[str, object]]]:
    answer = world.browser(who).get(f"{BASE}/{room}.json{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["sheets"]


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("mode", ["daily", "none"])
def test_every_page_answers_empty_full_and_filtered(world: World, room: str, mode: str) -> None:
    world.registry.sites.set("example.com", {"mode": mode})
    browser = world.browser("owner")
    for fill in (lambda: None, lambda: crowd(world)):
        fill()
        for query in ("", "?period=day&compare=previous", "?f=is:page:/pricing&f=is:country:DE"):
            answer = browser.get(f"{BASE}/{room}{query}")
            assert answer.status_code == 200, (room, query)
            assert "<h1" in answer.text


@pytest.mark.parametrize("room", ROOMS)
def test_page_and_both_files_say_the_same(world: World, room: str) -> None:
    crowd(world)
    world.registry.goals.add("example.com", feature="Signup")
    told = sheets(world, room)
    text = world.browser("owner").get(f"{BASE}/{room}.csv").text
    parts = text.replace("\r\n", "\n").split("\n\n") if text else []
    tables = [list(csv.DictReader(io.StringIO(part))) for part in parts]
    if "looked" in told:  # the first of the two is a look itself
        assert len(tables.pop()) == len(told.pop("looked")) + 1
    assert [len(table) for table in tables] == [len(rows) for rows in told.values()]
    for table, rows in zip(tables, told.values(), strict=True):
        for line, row in zip(table, rows, strict=True):
            assert list(line) == list(row)


@pytest.mark.parametrize("room", ROOMS)
def test_what_visitors_sent_is_escaped_on_every_page(world: World, room: str) -> None:
    world.count(*(hand(world, n, m, path=f"/{ATTACK}{m}") for n in range(1, 9) for m in range(3)),
                *(used(world, n, ATTACK, 3, path=f"/{ATTACK}", props={ATTACK: ATTACK}) for n in range(1, 9)),
                *(used(world, n, "engagement", 4, path=f"/{ATTACK}", engaged_ms=9, scroll=9) for n in range(1, 9)),
                *(used(world, n, "Web Vitals", 2, path=f"/{ATTACK}", props={"lcp": "9"})
                  for n in range(1, 9)))  # fmt: skip
    browser = world.browser("owner")
    for query in ("", f"?feature={ATTACK}", f"?of=/{ATTACK}", f"?k1=page&p1=/{ATTACK}&k2=feature&p2=b"):
        answer = browser.get(f"{BASE}/{room}{query}")
        assert answer.status_code in (200, 400)
        assert "<script>" not in answer.text
        assert " style=" not in answer.text


def test_every_place_of_the_navigation_exists_and_says_where_one_is(world: World) -> None:
    browser = world.browser("owner")
    for place in (*IN_A_ROW, *IN_A_MENU):
        path = BASE if place.room == "report" else f"{BASE}/{place.room}"
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert f'href="{path}" aria-current="page"' in answer.text, path


# --- features ------------------------------------------------------------------------------------------------------


def test_features_tell_use_adoption_and_their_properties(world: World) -> None:
    crowd(world)
    told = sheets(world, "features", "?feature=Signup")
    assert told["features"] == [{"feature": "Signup", "uses": 3, "visits": 3, "adoption": 30.0}]
    assert told["properties"] == [
        {"key": "plan", "value": "free", "uses": 2},
        {"key": "plan", "value": "team", "uses": 1},
    ]
    text = text_of(world.browser("owner").get(f"{BASE}/features?feature=Signup").text)
    assert "Signup 3 3 30%" in text
    assert "free 2 67%" in text


def test_a_declared_feature_that_nobody_uses_is_told(world: World) -> None:
    crowd(world)
    owner = world.browser("owner")
    for name in ("Signup", "Import", "Old"):
        assert owner.post(f"{BASE}/features", data={"name": name, "about": f"About {name}"}).status_code == 303
    world.count(Hand(77, world.now - timedelta(days=200), {"name": "Old"}))
    text = text_of(owner.get(f"{BASE}/features").text)
    assert "Import About Import never used" in text
    assert "Old About Old last used on 6 May 2026" in text
    assert "Signup About Signup" not in text
    assert owner.post(f"{BASE}/features", data={"remove": "Import"}).status_code == 303
    assert "never used" not in owner.get(f"{BASE}/features").text
    assert owner.post(f"{BASE}/features", data={"name": "Signup"}).status_code == 400


def test_a_viewer_is_offered_no_change(world: World) -> None:
    crowd(world)
    world.registry.goals.add("example.com", feature="Signup")
    for room in ("features", "goals", "funnels"):
        page = world.browser("viewer").get(f"{BASE}/{room}").text
        assert 'method="post"' not in page.replace('<form method="post" action="/sign-out">', ""), room


# --- goals ---------------------------------------------------------------------------------------------------------


def test_goals_tell_conversion_and_money_by_currency(world: World) -> None:
    crowd(world)
    owner = world.browser("owner")
    assert (
        owner.post(f"{BASE}/goals", data={"kind": "feature", "pattern": "Signup", "name": "Signed up"}).status_code
        == 303
    )
    assert (
        owner.post(f"{BASE}/goals?period=7d", data={"kind": "page", "pattern": "/pric*"}).headers["location"]
        == f"{BASE}/goals?period=7d"
    )
    told = sheets(world, "goals")
    assert told["goals"] == [
        {"goal": "Signed up", "times": 3, "visits": 3, "conversion": 30.0},
        {"goal": "Visit /pric*", "times": 6, "visits": 6, "conversion": 60.0},
    ]
    assert told["revenue"] == [{"goal": "Signed up", "currency": "EUR", "revenue": 25.0}]
    assert "EUR 25.00" in text_of(owner.get(f"{BASE}/goals").text)
    number = world.registry.goals.list("example.com")[0].id
    assert owner.post(f"{BASE}/goals", data={"remove": str(number)}).status_code == 303
    assert [goal.name for goal in world.registry.goals.list("example.com")] == ["Visit /pric*"]


def test_a_goal_of_few_people_is_not_told_to_a_viewer(world: World) -> None:
    crowd(world)
    world.registry.goals.add("example.com", feature="Signup", name="Rare")
    world.registry.goals.add("example.com", page="/", name="Plenty")
    told = {row["goal"]: row["visits"] for row in sheets(world, "goals", who="viewer")["goals"]}
    assert told == {"Plenty": 10, "Rare": None}
    assert "Rare <5" in text_of(world.browser("viewer").get(f"{BASE}/goals").text)


# --- funnels -------------------------------------------------------------------------------------------------------

STEPS = "k1=page&p1=/&k2=page&p2=/pricing&k3=feature&p3=Signup"


def test_steps_typed_into_the_form_are_a_funnel(world: World) -> None:
    crowd(world)
    told = sheets(world, "funnels", f"?{STEPS}")["funnel"]
    assert [(row["step"], row["reached"], row["lost"]) for row in told] == [
        ("/", 10, None),
        ("/pricing", 6, 4),
        ("Signup", 3, 3),
    ]
    text = text_of(world.browser("owner").get(f"{BASE}/funnels?{STEPS}").text)
    assert "30% of the visits that began got to the end." in text


def test_a_funnel_is_saved_shown_compared_and_removed(world: World) -> None:
    crowd(world)
    owner = world.browser("owner")
    form = dict(pair.split("=") for pair in STEPS.split("&")) | {"name": "To an account", "within": "day"}
    saved = owner.post(f"{BASE}/funnels", data=form)
    assert saved.headers["location"] == f"{BASE}/funnels?funnel=To%20an%20account"
    page = text_of(owner.get(f"{saved.headers['location']}&compare=previous").text)
    assert "30% of the visitors of a day that began got to the end." in page
    told = sheets(world, "funnels", "?funnel=To%20an%20account&compare=previous")["funnel"]
    assert [row["reached_before"] for row in told] == [0, 0, 0]
    assert owner.post(f"{BASE}/funnels", data={"remove": "To an account"}).status_code == 303
    assert world.registry.funnels.list("example.com") == []


def test_a_goal_is_a_step_and_a_goal_that_is_gone_is_nobodys(world: World) -> None:
    crowd(world)
    world.registry.goals.add("example.com", feature="Signup", name="Done")
    query = "?k1=page&p1=/&k2=goal&p2=Done"
    assert [row["reached"] for row in sheets(world, "funnels", query)["funnel"]] == [10, 3]
    world.registry.goals.remove("example.com", "Done")
    assert [row["reached"] for row in sheets(world, "funnels", query)["funnel"]] == [10, 0]


@pytest.mark.parametrize(
    "query", ["?s=page:nowhere&s=page:/", "?s=click:x&s=page:/", "?way=sideways", "?steps=9", "?show=money"]
)
def test_what_makes_no_sense_is_told(world: World, query: str) -> None:
    rooms = {"s": "funnels", "way": "journeys", "steps": "journeys", "show": "hours"}
    room = rooms[query[1:].partition("=")[0]]
    assert world.browser("owner").get(f"{BASE}/{room}{query}").status_code == 400


# --- the others ----------------------------------------------------------------------------------------------------


def test_journeys_go_both_ways(world: World) -> None:
    crowd(world)
    after = sheets(world, "journeys", "?of=/")["journeys"]
    assert {(row["page"], row["next"]): row["visits"] for row in after if row["step"] == 1} == {
        ("/", "/pricing"): 6, ("/", "(nothing more)"): 4}  # fmt: skip
    before = sheets(world, "journeys", "?of=/pricing&way=before")["journeys"]
    assert [(row["page"], row["next"], row["visits"]) for row in before][:1] == [("/pricing", "/", 6)]
    page = world.browser("owner").get(f"{BASE}/journeys").text
    assert f'href="{BASE}/journeys?of=/pricing"' in page


def test_hours_engagement_vitals_and_retention_carry_their_numbers(world: World) -> None:
    crowd(world)
    hours = {row["hour"]: row for row in sheets(world, "hours")["hours"]}
    assert hours["12:00"]["weekday_6"] == 10
    read = sheets(world, "engagement")["engagement"]
    assert (read[0]["page"], read[0]["visits"], read[0]["median_seconds"], read[0]["to_75"], read[0]["to_end"]) == (
        "/", 10, 30.0, 100.0, 0.0)  # fmt: skip
    vitals = {(row["page"], row["vital"]): row for row in sheets(world, "vitals")["vitals"]}
    assert (vitals["/", "lcp"]["p75"], vitals["/", "lcp"]["in_fair"], vitals["/", "cls"]["p75"]) == (3000, 5, 0.05)
    text = text_of(world.browser("owner").get(f"{BASE}/vitals").text)
    assert "3.0 s Fair" in text
    told = sheets(world, "retention")
    assert told["visits_of_day"] == [{"visits": 1, "visitors": 10}]
    assert told["pages_of_visit"] == [{"pageviews": 1, "visits": 4}, {"pageviews": 2, "visits": 6}]
    assert "asks nobody for consent" in world.browser("owner").get(f"{BASE}/retention").text


def test_cohorts_are_of_those_who_agreed_and_say_so(world: World) -> None:
    world.registry.sites.set("example.com", {"mode": "hybrid", "legal_basis": "consent"})
    week = timedelta(days=7)
    world.count(*(Hand(n, world.now - 2 * week, {"consented": True}) for n in range(1, 9)),
                *(Hand(n, world.now - week, {"consented": True}) for n in range(1, 5)),
                *(Hand(n, world.now - week, {}) for n in range(50, 60)))  # fmt: skip
    told = sheets(world, "retention")["cohorts"]
    assert [(row["week"], row["weeks_later"], row["visitors"]) for row in told] == [
        ("2026-11-02", 0, 8), ("2026-11-02", 1, 4)]  # fmt: skip
    text = text_of(world.browser("owner").get(f"{BASE}/retention").text)
    assert "Week of 2 Nov 8 50%" in text
    assert "4" not in {row["visitors"] for row in sheets(world, "retention", who="viewer")["cohorts"]}


def test_the_privacy_report_follows_the_settings(world: World) -> None:
    world.registry.sites.set("example.com", {"place": "city", "retention_days": "90", "titles": "on"})
    crowd(world)
    owner = world.browser("owner")
    owner.get(BASE)
    text = text_of(owner.get(f"{BASE}/privacy").text)
    assert "Country, region and city" in text
    assert "Every row is deleted 90 days after the visit." in text
    assert "Internet address Never kept" in text
    assert "owner@example.com owner 1" in text
    world.registry.sites.set("example.com", {"mode": "none"})
    assert "No visitor number is made at all." in text_of(owner.get(f"{BASE}/privacy").text)


def test_who_looked_is_told_to_those_who_may_audit(world: World) -> None:
    world.browser("owner").get(BASE)
    for who, may in (("dpo", True), ("viewer", False), ("analyst", False)):
        assert ("owner@example.com" in world.browser(who).get(f"{BASE}/privacy").text) == may
        assert ("looked" in sheets(world, "privacy", who=who)) == may
