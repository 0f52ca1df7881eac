"""Orders that wait for the server, and goals."""

from __future__ import annotations

import pytest
from registry_world import Clock

from registry.errors import AlreadyThere, NotAllowed, NotThere
from registry.registry import Registry


def test_an_order_waits_until_it_is_done(registry: Registry, clock: Clock) -> None:
    order = registry.orders.file("forget_salt", {"site_id": 7}, "command line")
    assert (order.state, order.filed_at, order.ended_at) == ("waiting", clock(), None)
    clock.pass_by(seconds=5)
    registry.orders.finish(order.id, {"rows": 3})
    done = registry.orders.get(order.id)
    assert (done.state, done.result, done.ended_at) == ("done", {"rows": 3}, clock())
    assert registry.orders.waiting() == []


def test_orders_wait_in_the_order_they_came(registry: Registry) -> None:
    ids = [registry.orders.file("forget_salt", {"site_id": number}, "x").id for number in (3, 1, 2)]
    assert [order.id for order in registry.orders.waiting()] == ids == sorted(ids)


def test_the_same_order_is_not_filed_twice(registry: Registry) -> None:
    first = registry.orders.file("forget_salt", {"site_id": 7}, "x")
    assert registry.orders.file("forget_salt", {"site_id": 7}, "x") == first
    registry.orders.finish(first.id, {})
    assert registry.orders.file("forget_salt", {"site_id": 7}, "x").id > first.id


def test_a_failed_order_says_why(registry: Registry) -> None:
    order = registry.orders.file("forget_salt", {"site_id": 7}, "x")
    registry.orders.fail(order.id, "the disk is full")
    failed = registry.orders.get(order.id)
    assert (failed.state, failed.result) == ("failed", {"error": "the disk is full"})


def test_an_unknown_order_is_not_there(registry: Registry) -> None:
    with pytest.raises(NotThere):
        registry.orders.get(1)


def test_purging_a_site_ends_the_order_that_asked_for_it(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    order = registry.orders.file("remove_site", {"site_id": site.id}, "x")
    registry.sites.purge("example.com", order_id=order.id, certificate={"rows": 5})
    ended = registry.orders.get(order.id)
    assert (ended.state, ended.result) == ("done", {"rows": 5})


def test_a_goal_is_a_page_or_a_feature(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    page = registry.goals.add("example.com", page="/thanks/**")
    feature = registry.goals.add("example.com", feature="export", name="Exported")
    assert (page.site_id, page.name, page.kind, page.pattern) == (site.id, "Visit /thanks/**", "page", "/thanks/**")
    assert (feature.name, feature.kind, feature.pattern) == ("Exported", "feature", "export")
    assert registry.goals.list("example.com") == [feature, page]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "one of the two"),
        ({"page": "/a", "feature": "b"}, "one of the two"),
        ({"page": "thanks"}, "must begin with /"),
        ({"page": "/a?b"}, "hold no query"),
        ({"feature": "a\x07b"}, "invisible"),
        ({"page": "/a", "name": "x" * 101}, "too long"),
    ],
)
def test_a_goal_that_cannot_be_is_refused(registry: Registry, given: dict[str, str], why: str) -> None:
    registry.sites.add("example.com")
    with pytest.raises(NotAllowed, match=why):
        registry.goals.add("example.com", **given)


def test_two_goals_of_a_site_differ_in_name(registry: Registry) -> None:
    registry.sites.add("example.com")
    registry.sites.add("other.example")
    registry.goals.add("example.com", page="/a", name="A")
    registry.goals.add("other.example", page="/a", name="A")
    with pytest.raises(AlreadyThere, match="a goal 'A' already"):
        registry.goals.add("example.com", feature="a", name="A")


def test_a_goal_is_removed_by_name_or_number_from_its_own_site(registry: Registry) -> None:
    registry.sites.add("example.com")
    registry.sites.add("other.example")
    named = registry.goals.add("example.com", page="/a", name="A")
    numbered = registry.goals.add("example.com", page="/b", name="B")
    with pytest.raises(NotThere):
        registry.goals.remove("other.example", str(numbered.id))
    registry.goals.remove("example.com", "A")
    registry.goals.remove("example.com", str(numbered.id))
    assert registry.goals.list("example.com") == []
    with pytest.raises(NotThere):
        registry.goals.remove("example.com", named.name)
