"""Realtime: the last half hour, live for those who may look, and telling of nobody to those under a guard."""

from __future__ import annotations

from datetime import timedelta

from dash_world import Hand, World
from test_report_page import text_of

PAGE = "/sites/example.com/realtime"


def minutes_ago(world: World, minutes: float, visitor: int, **fields: object) -> Hand:
    return Hand(visitor, world.now - timedelta(minutes=minutes), dict(fields))


def crowd(world: World) -> None:
    world.count(*(minutes_ago(world, 2, n, path="/busy", country="DE", source="Google") for n in range(1, 8)),
                *(minutes_ago(world, 20, n, path="/rare", country="FR") for n in range(8, 10)),
                *(minutes_ago(world, 45, n, path="/gone") for n in range(90, 96)))  # fmt: skip


def test_the_last_half_hour_stands_minute_by_minute(world: World) -> None:
    crowd(world)
    told = world.browser("owner").get(f"{PAGE}.json").json()
    minutes = {row["minute"]: row["visitors"] for row in told["sheets"]["minutes"]}
    assert len(minutes) == 30
    assert {minute: number for minute, number in minutes.items() if number} == {"11:58": 7, "11:40": 2}
    assert told["since"] == "2026-11-22T11:31:00+00:00"
    text = text_of(world.browser("owner").get(PAGE).text)
    assert "7 people here now" in text
    assert "9 visitors in the last 30 minutes" in text
    assert "/rare 2" in text
    assert "/gone" not in text


def test_few_people_are_fewer_than_k_to_those_under_a_guard(world: World) -> None:
    crowd(world)
    text = text_of(world.browser("viewer").get(PAGE).text)
    assert "/busy 7" in text
    assert "/rare <5" in text
    minutes = world.browser("viewer").get(f"{PAGE}.json").json()["sheets"]["minutes"]
    assert {row["minute"]: row["visitors"] for row in minutes}["11:40"] in (0, None)


def test_of_too_few_people_nothing_is_said(world: World) -> None:
    world.count(*(minutes_ago(world, 3, n, path="/secret") for n in range(1, 4)))
    text = world.browser("viewer").get(PAGE).text
    assert "/secret" not in text
    assert "Fewer than 5 people here now" in text_of(text)


def test_a_row_filters_and_the_filter_stays_in_the_stream(world: World) -> None:
    crowd(world)
    text = world.browser("owner").get(f"{PAGE}?f=is:country:DE").text
    assert 'data-stream="/sites/example.com/realtime/stream?f=is:country:DE"' in text
    assert "/rare" not in text
    assert 'href="/sites/example.com/realtime?f=is:country:DE&amp;f=is:page:/busy"' in text


def test_the_stream_carries_the_part_that_the_page_shows(world: World) -> None:
    crowd(world)
    browser = world.browser("owner")
    answer = browser.get(f"{PAGE}/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in answer.headers
    lines = answer.text.splitlines()
    assert lines[0] == "retry: 5000"
    sent = "\n".join(line.removeprefix("data: ") for line in lines if line.startswith("data: "))
    assert text_of(sent) == text_of(browser.get(PAGE, headers={"X-Fragment": "live"}).text)
    assert "7 people here now" in text_of(sent)


def test_a_site_without_visitor_numbers_counts_page_views(world: World) -> None:
    world.registry.sites.set("example.com", {"mode": "none"})
    world.count(*(minutes_ago(world, 2, 0, path="/a") for _ in range(3)))
    text = text_of(world.browser("owner").get(PAGE).text)
    assert "3 page views in the last 30 minutes" in text
    assert "/a 3" in text


def test_an_empty_half_hour_says_so(world: World) -> None:
    text = text_of(world.browser("owner").get(PAGE).text)
    assert "Nobody here now" in text
    assert text.count("Nothing in the last 30 minutes.") == 4


def test_the_light_is_on_where_somebody_may_be_and_off_where_nobody_is(world: World) -> None:
    def lights(who: str) -> list[bool]:
        browser = world.browser(who)
        return ['class="live nobody"' in browser.get("/sites/example.com").text,
                'class="here nobody"' in browser.get(PAGE).text]  # fmt: skip

    assert lights("owner") == [True, True]
    assert lights("viewer") == [False, False]  # fewer than five may be four
    world.count(minutes_ago(world, 1, 1, path="/a"))
    assert lights("owner") == [False, False]
