"""Every route against everyone: made from the route table, so a new route without an answer here fails."""

from __future__ import annotations

import msgspec
import pytest
from dash_world import World
from everyone_world import EVERYONE, ROWS, Someone, call, expected

from clickhouse.faults import StoreAway
from dashboard.headers import CONTENT_SECURITY_POLICY, HEADERS
from dashboard.routes import ROUTES


@pytest.mark.parametrize("who", EVERYONE)
def test_everyone_gets_exactly_what_they_may(world: World, who: str):
    someone = EVERYONE[who](world)
    got = {(row.method, row.path): call(someone, row).status_code for row in ROWS}
    assert got == {(row.method, row.path): expected(row, someone) for row in ROWS}


def test_a_route_that_nobody_answers_for_is_told(world: World):
    """A row that lies about what it needs fails: the table is asked, not the handler."""
    row = next(row for row in ROUTES if row.path == "/sites/{host}/settings" and row.method == "GET")
    lying = msgspec.structs.replace(row, needs="look")
    viewer = EVERYONE["viewer"](world)
    assert call(viewer, lying).status_code == 403 != expected(lying, viewer)


def test_only_an_owner_of_a_site_can_remove_it(world: World):
    for who, status in (("viewer", 403), ("admin", 403), ("stranger", 404), ("owner", 303)):
        answer = world.browser(who).post("/sites/example.com/remove", data={"do": "freeze", "host": "example.com"})
        assert answer.status_code == status, who
    assert world.registry.sites.get("example.com").state == "frozen"
    assert world.browser("admin").post("/sites/example.com/remove", data={"do": "restore"}).status_code == 403
    assert world.browser("owner").post("/sites/example.com/remove", data={"do": "restore"}).status_code == 303


def test_a_site_one_may_not_see_is_like_a_site_that_is_not(world: World):
    browser = world.browser("viewer")
    foreign, unknown = browser.get("/sites/other.example"), browser.get("/sites/unknown.example")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text == unknown.text


def test_the_list_has_granted_sites_only(world: World):
    text = world.browser("stranger").get("/").text
    assert "/sites/other.example" in text
    assert "/sites/example.com" not in text


def test_a_removed_user_is_out_at_once(world: World):
    browser = world.browser("viewer")
    world.registry.users.remove("viewer@example.com")
    assert browser.get("/sites/example.com").status_code == 303


def test_a_key_does_not_open_pages(world: World):
    assert world.browser().get("/sites/example.com", headers=world.key()).status_code == 303


# --- small numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "exact"), [("owner", True), ("admin", True), ("dpo", True), ("analyst", False), ("viewer", False)]
)
def test_rare_places_are_shown_to_those_who_answer_for_them(world: World, who: str, exact: bool):
    world.registry.sites.set("example.com", {"place": "city"})
    for count, city in ((9, "Berlin"), (7, "Hamburg"), (2, "Kleinkleckersdorf"), (1, "Hintertupfingen")):
        world.views(count, city=city)
    for path in ("/details/cities", "/details/cities.csv", "/details/cities.json"):
        text = world.browser(who).get(f"/sites/example.com{path}").text
        assert "Berlin" in text
        assert ("Hintertupfingen" in text) == exact, path


@pytest.mark.parametrize(("who", "exact"), [("owner", True), ("viewer", False)])
def test_a_filter_that_few_people_fit_says_nothing_about_them(world: World, who: str, exact: bool):
    world.views(20)
    world.views(3, path="/rare")
    value = world.browser(who).get("/sites/example.com/details/pages.json?f=is:page:/rare").json()
    assert bool(value["rows"]) == exact
    assert value["fewer_than"] == (None if exact else 5)


def test_the_smallest_group_is_the_sites_setting(world: World):
    world.registry.sites.set("example.com", {"min_group": "2"})
    world.views(3, path="/rare")
    rows = world.browser("viewer").get("/sites/example.com/details/pages.json?f=is:page:/rare").json()["rows"]
    assert rows[0]["metrics"][0] == 3


