"""People, keys, links and one's own account, as pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from dash_world import PASSWORD, Browser, World

from registry.totp import code_at, step_of

PEOPLE, KEYS, SHARES = (f"/sites/example.com/{page}" for page in ("people", "keys", "shares"))


def role_of(world: World, email: str) -> str | None:
    return world.registry.users.role_at(world.registry.users.get(email), world.site_id())


def give(browser: Browser, email: str, role: str) -> int:
    return browser.post(PEOPLE, data={"do": "give", "email": email, "role": role}).status_code


# --- people --------------------------------------------------------------------------------------------------------


def test_someone_new_gets_a_password_that_is_shown_once(world: World):
    owner = world.browser("owner")
    answer = owner.post(PEOPLE, data={"do": "give", "email": "New@example.com", "role": "analyst"})
    password = re.findall(r"<code>([\w-]{16})</code>", answer.text)[0]
    assert role_of(world, "new@example.com") == "analyst"
    assert password not in owner.get(PEOPLE).text
    assert world.registry.users.check("new@example.com", password)
    assert password not in str(world.registry.looks.of_site(world.site_id()))


@pytest.mark.parametrize(
    ("who", "email", "role", "status"),
    [
        ("owner", "viewer@example.com", "owner", 303),
        ("admin", "viewer@example.com", "analyst", 303),
        ("admin", "viewer@example.com", "owner", 403),
        ("admin", "admin@example.com", "owner", 403),
        ("admin", "viewer@example.com", "god", 400),
        ("admin", "no address", "viewer", 400),
    ],
)
def test_nobody_hands_out_more_than_they_may(world: World, who: str, email: str, role: str, status: int):
    before = {one: role_of(world, f"{one}@example.com") for one in ("viewer", "admin")}
    assert give(world.browser(who), email, role) == status
    after = {one: role_of(world, f"{one}@example.com") for one in ("viewer", "admin")}
    assert (after != before) == (status == 303)


def test_an_admin_takes_nothing_from_an_owner(world: World):
    world.registry.users.grant("viewer@example.com", "owner", "example.com")
    admin = world.browser("admin")
    assert admin.post(PEOPLE, data={"do": "take", "email": "viewer@example.com"}).status_code == 403
    assert give(admin, "viewer@example.com", "viewer") == 403
    assert role_of(world, "viewer@example.com") == "owner"


def test_nobody_removes_themselves_nor_a_grant_for_every_site(world: World):
    assert world.browser("admin").post(PEOPLE, data={"do": "take", "email": "admin@example.com"}).status_code == 403
    assert world.browser("admin").post(PEOPLE, data={"do": "take", "email": "owner@example.com"}).status_code == 400
    assert role_of(world, "owner@example.com") == "owner"


def test_grants_that_are_not_used_are_listed_for_review(world: World):
    world.browser("viewer").get("/sites/example.com")
    world.clock[0] += timedelta(days=89)
    assert "unused for 90 days" not in world.browser("owner").get(PEOPLE).text
    world.clock[0] += timedelta(days=1)
    assert "unused for 90 days" in world.browser("owner").get(PEOPLE).text


# --- keys ----------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_works_until_revoked(world: World):
    admin = world.browser("admin")
    answer = admin.post(KEYS, data={"do": "make", "stats:read": "on", "name": "board", "days": "9"})
    secret = re.findall(r"ff_[0-9a-f]{8}_[\w-]{43}", answer.text)[0]
    assert secret not in admin.get(KEYS).text
    (key,) = world.registry.keys.list()
    assert (key.name, key.scopes, key.expires_at) == ("board", ("stats:read",), world.now + timedelta(days=9))
    assert world.registry.keys.check(secret)
    assert admin.post(KEYS, data={"do": "revoke", "key": key.id}).status_code == 303
    assert world.registry.keys.check(secret) is None


@pytest.mark.parametrize("form", [{}, {"stats:read": "on", "days": "0"}, {"stats:read": "on", "days": "-1"}])
def test_a_key_that_cannot_be_is_said(world: World, form: dict[str, str]):
    assert world.browser("admin").post(KEYS, data={"do": "make", **form}).status_code == 400


def test_a_key_of_another_site_cannot_be_revoked_here(world: World):
    key, secret = world.registry.keys.add("other.example", ["stats:read"])
    assert world.browser("admin").post(KEYS, data={"do": "revoke", "key": key.id}).status_code == 400
    assert world.registry.keys.check(secret)


# --- the account ---------------------------------------------------------------------------------------------------


def test_a_new_password_ends_every_other_session(world: World):
    """S14."""
    here, there = world.browser("viewer"), world.browser("viewer")
    wrong = here.post("/account", data={"do": "password", "password": "wrong", "fresh": "a longer horse"})
    short = here.post("/account", data={"do": "password", "password": PASSWORD, "fresh": "short"})
    assert (wrong.status_code, short.status_code, there.get("/account").status_code) == (403, 400, 200)
    old = here.cookies["footfall_session"]
    right = here.post("/account", data={"do": "password", "password": PASSWORD, "fresh": "a longer horse"})
    assert right.status_code == 303
    assert here.cookies["footfall_session"] != old
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 303)
    assert world.registry.users.check("viewer@example.com", "a longer horse")


def test_guessing_the_present_password_is_slowed_down(world: World):
    """S15: a stolen session does not become a password."""
    browser = world.browser("viewer")
    data = {"do": "password", "password": "wrong", "fresh": "a longer horse"}
    told = [browser.post("/account", data=data).status_code for _ in range(11)]
    assert told == [403] * 10 + [429]


def test_the_sessions_of_an_account_can_be_ended(world: World):
    here, there = world.browser("viewer"), world.browser("viewer")
    handle = re.findall(r'name="session" value="([0-9a-f]{16})"', here.get("/account").text)[0]
    assert here.post("/account", data={"do": "end", "session": handle}).status_code == 303
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 303)


def test_the_demo_has_no_account(world: World):
    browser = world.browser(None, peer="127.0.0.1", base_url="http://127.0.0.1:8000", open_on_loopback=True)
    assert browser.get("/").status_code == 200
    assert browser.get("/account").status_code == 404
    assert 'class="face"' not in browser.get("/").text


def turn_on(world: World, browser: Browser) -> tuple[str, list[str]]:
    """Turn the second factor on; return its secret and the recovery codes."""
    offered = browser.post("/account", data={"do": "offer"}).text
    assert "<svg" in offered
    secret = re.findall(r"<code>([A-Z2-7 ]{39})</code>", offered)[0].replace(" ", "")
    assert browser.post("/account", data={"do": "confirm", "code": "000000"}).status_code == 400
    shown = browser.post("/account", data={"do": "confirm", "code": code(world, secret)}).text
    return secret, re.findall(r"\b(?:[2-9a-z]{4}-){3}[2-9a-z]{4}\b", shown)


def code(world: World, secret: str) -> str:
    return code_at(secret, step_of(world.now))


def sign_in(browser: Browser, email: str = "owner@example.com") -> str:
    answer = browser.post("/sign-in", data={"email": email, "password": PASSWORD, "next": "/sites/example.com"})
    return answer.headers["location"]


def test_with_a_second_factor_the_password_alone_opens_nothing(world: World):
    secret, codes = turn_on(world, world.browser("owner"))
    assert len(codes) == 8
    browser = world.browser()
    assert sign_in(browser) == "/sign-in/code?next=%2Fsites%2Fexample.com"
    assert browser.get("/sites/example.com").status_code == 303
    assert browser.get("/sign-in/code").status_code == 200
    assert browser.post("/sign-in/code", data={"code": "123456"}).status_code == 403
    world.clock[0] += timedelta(seconds=30)
    half = browser.cookies["footfall_session"]
    right = browser.post("/sign-in/code", data={"code": code(world, secret), "next": "/sites/example.com"})
    assert (right.status_code, right.headers["location"]) == (303, "/sites/example.com")
    assert browser.cookies["footfall_session"] != half
    assert browser.get("/sites/example.com").status_code == 200


def test_a_code_is_not_guessed(world: World):
    """S15: ten wrong codes close the door, also for the right one."""
    _, codes = turn_on(world, world.browser("owner"))
    browser = world.browser()
    sign_in(browser)
    told = [browser.post("/sign-in/code", data={"code": f"{number:06}"}).status_code for number in range(10)]
    assert told == [403] * 10
    assert browser.post("/sign-in/code", data={"code": codes[0]}).status_code == 429


def test_a_recovery_code_opens_once(world: World):
    _, codes = turn_on(world, world.browser("owner"))
    told = []
    for _ in range(2):
        browser = world.browser()
        sign_in(browser)
        told.append(browser.post("/sign-in/code", data={"code": codes[0]}).status_code)
    assert told == [303, 403]


@pytest.mark.parametrize("next_", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_after_the_code_one_stays_here(world: World, next_: str):
    """S18."""
    _, codes = turn_on(world, world.browser("owner"))
    browser = world.browser()
    sign_in(browser)
    assert browser.post("/sign-in/code", data={"code": codes[0], "next": next_}).headers["location"] == "/"


def test_to_turn_the_factor_off_takes_password_and_code(world: World):
    browser = world.browser("owner")
    _, codes = turn_on(world, browser)
    for password, typed, status in (("wrong", codes[0], 403), (PASSWORD, "000000", 403), (PASSWORD, codes[0], 303)):
        data = {"do": "drop", "password": password, "code": typed}
        assert browser.post("/account", data=data).status_code == status
    assert sign_in(world.browser()) == "/sites/example.com"


def test_whoever_answers_for_others_is_asked_to_turn_it_on(world: World):
    asked = {
        who: "please turn this on" in world.browser(who).get("/account").text for who in ("owner", "dpo", "viewer")
    }
    assert asked == {"owner": True, "dpo": True, "viewer": False}
