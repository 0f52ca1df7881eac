"""Segments and notes: who may add them, what they stand for, what is told when they are gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dash_world import World

from dashboard.filters import read_filter
from dashboard.saved import Saved, taken_apart

REPORT = "/sites/example.com"


def save(world: World, who: str, name: str, query: str) -> int:
    data = {"name": name, "query": f"{REPORT}?{query}"}
    return world.browser(who).post(f"{REPORT}/segments", data=data).status_code


def test_a_segment_stands_for_its_filters(world: World) -> None:
    world.views(7, path="/docs", country="DE")
    world.views(3, path="/docs", country="FR")
    assert save(world, "analyst", "Germans who read", "f=is:page:/docs&f=is:country:DE") == 303
    (segment,) = world.registry.segments.list("example.com")
    assert (segment.filters, segment.created_by) == (("is:page:/docs", "is:country:DE"), "analyst@example.com")
    page = world.browser("owner").get(f"{REPORT}?f=is:segment:{segment.id}").text
    assert "Segment is <b>Germans who read</b>" in page
    told = world.browser("owner").get(f"{REPORT}/details/countries.json?f=is:segment:{segment.id}").json()
    assert [row["dimensions"] for row in told["rows"]] == [["DE"]]
    assert told["filters"] == ["is:page:/docs", "is:country:DE"]


def test_a_segment_made_within_a_segment_holds_both(world: World) -> None:
    save(world, "owner", "One", "f=is:page:/docs")
    (one,) = world.registry.segments.list("example.com")
    save(world, "owner", "Two", f"f=is:segment:{one.id}&f=is:country:DE")
    world.registry.segments.remove("example.com", one.id)
    (two,) = world.registry.segments.list("example.com")
    assert two.filters == ("is:page:/docs", "is:country:DE")


def test_a_small_segment_is_guarded_like_its_filters(world: World) -> None:
    world.views(2, path="/secret")
    world.views(9, path="/")
    save(world, "owner", "Few", "f=is:page:/secret")
    (few,) = world.registry.segments.list("example.com")
    page = world.browser("viewer").get(f"{REPORT}?f=is:segment:{few.id}").text
    assert "Fewer than 5 visitors" in page


@pytest.mark.parametrize(
    ("who", "status"), [("owner", 303), ("admin", 303), ("analyst", 303), ("viewer", 403), ("dpo", 403)]
)
def test_who_may_annotate_is_a_matter_of_role(world: World, who: str, status: int) -> None:
    assert save(world, who, "Readers", "f=is:page:/docs") == status
    note = {"day": "2026-11-20", "text": "New prices", "query": REPORT}
    assert world.browser(who).post(f"{REPORT}/annotations", data=note).status_code == status


def test_a_viewer_sees_notes_and_no_form(world: World) -> None:
    world.views(9)
    world.registry.annotations.add("example.com", world.now.date(), "New prices", by="owner@example.com")
    page = world.browser("viewer").get(REPORT).text
    assert "New prices" in page
    assert "/annotations" not in page
    assert "/segments" not in page


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"name": "Empty", "query": REPORT}, "made of filters"),
        ({"name": "", "query": f"{REPORT}?f=is:page:/a"}, "needs a name"),
        ({"name": "x" * 101, "query": f"{REPORT}?f=is:page:/a"}, "too long"),
        ({"name": "Odd", "query": f"{REPORT}?f=is:nothing:/a"}, "no dimension"),
        ({"remove": "77"}, "no segment 77"),
        ({"remove": "one"}, "no segment 0"),
    ],
)
def test_a_segment_that_cannot_be_is_told_why(world: World, form: dict[str, str], told: str) -> None:
    answer = world.browser("owner").post(f"{REPORT}/segments", data=form)
    assert answer.status_code == 400
    assert told in answer.text
    assert world.registry.segments.list("example.com") == []


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"day": "soon", "text": "a"}, "needs a day"),
        ({"day": "0001-01-01", "text": "a"}, "years 1971"),
        ({"day": "2026-11-20", "text": " "}, "needs a text"),
        ({"remove": "5"}, "no note 5"),
    ],
)
def test_a_note_that_cannot_be_is_told_why(world: World, form: dict[str, str], told: str) -> None:
    answer = world.browser("owner").post(f"{REPORT}/annotations", data=form)
    assert answer.status_code == 400
    assert told in answer.text
    assert "Back to the page" in answer.text


def test_a_segment_that_is_gone_says_so_and_shows_a_way_out(world: World) -> None:
    answer = world.browser("owner").get(f"{REPORT}?f=is:segment:5")
    assert answer.status_code == 400
    assert "That segment is gone" in answer.text
    assert 'href="/sites/example.com">The report without filters' in answer.text


@pytest.mark.parametrize("text", ["is_not:segment:1", "is:segment:1|2", "contains:segment:a", "is-i:segment:1"])
def test_a_segment_is_asked_for_in_one_way(world: World, text: str) -> None:
    assert world.browser("owner").get(f"{REPORT}?f={text}").status_code == 400


def test_a_segment_of_another_site_is_none_here(world: World) -> None:
    saved = world.registry.segments.add("other.example", "Theirs", ["is:page:/"], by="stranger@other.example")
    assert world.browser("owner").get(f"{REPORT}?f=is:segment:{saved.id}").status_code == 400
    data = {"remove": str(saved.id)}
    assert world.browser("owner").post(f"{REPORT}/segments", data=data).status_code == 400
    assert world.registry.segments.list("other.example") == [saved]


def test_a_note_is_shown_in_the_period_it_is_about(world: World) -> None:
    world.views(9)
    long_ago = (world.now - timedelta(days=100)).date()
    world.registry.annotations.add("example.com", long_ago, "Long ago", by="owner@example.com")
    assert "Long ago" not in world.browser("owner").get(REPORT).text
    assert "Long ago" in world.browser("owner").get(f"{REPORT}?period=year").text


def test_a_segment_is_taken_apart_where_it_stands() -> None:
    saved = [Saved("3", "Readers", ("is:page:/docs", "is:country:DE"))]
    filters = [read_filter(text) for text in ("is:os:Linux", "is:segment:3", "is:country:DE")]
    apart = [read_filter(text) for text in ("is:os:Linux", "is:page:/docs", "is:country:DE")]
    assert taken_apart(filters, saved) == tuple(apart)


def test_typed_values_are_read_as_they_are_shown(world: World) -> None:
    world.views(3, country="DE", device="mobile")
    ask = world.browser("owner").get
    page = ask(f"{REPORT}?fd=country&fo=is&fv=germany&fv=France&fv=").text
    assert "Country is <b>Germany or France</b>" in page
    assert 'data-here="/sites/example.com?f=is:country:DE%7CFR"' in page
    assert "Device is <b>Phone</b>" in ask(f"{REPORT}?fd=device&fo=is&fv=phone").text
    assert "Source is <b>Direct / none</b>" in ask(f"{REPORT}?fd=source&fo=is&fv=Direct / none").text
    assert "visits without Feature is <b>Signup</b>" in ask(f"{REPORT}?fd=feature&fo=is&fv=Signup&fw=did_not").text
    assert "f=contains-i:page:Docs" in ask(f"{REPORT}?fd=page&fo=contains&fv=Docs&fi=on").text
    assert ask(f"{REPORT}?fd=prop:&fo=is&fv=pro").status_code == 400


def test_the_chart_is_a_file_too(world: World) -> None:
    world.views(6)
    owner = world.browser("owner")
    assert f'href="{REPORT}/details/series.csv?period=7d"' in owner.get(f"{REPORT}?period=7d").text
    lines = owner.get(f"{REPORT}/details/series.csv?period=7d").text.splitlines()
    assert lines[0].startswith("time:day,visitors,visits,pageviews")
    assert lines[-1].startswith("2026-11-22,6,6,6")
    told = owner.get(f"{REPORT}/details/series.json?period=7d&interval=hour").json()
    assert told["dimensions"] == ["time:hour"]
    viewer = world.browser("viewer").get(f"{REPORT}/details/series.csv?period=7d&f=is:page:/nowhere").text
    assert len(viewer.splitlines()) == 1
