"""Who looked: every read and change of a site's data stands in a chain that its people can read."""

from __future__ import annotations

import pytest
from dash_world import Browser, World
from everyone_world import EVERYONE, ROWS, call, support

from registry.errors import RegistryAway
from registry.looks import Look

SITE_ROWS = [row for row in ROWS if "{host}" in row.path and row.method == "GET"]


def looks(world: World, host: str = "example.com") -> list[Look]:
    return list(reversed(world.registry.looks.of_site(world.site_id(host))))


def test_every_page_about_a_site_is_noted(world: World):
    """Made from the route table: a page that shows something without a note fails here."""
    owner = EVERYONE["owner"](world)
    for row in SITE_ROWS:
        before = world.registry.looks.count(world.site_id())
        assert call(owner, row).status_code == 200, row.path
        assert world.registry.looks.count(world.site_id()) == before + 1, row.path
    assert {look.actor for look in looks(world)} == {"owner@example.com"}
    assert world.registry.looks.verify() is None


def test_a_note_says_who_what_how_and_how_much(world: World):
    world.views(20)
    world.browser("viewer").get("/sites/example.com/details/pages.csv?period=7d&sort=visitors:desc")
    (look,) = looks(world)
    assert (look.actor, look.role, look.auth) == ("viewer@example.com", "viewer", "session")
    assert (look.action, look.object, look.rows) == ("export", "details/pages.csv", 1)
    assert look.params == "period=7d&sort=visitors:desc"
    assert look.grant_id
    assert look.at == world.now


@pytest.mark.parametrize("path", ["", "/details/pages", "/details/pages.csv", "/details/pages.json"])
@pytest.mark.parametrize("who", ["owner", "viewer"])
@pytest.mark.parametrize(("count", "told"), [(4, "f=is:page:<rare>"), (5, "f=is:page:/secret")])
def test_a_value_that_few_fit_is_not_in_the_note(world: World, path: str, who: str, count: int, told: str):
    world.views(20)
    world.views(count, path="/secret")
    world.browser(who).get(f"/sites/example.com{path}?f=is:page:/secret")
    assert [look.params for look in looks(world)] == [told]


def test_what_is_searched_for_is_masked_like_a_filter(world: World):
    world.views(20)
    world.views(2, path="/secret-of-two")
    world.browser("owner").get("/sites/example.com/details/pages?search=secret")
    world.browser("owner").get("/sites/example.com/settings?whatever=jane@example.com")
    assert [look.params for look in looks(world)] == ["search=<rare>", "whatever=<rare>"]


def test_a_page_that_asks_again_by_itself_is_noted_once(world: World):
    browser = world.browser("owner")
    for _ in range(3):
        assert browser.get("/sites/example.com/now").status_code == 200
    assert [look.object for look in looks(world)] == ["now"]


def test_what_cannot_be_noted_is_not_shown(world: World, monkeypatch: pytest.MonkeyPatch):
    world.views(20, path="/secret")

    def away(*_: object, **__: object) -> int:
        raise RegistryAway("away")

    browser, key = world.browser("owner"), world.key()
    monkeypatch.setattr(world.registry.looks, "note", away)
    monkeypatch.setattr(world.registry.looks, "note_each", away)
    query = {"site_id": "example.com", "metrics": ["visitors"], "date_range": "7d", "dimensions": ["event:page"]}
    answers = [browser.get(path) for path in ("/", "/sites/example.com", "/sites/example.com/details/pages.csv")]
    answers.append(browser.post("/api/v2/query", json=query, headers=key))
    assert [answer.status_code for answer in answers] == [503] * 4
    assert not any("/secret" in answer.text for answer in answers)


def test_what_was_refused_is_no_look(world: World):
    world.browser("viewer").get("/sites/example.com/settings")
    world.browser("stranger").get("/sites/example.com")
    assert looks(world) == []


def test_a_key_is_named_when_it_asks(world: World):
    world.views(20)
    world.views(2, path="/secret")
    key = world.key()
    plain = {"site_id": "example.com", "metrics": ["visitors"], "date_range": "7d"}
    for body in (plain, plain | {"filters": [["is", "event:page", ["/secret"]]]}):
        assert world.browser().post("/api/v2/query", json=body, headers=key).status_code == 200
    first, second = looks(world)
    assert first.actor == f"key {world.registry.keys.list()[0].id} test"
    assert (first.role, first.auth, first.action) == ("token", "key", "query")
    assert "secret" not in second.params
    assert "<rare>" in second.params


