"""Whose geography file it is stands at the foot of the pages that show places, where its licence asks for that."""

from __future__ import annotations

from dash_world import World

CREDIT = ("IP Geolocation by DB-IP", "https://db-ip.com")
LINK = '<a href="https://db-ip.com" rel="noopener noreferrer">IP Geolocation by DB-IP</a>'


def test_pages_with_places_name_whose_file_it_is(world: World) -> None:
    browser = world.browser("owner", credit=lambda: CREDIT)
    assert LINK in browser.get("/sites/example.com").text
    assert LINK in browser.get("/sites/example.com/details/countries").text
    assert LINK not in browser.get("/").text


def test_without_a_file_nobody_is_named(world: World) -> None:
    assert "db-ip" not in world.browser("owner").get("/sites/example.com").text.lower()


def test_regions_are_shown_by_name_and_asked_for_by_code(world: World) -> None:
    world.views(3, country="DE", region="DE-BY")
    world.views(2, country="DE", region="DE-ZZ")
    text = world.browser("owner").get("/sites/example.com/details/regions").text
    assert "Bavaria" in text
    assert "DE-ZZ" in text
