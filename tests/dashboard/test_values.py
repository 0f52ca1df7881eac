"""Values offered while a filter is typed: those of the period, the busiest first, guarded like any list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dash_world import Hand, World


def crowd(world: World) -> None:
    def hand(visitor: int, path: str, country: str, **more: object) -> Hand:
        return Hand(visitor, world.now - timedelta(hours=1), {"path": path, "country": country, **more})

    world.count(*(hand(n, "/pricing", "DE") for n in range(1, 10)),
                *(hand(n, "/blog/Prices", "FR") for n in range(10, 16)),
                *(hand(n, "/prize/for-one", "GB") for n in range(16, 18)),
                *(hand(n, "/pricing", "DE", name="Export", props={"kind": "pdf"}) for n in range(1, 7)))  # fmt: skip


def offered(world: World, who: str = "owner", **asked: str) -> object:
    return world.browser(who).get("/sites/example.com/values", params=asked).json()


@pytest.mark.parametrize(
    ("what", "typed", "values"),
    [
        ("page", "", ["/pricing", "/blog/Prices", "/prize/for-one"]),
        ("page", "PRI", ["/pricing", "/blog/Prices", "/prize/for-one"]),
        ("page", "blog", ["/blog/Prices"]),
        ("page", "nowhere", []),
        ("country", "", ["Germany", "France", "United Kingdom"]),
        ("country", "king", ["United Kingdom"]),
        ("feature", "exp", ["Export"]),
        ("prop:kind", "p", ["pdf"]),
        ("referrer", "", []),
        ("", "x", []),
    ],
)
def test_values_that_hold_what_was_typed_are_offered(world: World, what: str, typed: str, values: list[str]) -> None:
    crowd(world)
    assert offered(world, what=what, typed=typed, period="day") == values


def test_the_busiest_of_the_period_asked_for_come_first_whatever_the_filters(world: World) -> None:
    crowd(world)
    assert offered(world, what="page", typed="", period="yesterday") == []
    assert offered(world, what="page", typed="", f="is:page:/blog/Prices") == offered(world, what="page", typed="")


def test_a_value_of_few_people_is_not_offered_to_those_under_a_guard(world: World) -> None:
    crowd(world)
    assert "/prize/for-one" not in offered(world, "viewer", what="page", typed="prize")
    assert offered(world, "viewer", what="page", typed="blog") == ["/blog/Prices"]


def test_what_is_no_dimension_is_refused_and_what_is_typed_is_only_ever_text(world: World) -> None:
    crowd(world)
    browser = world.browser("owner")
    assert browser.get("/sites/example.com/values?what=page;drop&typed=a").status_code == 400
    assert offered(world, what="page", typed="') or 1=1 --") == []
    assert offered(world, what="page", typed="%") == []
