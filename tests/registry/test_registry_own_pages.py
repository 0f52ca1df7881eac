"""What a product team adds to its pages: declared features and funnels."""

from __future__ import annotations

from datetime import date

import pytest

from registry.errors import AlreadyThere, NotAllowed, NotThere
from registry.funnels import Step
from registry.registry import Registry

TWO = [("page", "/pricing"), ("feature", "Signup")]


def test_a_feature_is_declared_once_and_removed_by_name(registry: Registry) -> None:
    registry.sites.add("example.com")
    registry.sites.add("other.example")
    added = registry.features.add("example.com", " Export ", "PDF and Markdown")
    registry.features.add("other.example", "Export")
    assert (added.name, added.about) == ("Export", "PDF and Markdown")
    assert registry.features.list("example.com") == [added]
    with pytest.raises(AlreadyThere, match="declared 'Export' already"):
        registry.features.add("example.com", "Export")
    registry.features.remove("example.com", "Export")
    assert registry.features.list("example.com") == []
    assert len(registry.features.list("other.example")) == 1
    with pytest.raises(NotThere):
        registry.features.remove("example.com", "Export")


@pytest.mark.parametrize("name", ["", "  ", "pageview", "engagement", "a\x07b", "x" * 2000])
def test_a_feature_that_cannot_be_is_refused(registry: Registry, name: str) -> None:
    registry.sites.add("example.com")
    with pytest.raises(NotAllowed):
        registry.features.add("example.com", name)


def test_a_funnel_comes_back_as_it_was_saved(registry: Registry) -> None:
    registry.sites.add("example.com")
    steps = [("page", " /docs/** "), ("feature", "Signup"), ("goal", "Paid")]
    saved = registry.funnels.add("example.com", "Reading to paying", steps, "day")
    assert saved.steps == (Step("page", "/docs/**"), Step("feature", "Signup"), Step("goal", "Paid"))
    assert registry.funnels.list("example.com") == [saved]
    with pytest.raises(AlreadyThere):
        registry.funnels.add("example.com", "Reading to paying", TWO)
    registry.funnels.remove("example.com", "Reading to paying")
    with pytest.raises(NotThere):
        registry.funnels.remove("example.com", "Reading to paying")


@pytest.mark.parametrize(
    ("name", "steps", "within", "why"),
    [
        ("", TWO, "visit", "needs a name"),
        ("One", TWO[:1], "visit", "2 to 8"),
        ("Nine", TWO * 4 + TWO[:1], "visit", "2 to 8"),
        ("Week", TWO, "week", "within a visit"),
        ("Path", [("page", "pricing"), TWO[1]], "visit", "begin with /"),
        ("Kind", [("click", "x"), TWO[1]], "visit", "a page, a feature or a goal"),
        ("Blank", [("feature", " "), TWO[1]], "visit", "says which"),
    ],
)
def test_a_funnel_that_cannot_be_is_refused(
    registry: Registry, name: str, steps: list[tuple[str, str]], within: str, why: str
) -> None:
    registry.sites.add("example.com")
    with pytest.raises(NotAllowed, match=why):
        registry.funnels.add("example.com", name, steps, within)


def test_what_was_added_dies_with_its_site(registry: Registry) -> None:
    registry.sites.add("example.com")
    registry.features.add("example.com", "Export")
    registry.funnels.add("example.com", "A", TWO)
    registry.sites.purge("example.com")
    registry.sites.add("example.com")
    assert registry.features.list("example.com") == []
    assert registry.funnels.list("example.com") == []


def test_a_segment_comes_back_as_it_was_saved(registry: Registry) -> None:
    registry.sites.add("example.com")
    saved = registry.segments.add("example.com", " Readers ", ["is:page:/docs"], by="ann@example.com")
    assert (saved.name, saved.filters, saved.created_by) == ("Readers", ("is:page:/docs",), "ann@example.com")
    assert registry.segments.list("example.com") == [saved]
    with pytest.raises(AlreadyThere):
        registry.segments.add("example.com", "Readers", ["is:page:/"], by="ann@example.com")
    with pytest.raises(NotAllowed, match="1 to 20 filters"):
        registry.segments.add("example.com", "None", [], by="ann@example.com")
    registry.segments.remove("example.com", saved.id)
    with pytest.raises(NotThere):
        registry.segments.remove("example.com", saved.id)


def test_notes_are_listed_by_day_and_both_ends_count(registry: Registry) -> None:
    registry.sites.add("example.com")
    days = [date(2026, 11, day) for day in (9, 3, 5)]
    notes = [registry.annotations.add("example.com", day, f" On {day} ", by="ann@example.com") for day in days]
    listed = registry.annotations.list("example.com", date(2026, 11, 3), date(2026, 11, 5))
    assert listed == [notes[1], notes[2]]
    assert listed[0].text == "On 2026-11-03"
    registry.annotations.remove("example.com", notes[1].id)
    with pytest.raises(NotThere):
        registry.annotations.remove("example.com", notes[1].id)
    with pytest.raises(NotAllowed):
        registry.annotations.add("example.com", days[0], "a\x07b", by="ann@example.com")