def test_a_change_is_noted_with_what_changed_and_without_its_value(world: World):
    world.browser("admin").post("/sites/example.com/settings", data={"name": "Our shop"})
    assert [(look.action, look.object, look.params) for look in looks(world)] == [("change", "settings", "name")]


def test_signing_in_is_noted(world: World):
    data = {"email": "viewer@example.com", "password": "correct horse battery"}
    assert world.browser().post("/sign-in", data=data).status_code == 303
    assert world.registry.looks.head().seq == 1


def test_the_list_of_sites_is_a_look_at_each(world: World):
    world.browser("owner").get("/")
    assert [look.object for host in ("example.com", "other.example") for look in looks(world, host)] == [
        "list of sites"
    ] * 2


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_page_shows_its_site_alone_and_itself(world: World):
    world.browser("stranger").get("/sites/other.example")
    world.browser("viewer").get("/sites/example.com")
    browser = world.browser("dpo")
    first, second = browser.get("/sites/example.com/looks").text, browser.get("/sites/example.com/looks").text
    assert "viewer@example.com" in first
    assert "stranger@other.example" not in first
    assert ("dpo@example.com" in first.split("<tbody>")[1], "dpo@example.com" in second.split("<tbody>")[1]) == (
        False,
        True,
    )


def test_the_page_has_pages(world: World):
    for number in range(60):
        world.registry.looks.note("ada", "owner", "session", "view", world.site_id(), f"thing-{number}")
    browser = world.browser("owner")
    first = browser.get("/sites/example.com/looks").text
    link = first.split('rel="next" href="')[1].split('"')[0]
    second = browser.get(link).text
    assert "thing-59" in first
    assert "thing-9<" not in first
    assert "thing-9<" in second
    assert browser.get("/sites/example.com/looks?before=x").status_code == 400


def test_the_page_checks_the_chain(world: World):
    browser = world.browser("owner")
    browser.get("/sites/example.com")
    assert "The chain is whole" in browser.get("/sites/example.com/looks?check").text
    with world.registry._database.write() as connection:
        connection.exec_driver_sql("drop trigger looks_stay")
        connection.exec_driver_sql("update looks set told = replace(told, 'owner', 'nobody') where seq = 1")
    assert "broken at line 1" in browser.get("/sites/example.com/looks?check").text


# --- support -------------------------------------------------------------------------------------------------------


def test_support_is_told_on_every_page_to_both_sides(world: World):
    helper = support(world, hours_ago=1).browser
    assert "You are looking as support until 2026-11-22 13:00 UTC" in helper.get("/sites/example.com").text
    for who in ("owner", "admin"):
        text = world.browser(who).get("/sites/example.com/refused").text
        assert "support@operator.example may look at this site as support" in text
        assert "report is empty since Monday" in text
    assert "support@operator.example" not in world.browser("viewer").get("/sites/example.com").text
    look = looks(world)[0]
    assert (look.role, look.purpose) == ("support", "report is empty since Monday")


def let_in(browser: Browser, **form: str) -> int:
    data = {"do": "give", "email": "support@operator.example", "role": "support", "hours": "2", "reason": "why", **form}
    return browser.post("/sites/example.com/people", data=data).status_code


def test_only_an_owner_lets_support_in_and_for_a_day_at_most(world: World):
    support(world, hours_ago=None)
    assert let_in(world.browser("admin")) == 403
    owner = world.browser("owner")
    for wrong in (
        {"hours": "25"},
        {"hours": "0"},
        {"hours": "x"},
        {"reason": ""},
        {"email": "nobody@operator.example"},
    ):
        assert let_in(owner, **wrong) == 400, wrong
    assert let_in(owner) == 303
    data = {"do": "take", "email": "support@operator.example"}
    assert owner.post("/sites/example.com/people", data=data).status_code == 303
    assert [email for email, _ in world.registry.users.at_site(world.site_id()) if email.startswith("support")] == []
