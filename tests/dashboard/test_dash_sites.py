"""Sites: the list, adding one, its first event, its settings; and that nobody waits for another's question."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest
from dash_world import PASSWORD, Browser, World

from registry.site_settings import SETTINGS


def test_the_list_tells_daily_visitors_of_each_site(world: World):
    for day in range(3):
        world.views(2, world.now - timedelta(days=day))
    text = world.browser("owner").get("/").text
    example = text.split("/sites/example.com")[1].split("</li>")[0]
    other = text.split("/sites/other.example")[1].split("</li>")[0]
    assert ">6<" in example
    assert 'class="spark"' in example
    assert ">6<" not in other


def test_a_frozen_site_says_so_on_the_list(world: World):
    world.registry.sites.freeze("example.com")
    assert "Frozen" in world.browser("owner").get("/").text


def test_a_new_site_leads_to_its_tag(world: World):
    browser = world.browser("owner", base_url="https://stats.example/_f")
    form = {"host": "www.New.example", "timezone": "Europe/Berlin", "preset": "strict"}
    answer = browser.post("/sites/new", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/_f/sites/new.example/tag")
    site = world.registry.sites.get("new.example")
    assert (site.timezone, site.preset) == ("Europe/Berlin", "strict")
    page = browser.get("/sites/new.example/tag").text
    tag = '<script defer src="https://stats.example/_f/s.js" data-site="new.example"></script>'
    assert tag.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in page
    assert "script-src https://stats.example; connect-src https://stats.example" in page
    assert world.registry.sites.history("new.example")[0].actor == "owner@example.com"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"host": "not a host"}, "is not"),
        ({"host": ""}, "is not a host"),
        ({"host": "https://example.com/path"}, "example.com"),
        ({"host": "example.com"}, "here already"),
        ({"host": "new.example", "timezone": "Mars/Olympus"}, "timezone"),
        ({"host": "new.example", "preset": "loud"}, "preset"),
    ],
)
def test_a_site_that_cannot_be_is_told_why(world: World, form: dict[str, str], told: str):
    answer = world.browser("owner").post("/sites/new", data=form)
    assert answer.status_code == 400
    assert told in answer.text
    assert len(world.registry.sites.list()) == 2


def test_the_tag_page_waits_for_the_first_event_and_sees_it(world: World):
    browser = world.browser("owner")
    assert "data-again" in browser.get("/sites/example.com/tag").text
    world.views(1)
    assert "data-again" not in browser.get("/sites/example.com/tag").text


def test_people_here_now_are_told_in_words(world: World):
    world.views(3, world.now - timedelta(minutes=2))
    world.views(9, world.now - timedelta(minutes=20))
    assert world.browser("owner").get("/sites/example.com/now").text == "3 people here now"


def test_few_people_here_now_are_not_told_from_none_to_those_under_a_guard(world: World):
    for count in (0, 4):
        world.views(count, world.now - timedelta(minutes=2))
        for who in ("analyst", "viewer"):
            browser = world.browser(who)
            assert browser.get("/sites/example.com/now").text == "Fewer than 5 people here now"
            assert "Fewer than 5 people here now" in browser.get("/sites/example.com").text
    world.views(1, world.now - timedelta(minutes=2))
    assert world.browser("viewer").get("/sites/example.com/now").text == "5 people here now"


def test_the_settings_page_has_every_setting(world: World):
    text = world.browser("owner").get("/sites/example.com/settings").text
    assert [key for key in SETTINGS if f'name="{key}"' not in text] == []


def settings_of(world: World) -> dict[str, str]:
    site = world.registry.sites.get("example.com")
    return {key: setting.render(getattr(site, key)) for key, setting in SETTINGS.items()}


def test_saving_the_form_as_it_is_changes_nothing(world: World):
    before = len(world.registry.sites.history("example.com"))
    answer = world.browser("owner").post("/sites/example.com/settings", data=settings_of(world))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sites/example.com/settings?saved")
    assert len(world.registry.sites.history("example.com")) == before


def test_what_was_changed_is_kept_and_told_in_the_history(world: World):
    form = settings_of(world) | {"retention_days": "90", "keep_query": "page, lang", "titles": "on"}
    assert world.browser("admin").post("/sites/example.com/settings", data=form).status_code == 303
    site = world.registry.sites.get("example.com")
    assert (site.retention_days, site.keep_query, site.titles) == (90, ("page", "lang"), True)
    told = {(change.actor, change.key) for change in world.registry.sites.history("example.com")[-3:]}
    assert told == {("admin@example.com", key) for key in ("retention_days", "keep_query", "titles")}


def test_a_preset_is_laid_down_when_it_is_chosen(world: World):
    form = settings_of(world) | {"preset": "strict"}
    world.browser("owner").post("/sites/example.com/settings", data=form)
    site = world.registry.sites.get("example.com")
    assert site.preset == "strict"
    assert settings_of(world) != form


def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_kept(world: World):
    form = settings_of(world) | {"retention_days": "9000", "timezone": "Berlin", "titles": "on"}
    answer = world.browser("owner").post("/sites/example.com/settings", data=form)
    assert answer.status_code == 400
    assert "a whole number from 1 to 760" in answer.text
    assert "did you mean Europe/Berlin?" in answer.text
    assert 'value="9000"' in answer.text
    assert not world.registry.sites.get("example.com").titles


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"a" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"name=%ff", "application/x-www-form-urlencoded", 400),
        (b"name=\xff", "application/x-www-form-urlencoded", 400),
        (b"name=a%00b", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=%d" % n for n in range(500)), "application/x-www-form-urlencoded", 400),
        (b'{"name": "x"}', "application/json", 400),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400),
    ],
)
def test_a_body_that_is_no_form_is_refused(world: World, content: bytes, kind: str, status: int):
    answer = world.browser("owner").post("/sites/example.com/settings", content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert world.registry.sites.get("example.com").name == ""


# --- the report ----------------------------------------------------------------------------------------------------


def test_a_card_alone_answers_a_script(world: World):
    world.views(3, source="Google")
    browser = world.browser("owner")
    card = browser.get("/sites/example.com?tab=sources.sources", headers={"x-fragment": "sources"}).text
    assert card.lstrip().startswith("<section")
    assert 'id="sources"' in card
    assert "Google" in card
    assert "<html" not in card


def test_the_whole_page_answers_everyone_else(world: World):
    world.views(3)
    browser = world.browser("owner")
    for part in ("main", "nonsense", ""):
        assert "<html" in browser.get("/sites/example.com", headers={"x-fragment": part}).text


@pytest.mark.parametrize("period", ["day", "yesterday", "realtime", "7d", "30d", "91d", "month", "year", "12mo", "all"])
def test_every_period_is_a_page(world: World, period: str):
    world.views(3)
    for compare in ("", "&compare=previous", "&compare=year&match=dates"):
        assert world.browser("owner").get(f"/sites/example.com?period={period}{compare}").status_code == 200


def test_what_makes_no_sense_is_a_page_that_says_why(world: World):
    answer = world.browser("owner").get("/sites/example.com?metric=nonsense")
    assert answer.status_code == 400
    assert "is one of" in answer.text


def test_a_list_that_does_not_exist_is_not_found(world: World):
    browser = world.browser("owner")
    for path in ("/details/nonsense", "/details/nonsense.csv", "/details/nonsense.json", "/details?detail=nonsense"):
        assert browser.get(f"/sites/example.com{path}").status_code == 404


def test_a_question_that_takes_long_holds_nobody_up(world: World, monkeypatch: pytest.MonkeyPatch):
    asked, go_on = threading.Event(), threading.Event()
    query = world.store.query

    def slow(*args: object, **more: object) -> object:
        asked.set()
        assert go_on.wait(60)
        return query(*args, **more)

    monkeypatch.setattr(world.store, "query", slow)
    browser = world.browser("owner")

    async def both() -> list[int]:
        waiting = asyncio.create_task(browser.ask("GET", "/sites/example.com/now"))
        await asyncio.to_thread(asked.wait, 20)
        quick = await browser.ask("GET", "/sites/example.com/settings")
        go_on.set()
        return [quick.status_code, (await waiting).status_code]

    assert world.runner.run(both()) == [200, 200]


def test_signing_in_holds_nobody_up(world: World):
    browser: Browser = world.browser()

    async def many() -> list[int]:
        forms = [
            browser.ask("POST", "/sign-in", data={"email": "owner@example.com", "password": PASSWORD}) for _ in range(4)
        ]
        return [answer.status_code for answer in await asyncio.gather(*forms, browser.ask("GET", "/sign-in"))]

    assert world.runner.run(many())[:4] == [303] * 4
