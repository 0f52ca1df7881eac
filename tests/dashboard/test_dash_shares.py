"""Share links: what whoever holds the address sees, and everything they do not."""

from __future__ import annotations

import re

import pytest
from dash_world import Browser, World

from dashboard.headers import HEADERS
from registry.shares import Wish

SHARES = "/sites/example.com/shares"


def link(world: World, **wish: object) -> str:
    return "/share/" + world.registry.shares.add("example.com", Wish(**wish), by="owner@example.com")[1]


def test_an_analyst_makes_a_link_that_is_shown_once_and_ends(world: World):
    world.views(20)
    analyst = world.browser("analyst")
    form = {"do": "make", "name": "board", "state": "/sites/example.com?period=7d&f=is:page:/"}
    path = re.findall(r"/share/[\w-]{43}", analyst.post(SHARES, data=form).text)[0]
    page = analyst.get(SHARES).text
    assert path not in page
    assert "board" in page
    assert world.browser().get(path).status_code == 200
    assert analyst.post(SHARES, data={"do": "revoke", "share": "1"}).status_code == 303
    assert world.browser().get(path).status_code == 404


def test_a_shared_report_leads_nowhere_else(world: World):
    world.views(20)
    path = link(world)
    text = world.browser().get(path).text
    links = {one.partition("?")[0] for one in re.findall(r'href="(/[^"#]*)', text)}
    assert {one for one in links if not one.startswith("/static/")} == {path}
    assert "/sites/" not in text


def test_small_groups_are_in_no_row(world: World):
    world.views(40, path="/many")
    world.views(9, path="/nine")
    world.views(9, path="/other-nine")
    text = world.browser().get(link(world)).text
    assert "/many" in text
    assert "nine" not in text


def test_filters_of_the_link_stay_on(world: World):
    world.views(40, path="/shown", country="DE")
    world.views(40, path="/hidden", country="FR")
    path = link(world, state="f=is:country:DE")
    for query in ("", "?f=is:country:DE", "?period=7d"):
        text = world.browser().get(path + query).text
        assert "/shown" in text
        assert "/hidden" not in text
    assert "/hidden" not in world.browser().get(path + "?f=is:page:/hidden").text


@pytest.mark.parametrize(
    ("state", "query"),
    [
        ("", "?f=is:page:/a&f=is:country:DE&f=is:browser:Firefox"),
        ("f=is:country:DE", "?f=is:page:/a&f=is:browser:Firefox"),
        ("", "?period=day"),
        ("", "?period=realtime"),
        ("", "?from=2026-11-20&to=2026-11-20"),
    ],
)
def test_what_is_too_narrow_is_not_asked(world: World, state: str, query: str):
    world.views(40)
    assert world.browser().get(link(world, state=state) + query).status_code == 400


def test_an_hour_is_too_fine(world: World):
    world.views(40)
    answer = world.browser().get(link(world) + "?period=7d&interval=hour")
    assert answer.status_code == 200
    assert "interval=hour" not in answer.text


def test_the_password_opens_this_link_alone(world: World):
    world.views(40, path="/secret")
    path, other = link(world, password="a long password"), link(world, password="another password")
    browser = world.browser()
    assert "/secret" not in browser.get(path).text
    assert browser.post(path, data={"password": "another password"}).status_code == 403
    assert browser.post(path, data={"password": "a long password"}).status_code == 303
    assert "/secret" in browser.get(path).text
    assert "/secret" not in browser.get(other).text
    forged = Browser(world.runner, world.make(), "http://testserver", "198.51.100.7")
    forged.keep("footfall_share", "99999999999." + "0" * 64)
    assert "/secret" not in forged.get(path).text


def test_a_links_password_is_not_guessed(world: World):
    browser, path = world.browser(), link(world, password="a long password")
    told = [browser.post(path, data={"password": "wrong"}).status_code for _ in range(11)]
    assert told == [403] * 10 + [429]


def test_only_the_origins_of_the_link_may_frame_it(world: World):
    """S13."""
    world.views(40)
    plain = world.browser().get(link(world)).headers
    assert plain["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert plain["x-frame-options"] == "DENY"
    framed = world.browser().get(link(world, frames="https://intranet.example, https://b.example:8443")).headers
    assert "frame-ancestors https://intranet.example https://b.example:8443" in framed["content-security-policy"]
    assert "x-frame-options" not in framed


@pytest.mark.parametrize(
    "form",
    [
        {"frames": "*"},
        {"frames": "https://a.example", "password": "a long password"},
        {"password": "short"},
        {"days": "0"},
        {"state": "f=is:page:/a&f=is:page:/b&f=is:page:/c"},
    ],
)
def test_a_link_that_cannot_be_is_said(world: World, form: dict[str, str]):
    answer = world.browser("owner").post(SHARES, data={"do": "make", **form})
    assert answer.status_code == 400
    assert world.registry.shares.list("example.com") == []


def test_opening_a_link_is_noted_without_its_token(world: World):
    world.views(40)
    path = link(world, name="board")
    world.browser().get(path)
    (look,) = world.registry.looks.of_site(world.site_id())
    assert (look.actor, look.auth, look.object) == ("share link 1 board", "share", "shared report")
    assert path.rpartition("/")[2] not in str(look)


def test_a_frozen_site_is_not_shared(world: World):
    path = link(world)
    world.registry.sites.freeze("example.com")
    assert world.browser().get(path).status_code == 404