# --- headers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [None, "owner", "stranger"])
def test_every_answer_carries_the_headers(world: World, who: str | None):
    someone = Someone(world.browser(who))
    browser = someone.browser
    answers = [call(someone, row) for row in ROWS]
    answers += [browser.get("/nothing"), browser.request("PUT", "/sign-in"), browser.get("/sites/example.com?page=x")]
    for answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (answer.request.url, name)


def test_the_policy_allows_nothing_inline_and_no_framing():
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize(
    ("base_url", "told"), [("https://stats.example", True), ("https://example.com/_f", False), (None, False)]
)
def test_only_a_host_of_our_own_is_told_to_stay_https(world: World, base_url: str | None, told: bool):
    assert ("strict-transport-security" in world.browser(base_url=base_url).get("/").headers) == told


def test_no_page_has_anything_inline(world: World):
    world.views(3)
    browser = world.browser("owner")
    for path in ("/", "/sites/new", "/sites/example.com", "/sites/example.com/details", "/sites/example.com/settings",
                 "/sites/example.com/tag", "/nothing"):  # fmt: skip
        text = browser.get(path).text
        assert "<script>" not in text, path
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert " onclick=" not in text, path


def test_a_wrong_method_is_told_the_right_ones(world: World):
    answer = world.browser("owner").request("DELETE", "/sites/example.com/settings")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["allow"].replace(" ", "").split(","))


def test_static_files_are_kept_for_ever_and_packed(world: World):
    browser = world.browser()
    path = browser.get("/").text.split('<link rel="stylesheet" href="')[1].split('"')[0]
    answer = browser.get(path)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/css")
    plain = browser.get(path, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content
    assert browser.get(path.replace(".css", "0.css")).status_code == 404


@pytest.mark.parametrize("name", ["..%2Fapp.py", "..%2F..%2Fetc%2Fpasswd", "app.css", "%00", "."])
def test_static_serves_nothing_else(world: World, name: str):
    assert world.browser().get(f"/static/{name}").status_code == 404


def test_pages_are_packed(world: World):
    answer = world.browser("owner").get("/sites/example.com")
    assert answer.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in answer.headers["vary"].lower()


# --- errors --------------------------------------------------------------------------------------------------------


def test_a_fault_of_ours_is_a_page_without_a_trace(world: World, caplog: pytest.LogCaptureFixture):
    secret = "canary-7f3a"

    def explode(scope: object) -> str:
        raise RuntimeError(secret)

    answer = world.browser(None, client_of=explode).post("/sign-in", data={"email": "a@b.c"})
    assert answer.status_code == 500
    for text in (answer.text, caplog.text):
        assert secret not in text
    assert "Traceback" not in answer.text
    assert "RuntimeError" in caplog.text


def test_a_store_that_is_away_is_a_page_that_says_so(world: World, monkeypatch: pytest.MonkeyPatch):
    def away(*_: object, **__: object) -> None:
        raise StoreAway("away")

    monkeypatch.setattr(world.store, "query", away)
    answer = world.browser("owner").get("/sites/example.com")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


# --- where we are --------------------------------------------------------------------------------------------------


def test_below_a_path_every_link_says_so(world: World):
    browser = world.browser("owner", base_url="https://example.com/_f")
    text = browser.get("/sites/example.com").text
    links = [part.split('"')[0] for part in text.split(' href="')[1:]]
    assert [link for link in links if link.startswith("/") and not link.startswith("/_f/")] == []
    assert browser.get("/_f/sites/example.com").status_code == 200


def test_junk_host_headers_do_not_reach_any_page(world: World):
    browser = world.browser("owner", base_url="https://stats.example")
    junk = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher"}
    for path in ("/", "/sites/example.com", "/sites/example.com/tag", "/sites/new/"):
        answer = browser.get(path, headers=junk)
        assert "evil.example" not in answer.text + str(answer.headers), path
