"""A report whose small hours are left blank is drawn all the same, and shows a viewer no small number."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from dash_world import Hand, World


@pytest.mark.parametrize(
    "query", ["?period=day", "?period=realtime", "?period=7d&f=is:browser:Firefox", "?period=day&compare=previous"]
)
def test_a_viewer_gets_a_page_where_hours_and_minutes_are_blank(world: World, query: str) -> None:
    world.count(*(Hand(n, world.now - timedelta(minutes=7 * n), {"browser": "Firefox"}) for n in range(1, 8)))
    viewer = world.browser("viewer").get(f"/sites/example.com{query}")
    assert viewer.status_code == 200
    assert world.browser("owner").get(f"/sites/example.com{query}").status_code == 200


def test_a_viewer_reads_no_hour_of_fewer_than_k_and_an_owner_does(world: World) -> None:
    world.count(*(Hand(n, world.now - timedelta(hours=3), {"path": "/"}) for n in range(1, 8)))
    world.count(Hand(99, world.now - timedelta(hours=6), {"path": "/"}))
    texts = {who: world.browser(who).get("/sites/example.com?period=day").text for who in ("owner", "viewer")}
    rows = {
        who: re.findall(r"<th scope=\"row\">[^<]*06:00[^<]*</th>\s*<td>([^<]*)</td>", text)
        for who, text in texts.items()
    }
    assert rows["owner"][:1] == ["1"]
    assert rows["viewer"][:1] != ["1"]
