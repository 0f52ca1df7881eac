"""Matomo's dialect: one request is a page view unless it says that it is something else."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from peer_world import ORIGIN, World

from registry.site import Site

# What matomo.js puts on every request, and nobody here reads.
USUAL = {
    "idsite": "1",
    "rec": "1",
    "r": "381237",
    "h": "12",
    "m": "3",
    "s": "9",
    "url": "https://example.com/a",
    "_id": "c0ffee00c0ffee00",
    "_idn": "1",
    "send_image": "0",
    "_refts": "0",
    "pv_id": "PqZc2h",
    "pf_net": "1",
    "uadata": '{"brands":[]}',
    "cookie": "0",
    "res": "1366x768",
}


def track(world: World, method: str = "POST", headers: dict[str, str] | None = None, **said: str) -> Any:
    return world.ask(method, "/matomo.php", headers=headers, params={**USUAL, **said})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"action_name": "A"}, {"name": "pageview", "hostname": "example.com", "path": "/a", "title": "", "props": {}}),
        ({}, {"name": "pageview"}),
        ({"urlref": "https://www.bing.com/search?q=x"}, {"referrer": "bing.com", "source": "Bing"}),
        ({"urlref": "https://example.com/"}, {"continued": True}),
        ({"url": "https://example.com/b?utm_source=s#top"}, {"path": "/b", "utm_source": "s"}),
        (
            {"url": "https://example.com/b?mtm_source=s&pk_campaign=c&MTM_KWD=k&mtm_medium=email&mtm_content=x"},
            {"utm_source": "s", "utm_campaign": "c", "utm_term": "k", "utm_medium": "email", "utm_content": "x"},
        ),
        ({"url": "https://example.com/?pk_keyword=k&piwik_campaign=c"}, {"utm_term": "k", "utm_campaign": "c"}),
        ({"url": ""}, {"path": "/from/the/referer"}),
        (
            {"e_c": "Videos", "e_a": "play", "e_n": "Intro", "e_v": "12.5"},
            {"name": "play", "props": {"category": "Videos", "label": "Intro", "value": "12.5"}},
        ),
        ({"e_c": "Videos", "e_a": "play", "e_v": "long", "ca": "1"}, {"props": {"category": "Videos"}}),
        ({"e_c": "Videos", "e_a": " "}, {"name": "pageview"}),
        ({"download": "https://example.com/f.pdf?t=1"}, {"name": "File Download", "props": {"url": ORIGIN + "/f.pdf"}}),
        ({"link": "https://x.example/l#a"}, {"name": "Outbound Link: Click", "props": {"url": "https://x.example/l"}}),
        (
            {"search": "red shoes", "search_cat": "all", "search_count": "3"},
            {"name": "Site Search", "props": {"term": "red shoes", "category": "all", "results": "3"}},
        ),
        ({"idgoal": "4"}, {"name": "Goal 4", "revenue": 0, "currency": ""}),
        ({"idgoal": "4", "revenue": "9.90"}, {"name": "Goal 4", "revenue": 9900, "currency": "XXX"}),
        (
            {"idgoal": "0", "ec_id": "ORDER-77", "revenue": "120", "ec_st": "100", "ec_items": '[["sku","n"]]'},
            {"name": "Ecommerce Order", "revenue": 120_000, "currency": "XXX", "props": {}},
        ),
        ({"idgoal": "0", "revenue": "120", "ec_items": "[]"}, {"name": "Cart Update", "revenue": 0}),
        ({"ping": "1"}, {"name": "engagement", "engaged_ms": 15_000}),
        (
            {"c_n": "Ad", "c_p": "a.jpg"},
            {"name": "Content Impression", "interactive": False, "props": {"content": "Ad", "piece": "a.jpg"}},
        ),
        ({"c_n": "Ad", "c_i": "click", "c_t": "https://x.example/?q"}, {"name": "Content Interaction"}),
        ({"dimension2": "gold", "dimensionx": "no"}, {"name": "pageview", "props": {"dimension2": "gold"}}),
        ({"e_c": "a", "e_a": "b\u202e\x07", "e_n": "\x00"}, {"name": "b", "props": {"category": "a"}}),
    ],
)
def test_a_request_is_kept_as_what_it_says(said: dict[str, str], expected: dict[str, Any]) -> None:
    world = World()
    answer = track(world, headers={"referer": f"{ORIGIN}/from/the/referer"}, **said)
    assert (answer.status_code, answer.content) == (204, b"")
    (event,) = world.events
    assert {name: getattr(event, name) for name in expected} == expected


def test_what_only_a_plugin_understands_is_no_page_view() -> None:
    world = World()
    assert track(world, ca="1", pf_srv="20").status_code == 204
    assert not world.records
    assert not world.refused


@pytest.mark.parametrize("path", ["/matomo.php", "/piwik.php"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_send_image_the_answer_is_a_picture(path: str, method: str) -> None:
    world = World()
    answer = world.ask(method, path, params={**USUAL, "send_image": "1"})
    assert (answer.status_code, answer.headers["content-type"], len(answer.content)) == (200, "image/gif", 43)
    assert len(world.events) == 1


def test_parameters_may_be_the_body_of_a_form() -> None:
    world = World()
    form = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    answer = world.ask("POST", "/matomo.php?idsite=1", headers=form, content=urlencode({**USUAL, "idsite": "2"}))
    assert answer.status_code == 204
    assert [event.path for event in world.events] == ["/a"]


def test_a_bulk_request_holds_many_under_the_content_type_of_a_form() -> None:
    world = World()
    requests = ["?" + urlencode({**USUAL, "action_name": "A"}), {**USUAL, "e_c": "c", "e_a": "a"}, "?", 7]
    answer = world.ask(
        "POST",
        "/matomo.php",
        headers={"content-type": "application/x-www-form-urlencoded; charset=UTF-8"},
        json={"requests": requests, "token_auth": "secret"},
    )
    assert answer.json() == {"status": "success", "tracked": 2, "invalid": 2}
    assert [event.name for event in world.events] == ["pageview", "a"]


def test_a_bulk_request_may_ask_for_an_empty_answer() -> None:
    world = World()
    answer = world.ask("POST", "/matomo.php", json={"requests": ["?" + urlencode(USUAL)], "send_image": 0})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"&&&",
        b"{",
        b"{" * 5000,
        b"{\xff}",
        b'{"requests":[]}',
        b'{"requests":7}',
        b'{"requests":[""]}',
        b'{"token_auth":"x"}',
        b'{"requests":[' + b'"?idsite=1",' * 50 + b'"?"]}',
    ],
)
def test_what_cannot_be_read_is_400(body: bytes) -> None:
    world = World()
    assert world.ask("POST", "/matomo.php", content=body).status_code == 400
    assert not world.records


def test_a_site_nobody_knows_is_told_without_an_error_which_would_make_the_tracker_send_again() -> None:
    world = World()
    answer = track(world, url="https://else.example/")
    assert (answer.status_code, answer.headers["x-refused"]) == (204, "unknown_site")
    assert world.refused == {"unknown_site": 1}


def test_a_number_that_a_site_has_as_alias_is_followed() -> None:
    shared = Site(id=9, host="all.example", hosts=("example.com",), alias=("1",))
    world = World(Site(id=1, host="example.com"), shared)
    track(world)
    track(world, idsite="2")
    assert [event.site_id for event in world.events] == [9, 1]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [({"sec-gpc": "1"}, "gpc"), ({"dnt": "1"}, "dnt"), ({"cookie": "footfall_optout=1"}, "optout")],
)
@pytest.mark.parametrize(("wish", "status"), [("0", 204), ("1", 200)])
def test_a_visitor_who_said_no_costs_the_page_nothing(
    headers: dict[str, str], reason: str, wish: str, status: int
) -> None:
    world = World()
    answer = track(world, headers=headers, send_image=wish)
    assert (answer.status_code, answer.headers["x-refused"]) == (status, reason)
    assert world.refused == {reason: 1}


def test_a_page_without_scripts_counts_only_where_the_site_says_so() -> None:
    image = {"accept": "image/avif,*/*;q=0.8", "origin": ""}
    for pixel, kept in (("off", 0), ("count", 1)):
        world = World(Site(id=1, host="example.com", pixel=pixel))  # type: ignore[arg-type]
        answer = world.ask("GET", "/matomo.php", headers=image, params={"idsite": "1", "rec": "1"})
        assert answer.status_code == 200
        assert len(world.events) == kept
    scripted = World()
    track(scripted, "GET", headers=image)
    assert len(scripted.events) == 1


def test_a_page_of_ours_may_post_with_credentials_lest_the_tracker_sends_everything_twice() -> None:
    world = World()
    told = track(world).headers
    assert told["access-control-allow-origin"] == ORIGIN
    assert told["access-control-allow-credentials"] == "true"
    stranger = track(world, headers={"origin": "https://evil.example"}).headers
    assert not [name for name in stranger if name.startswith("access-control")]
