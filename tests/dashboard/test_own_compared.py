"""Pages beside the report compared with another period: what moved, on the page and in its files."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dash_world import Hand, World
from test_report_page import text_of

BASE = "/sites/example.com"
COMPARED = "period=day&compare=previous"


def two_weeks(world: World) -> None:
    """Ten readers today of 20 seconds and slow pages; ten a week ago of 10 seconds and fast ones."""
    for days, engaged, paint in ((0, 20_000, "3000"), (7, 10_000, "1500")):
        for visitor in range(1, 11):
            at = world.now - timedelta(days=days, hours=1)
            world.count(Hand(visitor, at, {"path": "/"}),
                        Hand(visitor, at + timedelta(seconds=5), {"path": "/", "name": "Web Vitals",
                                                                  "interactive": False, "props": {"lcp": paint}}),
                        Hand(visitor, at + timedelta(seconds=30), {"path": "/", "name": "engagement",
                                                                   "engaged_ms": engaged, "scroll": 80}))  # fmt: skip


@pytest.mark.parametrize(
    ("room", "moved", "sheet", "column", "before"),
    [
        ("engagement", "up 100 percent", "engagement", "median_before", 10),
        ("vitals", "up 100 percent", "vitals", "p75_before", 1500),
    ],
)
def test_a_page_says_what_moved_and_its_file_what_it_was(
    world: World, room: str, moved: str, sheet: str, column: str, before: float
) -> None:
    two_weeks(world)
    browser = world.browser("owner")
    text = text_of(browser.get(f"{BASE}/{room}?{COMPARED}").text)
    assert moved in text
    assert "15 Nov" in text
    rows = browser.get(f"{BASE}/{room}.json?{COMPARED}").json()["sheets"][sheet]
    assert rows[0][column] == before
    plain = browser.get(f"{BASE}/{room}.json?period=day").json()["sheets"][sheet]
    assert column not in plain[0]
    assert moved not in text_of(browser.get(f"{BASE}/{room}?period=day").text)
