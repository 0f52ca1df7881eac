"""Signing in: sessions that cannot be planted, guessed or kept; changes that only our own pages can ask for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dash_world import PASSWORD, Browser, World, address_of

from dashboard.signin import safe_next


def sign_in(client: Browser, who="owner", password=PASSWORD, **more):
    return client.post("/sign-in", data={"email": address_of(who), "password": password, **more})


def test_the_first_page_is_the_sign_in_form(world: World):
    answer = world.browser().get("/")
    assert answer.status_code == 200
    assert 'type="password"' in answer.text


def test_a_page_asks_to_sign_in_and_leads_back(world: World):
    client = world.browser()
    answer = client.get("/sites/example.com?period=7d&f=is:page:/a")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fsites%2Fexample.com%3Fperiod%3D7d%26f%3Dis%3Apage%3A%2Fa"
    form = client.get(answer.headers["location"])
    assert 'name="next" value="/sites/example.com?period=7d&amp;f=is:page:/a"' in form.text
    signed = sign_in(client, next="/sites/example.com?period=7d&f=is:page:/a")
    assert signed.headers["location"] == "/sites/example.com?period=7d&f=is:page:/a"
    assert client.get(signed.headers["location"]).status_code == 200


def test_the_cookie_is_bound_to_host_and_https(world: World):
    client = world.browser(base_url="https://stats.example")
    cookie = sign_in(client).headers["set-cookie"]
    assert cookie.startswith("__Host-footfall_session=")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {"httponly", "path=/", "samesite=lax", "secure"}


def test_on_plain_http_the_cookie_does_without_what_http_cannot_have(world: World):
    cookie = sign_in(world.browser()).headers["set-cookie"]
    assert cookie.startswith("footfall_session=")
    assert "secure" not in cookie.lower()
    assert "httponly" in cookie.lower()


def test_a_planted_session_is_replaced_at_sign_in(world: World):
    client = world.browser()
    client.keep("footfall_session", "planted")
    sign_in(client)
    assert client.cookies["footfall_session"] != "planted"
    thief = world.browser()
    thief.keep("footfall_session", "planted")
    assert thief.get("/sites/example.com").status_code == 303


def test_signing_in_again_ends_the_session_before(world: World):
    client = world.browser()
    sign_in(client)
    before = client.cookies["footfall_session"]
    sign_in(client, "viewer")
    assert client.cookies["footfall_session"] != before
    assert world.registry.sessions.check(before) is None


def test_signing_out_ends_the_session_on_the_server(world: World):
    client = world.browser("owner")
    token = client.cookies["footfall_session"]
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert world.registry.sessions.check(token) is None


def test_a_new_password_ends_every_session(world: World):
    client = world.browser("owner")
    world.registry.users.set_password(address_of("owner"), "another long password")
    assert client.get("/sites/example.com").status_code == 303


def test_a_quiet_session_is_over_after_half_an_hour(world: World):
    client = world.browser("owner")
    world.clock[0] += timedelta(minutes=31)
    assert client.get("/sites/example.com").status_code == 303


def test_a_wrong_password_and_an_unknown_address_look_the_same(world: World):
    client = world.browser()
    wrong = sign_in(client, password="not this one at all")
    unknown = client.post("/sign-in", data={"email": "nobody@example.com", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.text.replace(address_of("owner"), "") == unknown.text.replace("nobody@example.com", "")
    assert "set-cookie" not in wrong.headers


def test_the_eleventh_try_must_wait(world: World):
    client = world.browser()
    tries = [sign_in(client, password=f"wrong {n}").status_code for n in range(11)]
    assert tries == [403] * 10 + [429]
    last = sign_in(client)
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) > 0


def test_an_account_is_shielded_from_many_addresses(world: World):
    addresses = (f"198.51.100.{number}" for number in range(1, 30))
    client = world.browser(client_of=lambda scope: next(addresses))
    tries = [sign_in(client, password=f"wrong {n}").status_code for n in range(11)]
    assert tries == [403] * 10 + [429]


def test_an_address_is_slowed_over_many_accounts(world: World):
    client = world.browser()
    tries = [
        client.post("/sign-in", data={"email": f"x{n}@example.com", "password": "wrong wrong"}).status_code
        for n in range(11)
    ]
    assert tries[-1] == 429


def test_signing_in_well_costs_an_address_nothing(world: World):
    client = world.browser()
    assert [sign_in(client).status_code for _ in range(12)] == [303] * 12


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "javascript:alert(1)", "",
        "evil", "/\t/evil.example", "/ok\r\nSet-Cookie: a=b", "///evil.example", "/\x00",
    ],
)  # fmt: skip
def test_next_leads_to_a_path_of_ours_only(text: str):
    assert safe_next(text) == "/"


def test_next_keeps_a_path_with_its_query():
    assert safe_next("/sites/example.com?f=is:page:/a") == "/sites/example.com?f=is:page:/a"


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver:81"},
]
OURS = [{"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {"origin": "http://testserver"}, {}]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_cannot_change_anything(world: World, headers: dict[str, str]):
    client = world.browser("owner")
    for path in ("/sign-in", "/sign-out", "/setup", "/sites/new", "/sites/example.com/settings"):
        assert client.post(path, headers=headers, data={"name": "theirs"}).status_code == 403, path
    assert world.registry.sites.get("example.com").name == ""


@pytest.mark.parametrize("headers", OURS)
def test_our_own_pages_can(world: World, headers: dict[str, str]):
    answer = world.browser("owner").post("/sites/example.com/settings", headers=headers, data={"name": "Ours"})
    assert answer.status_code == 303
    assert world.registry.sites.get("example.com").name == "Ours"


def test_the_origin_is_that_of_the_public_address_whatever_the_host_header_says(world: World):
    client = world.browser("owner", base_url="https://stats.example")
    headers = {"host": "evil.example", "origin": "https://evil.example"}
    assert client.post("/sign-out", headers=headers).status_code == 403


# --- the demo on this machine --------------------------------------------------------------------------------------


def local(world: World, host: str = "127.0.0.1:8000", peer: str = "127.0.0.1", **headers: str):
    client = world.browser(open_on_loopback=True, peer=peer)
    return client.get("/sites/example.com", headers={"host": host, **headers}).status_code


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "localhost"])
def test_the_demo_is_open_to_whoever_sits_at_the_machine(world: World, host: str):
    assert local(world, host) == 200


@pytest.mark.parametrize(
    "headers",
    [{"x-forwarded-for": "1.2.3.4"}, {"forwarded": "for=1.2.3.4"}, {"x-real-ip": "1.2.3.4"}, {"via": "1.1 proxy"}],
)
def test_the_demo_is_shut_to_whoever_comes_through_a_proxy(world: World, headers: dict[str, str]):
    assert local(world, **headers) == 303


@pytest.mark.parametrize("host", ["rebound.evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example"])
def test_a_foreign_name_for_this_machine_does_not_open_the_demo(world: World, host: str):
    assert local(world, host) == 303


def test_the_demo_is_shut_to_other_machines(world: World):
    assert local(world, peer="192.0.2.1") == 303


def test_without_the_demo_this_machine_signs_in_like_any_other(world: World):
    client = world.browser(peer="127.0.0.1")
    assert client.get("/sites/example.com", headers={"host": "localhost"}).status_code == 303


# --- the first run -------------------------------------------------------------------------------------------------


def test_the_setup_link_makes_the_owner_once(empty_world: World):
    client = empty_world.browser()
    assert client.get("/setup").status_code == 404
    assert client.get("/setup?token=guess").status_code == 404
    token = empty_world.registry.setup.make_token()
    assert client.get(f"/setup?token={token}").status_code == 200
    form = {"token": token, "email": "first@example.com", "password": PASSWORD}
    answer = client.post("/setup", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sites/new")
    assert client.get("/sites/new").status_code == 200
    assert client.get(f"/setup?token={token}").status_code == 404
    assert client.post("/setup", data={**form, "email": "second@example.com"}).status_code == 404
    assert [user.email for user in empty_world.registry.users.list()] == ["first@example.com"]


def test_a_short_password_is_told_beside_the_form(empty_world: World):
    token = empty_world.registry.setup.make_token()
    form = {"token": token, "email": "first@example.com", "password": "short"}
    answer = empty_world.browser().post("/setup", data=form)
    assert answer.status_code == 400
    assert "at least 10 characters" in answer.text
    assert empty_world.registry.setup.is_valid(token)


def test_before_the_first_run_the_sign_in_page_says_so(empty_world: World):
    assert "setup" in empty_world.browser().get("/").text.lower()
