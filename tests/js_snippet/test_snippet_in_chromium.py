"""The built snippet in a real Chromium: a site sends the right bodies, a visitor who declined sends none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import COOKIES_BLOCKED, needs_chromium, open_context
from snippet_world import World, open_world


@pytest.fixture
def world() -> Iterator[World]:
    with open_world() as world:
        yield world


pytestmark = needs_chromium


def test_a_single_page_site_sends_the_right_bodies(world: World, page: Any) -> None:
    page.goto(world.url("/?email=jane%40example.com&utm_source=news&gclid=SECRET#top"))
    first = world.next()
    assert first.path == "/_f/e"
    assert first.headers["content-type"].startswith("text/plain")
    assert first.headers["origin"] == world.url("")
    # Not even the header says what the query was.
    assert first.headers["referer"] == world.url("/")
    assert set(first.event) == {"n", "u", "id", "tz"}
    assert first.event["n"] == "pageview"
    assert first.event["u"] == world.url("/?utm_source=news&gclid=1")
    assert len(first.event["id"]) == 32
    assert len(first.body) <= 200

    page.click("#products")
    # Both leave at once, and may arrive in either order.
    left, second = sorted((world.next(), world.next()), key=lambda request: str(request.event["n"]))
    assert [left.event["n"], left.event["u"]] == ["engagement", first.event["u"]]
    assert left.event["e"] > 0
    assert 0 < left.event["sd"] < 100
    assert [second.event["n"], second.event["u"]] == ["pageview", world.url("/products")]
    assert second.event["r"] == world.url("")

    page.click("#marked")
    marked = world.next().event
    assert [marked["n"], marked["u"], marked["p"]] == ["Sign up", world.url("/products"), {"plan": "pro"}]

    page.evaluate("() => scrollTo(0, 1e6)")
    page.wait_for_function("() => scrollY > 0")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    page.goto("about:blank")
    last = world.next().event
    assert [last["n"], last["u"], last["sd"]] == ["engagement", world.url("/products"), 100]
    assert world.posts.empty()


def test_going_back_and_hash_routes_are_page_views(world: World, page: Any) -> None:
    world.attributes = "data-hash"
    page.goto(world.url("/"))
    page.click("#route")
    page.go_back()
    views: list[str] = []
    while len(views) < 3:
        event = world.next().event
        if event["n"] == "pageview":
            views.append(event["u"])
    assert views == [world.url("/"), world.url("/#/inbox"), world.url("/")]


def test_a_download_is_told_without_its_query(world: World, page: Any) -> None:
    world.attributes = "data-downloads"
    page.goto(world.url("/"))
    assert world.next().event["n"] == "pageview"
    page.click("#file")
    event = world.next().event
    assert [event["n"], event["p"]] == ["File Download", {"url": world.url("/report.pdf")}]


def test_a_strict_policy_of_the_page_has_nothing_to_object_to(world: World, page: Any) -> None:
    world.attributes = "data-outbound data-downloads data-forms data-exclude='/admin/**'"
    page.goto(world.url("/"))
    assert world.next().event["n"] == "pageview"
    page.evaluate("() => footfall.track('Used', {props: {a: 1}})")
    assert world.next().event["p"] == {"a": 1}
    assert page.evaluate("violations") == []
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("localStorage.length") == 0


def test_web_vitals_arrive_with_plausible_values_once(world: World, page: Any) -> None:
    world.attributes = "data-vitals='100'"
    with page.expect_response("**/s.vitals.js"):
        page.goto(world.url("/"))
    assert world.next().event["n"] == "pageview"
    # Something moves, and then something answers slowly.
    page.evaluate("() => document.body.prepend(Object.assign(document.createElement('h1'), {textContent: 'News'}))")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.evaluate(
        "() => document.querySelector('#file').addEventListener('click', () => {"
        " const until = performance.now() + 60; while (performance.now() < until); })"
    )
    page.click("#file")
    page.click("#products")
    told: dict[str, dict[str, Any]] = {}
    while {"Web Vitals", "engagement", "pageview"} - told.keys():
        event = world.next().event
        told[event["n"]] = event
    vitals = told["Web Vitals"]
    assert [vitals["u"], vitals["i"]] == [world.url("/"), False]
    assert set(vitals["p"]) == {"lcp", "inp", "cls", "fcp", "ttfb"}
    assert all(isinstance(value, int) for value in vitals["p"].values())
    assert 0 < vitals["p"]["fcp"] <= vitals["p"]["lcp"] < 20_000
    assert 0 <= vitals["p"]["ttfb"] <= vitals["p"]["fcp"]
    assert 60 <= vitals["p"]["inp"] < 20_000
    assert 0 < vitals["p"]["cls"] < 1000
    assert page.evaluate("violations") == []

    page.goto("about:blank")
    assert world.next().event["n"] == "engagement"
    assert world.posts.empty()


def test_without_data_vitals_nothing_more_is_fetched(world: World, page: Any) -> None:
    page.goto(world.url("/"), wait_until="networkidle")
    assert world.next().event["n"] == "pageview"
    assert {path for path in world.scripts if path.startswith("/_f/")} == {"/_f/s.js"}


def test_a_signal_that_only_the_server_saw_ends_the_counting_of_this_page(world: World, page: Any) -> None:
    world.refused = "gpc"
    page.goto(world.url("/"))
    assert world.next().event["n"] == "pageview"
    page.wait_for_function("() => footfall.status().state === 'DROP'")
    assert page.evaluate("footfall.status()") == {"state": "DROP", "reason": "gpc"}
    page.click("#products")
    page.click("#marked")
    world.nothing_but_sentinel(page)
    assert page.evaluate("footfall.sent().length") == 0
    assert page.evaluate("document.cookie") == ""


def test_global_privacy_control_means_silence(world: World, page: Any) -> None:
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})")
    page.goto(world.url("/"))
    page.click("#products")
    page.click("#marked")
    assert page.evaluate("footfall.status()") == {"state": "DROP", "reason": "gpc"}
    assert page.evaluate("footfall.sent()") == []
    world.nothing_but_sentinel(page)


def test_blocked_cookies_mean_silence_though_the_browser_calls_them_enabled(
    world: World, playwright: Any, tmp_path: Path
) -> None:
    context = open_context(playwright, tmp_path / "blocked", COOKIES_BLOCKED)
    page = context.pages[0]
    page.goto(world.url("/"))
    page.click("#products")
    assert page.evaluate("footfall.status()") == {"state": "DROP", "reason": "cookies_off"}
    world.nothing_but_sentinel(page)
    context.close()


def test_an_opt_out_is_silent_at_once_and_heals_its_cookie(world: World, page: Any) -> None:
    page.goto(world.url("/"))
    assert world.next().event["n"] == "pageview"
    page.evaluate("() => footfall.optOut()")
    page.click("#marked")
    healing = world.next()
    assert [healing.path, healing.body] == ["/_f/privacy/heal", ""]
    page.wait_for_function("() => document.cookie === 'footfall_optout=1'")

    page.goto(world.url("/next"))
    assert page.evaluate("footfall.status()") == {"state": "DROP", "reason": "optout"}
    world.nothing_but_sentinel(page)

    page.evaluate("() => footfall.optIn()")
    assert world.next().event["n"] == "pageview"
    assert page.evaluate("document.cookie") == ""


def test_a_frame_on_another_site_does_nothing(world: World, page: Any) -> None:
    world.body = f'<iframe src="{world.url("/framed", host="localhost")}"></iframe>'
    page.goto(world.url("/outer"))
    assert world.next().event["u"] == world.url("/outer")
    framed = page.frame(url=world.url("/framed", host="localhost"))
    assert framed.evaluate("footfall.status()") == {"state": "DROP", "reason": "frame"}
    world.nothing_but_sentinel(page)


def test_a_browser_driven_by_a_program_is_not_a_visitor(world: World, page: Any) -> None:
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => true})")
    page.goto(world.url("/"))
    assert page.evaluate("footfall.status()") == {"state": "DROP", "reason": "bot"}
    world.nothing_but_sentinel(page)
