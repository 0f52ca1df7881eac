"""The widget inside a customer's own policy, in a real Chromium: on a page of another make, under a strict policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import needs_chromium
from snippet_world import World, open_world

pytestmark = needs_chromium

POLICY = """
<main lang="de"><h1>Datenschutz</h1>
<div data-footfall-privacy><form method="post" action="/_f/privacy/choice">
<button name="choice" value="optout">Nicht messen</button></form></div></main>
<script defer src="/_f/s.privacy.js"></script>
"""


@pytest.fixture
def world() -> Iterator[World]:
    with open_world(POLICY) as world:
        yield world


def test_a_policy_of_another_make_can_carry_the_choice(world: World, page: Any) -> None:
    page.goto(world.url("/datenschutz"))
    first = world.next().event
    box = page.locator("[data-footfall-privacy]")
    assert box.get_by_text("Sie werden auf dieser Website gezählt.").is_visible()
    assert box.locator("form").count() == 0, "the plain form has made way"
    box.locator("summary").click()
    assert json.loads(box.locator("pre").inner_text()) == first
    stop = box.get_by_role("button")
    size = stop.bounding_box()
    assert min(size["width"], size["height"]) >= 24
    stop.focus()
    page.keyboard.press("Enter")
    heal = world.next()
    assert (heal.path, heal.body) == ("/_f/privacy/heal", "")
    box.get_by_text("Erledigt. Sie werden nicht mehr gemessen.").wait_for()
    assert page.evaluate("document.activeElement === document.querySelector('[data-footfall-privacy] button')")
    assert stop.inner_text() == "Wieder erlauben"
    page.evaluate("() => footfall.track('Used')")
    world.nothing_but_sentinel(page)
    assert page.evaluate("violations") == []


def test_without_the_snippet_the_plain_form_stays(world: World, page: Any) -> None:
    page.route("**/_f/s.js", lambda route: route.abort())
    page.goto(world.url("/datenschutz"), wait_until="load")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.get_by_role("button", name="Nicht messen").is_visible()


def test_axe_has_nothing_to_say_against_it(world: World, page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe: pip install -e '.[test]'")
    page.goto(world.url("/datenschutz"))
    page.locator("[data-footfall-privacy] summary").click()
    script = Path(axe.__file__).parent / "axe.min.js"
    # The page's strict policy would refuse a script that is put into it; the debugger's own evaluation may.
    page.evaluate(script.read_text())
    found = page.evaluate("async () => (await axe.run('[data-footfall-privacy]')).violations.map(({id}) => id)")
    assert found == []
