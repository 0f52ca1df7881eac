"""Properties: new keys wait for an answer, an answer changes the settings, and nobody is asked twice."""

from __future__ import annotations

import pytest

from registry.errors import NotAllowed, NotThere
from registry.props import MOST_KEYS
from registry.registry import Registry


def test_a_new_property_waits_until_its_owner_has_answered(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    assert registry.props.note(site.id, ["plan", "size"]) == 2
    assert registry.props.note(site.id, ["size", "plan"]) == 0
    assert [one.key for one in registry.props.waiting("example.com")] == ["size", "plan"]
    registry.props.answer("example.com", "plan", "keep", by="owner@example.com")
    assert [one.key for one in registry.props.waiting("example.com")] == ["size"]
    assert registry.props.note(site.id, ["plan"]) == 0
    assert [one.key for one in registry.props.list("example.com")] == ["size", "plan"]


def test_an_answer_is_a_setting_and_can_be_changed(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    registry.props.note(site.id, ["plan", "to"])
    registry.props.answer("example.com", "plan", "register")
    registry.props.answer("example.com", "to", "redact")
    assert registry.sites.get("example.com").prop_keys == ("plan",)
    assert registry.sites.get("example.com").redact_props == ("to",)
    registry.props.answer("example.com", "to", "register")
    assert registry.sites.get("example.com").prop_keys == ("plan", "to")
    assert registry.sites.get("example.com").redact_props == ()
    assert [change.key for change in registry.sites.history("example.com")].count("prop_keys") == 2


def test_what_cannot_be_answered_is_said(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    registry.props.note(site.id, ["a,b"])
    with pytest.raises(NotThere, match="nope"):
        registry.props.answer("example.com", "nope", "keep")
    with pytest.raises(NotAllowed, match="keep, register, redact"):
        registry.props.answer("example.com", "a,b", "drop")
    with pytest.raises(NotAllowed, match="comma"):
        registry.props.answer("example.com", "a,b", "redact")


def test_a_page_that_makes_up_keys_does_not_fill_the_registry(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    assert registry.props.note(site.id, [f"k{n}" for n in range(MOST_KEYS + 50)]) == MOST_KEYS
    assert registry.props.note(site.id, ["one-more"]) == 0


def test_properties_die_with_their_site_and_are_nobody_elses(registry: Registry) -> None:
    one, other = registry.sites.add("example.com"), registry.sites.add("other.example")
    registry.props.note(one.id, ["plan"])
    assert registry.props.list("other.example") == []
    assert registry.props.note(other.id, ["plan"], is_known=True) == 1
    assert registry.props.waiting("other.example") == []
