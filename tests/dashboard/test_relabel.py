"""What leaves is scrubbed by the rules of today: pages, files and the API, for rows that were stored before."""

from __future__ import annotations

from datetime import timedelta

from dash_world import NOW, Hand, World

from clickhouse.ask.answer import Answer, AnswerRow
from clickhouse.ask.question import Period, Question
from collector.distill.scrub.again import remembering
from dashboard.relabel import relabelled

OLD = "/u/canary.jane@corp.com"
WEEK = Period(NOW - timedelta(days=7), NOW)


def asked(*dimensions: str) -> Question:
    return Question(site_id=1, timezone="UTC", metrics=("visitors", "bounce_rate"), period=WEEK, dimensions=dimensions)


def test_rows_that_become_one_are_added_up_and_rates_are_left_unsaid() -> None:
    answer = Answer(
        (AnswerRow(("/u/a",), (3, 50), (1, 2)), AnswerRow(("/x",), (2, 10)), AnswerRow(("/u/b",), (1, 100), (4, 5))), 3
    )
    told = relabelled(asked("page"), answer, lambda _dimension, label: "/u/[user]" if "/u/" in label else label)
    assert told.rows == (AnswerRow(("/u/[user]",), (4, None), (5, None)), AnswerRow(("/x",), (2, 10)))
    assert told.total_rows == 3


def test_labels_of_our_own_lists_are_not_even_looked_at() -> None:
    answer = Answer((AnswerRow(("DE", "/a"), (3, 50)),))
    seen: list[str] = []
    relabelled(asked("country", "prop:plan"), answer, lambda dimension, label: seen.append(dimension) or label)
    assert seen == ["prop:plan"]
    assert relabelled(asked("country", "page"), answer, lambda _dimension, label: label) is answer


def test_an_old_row_leaves_scrubbed_by_every_door(world: World) -> None:
    world.count(*(Hand(n, world.now - timedelta(hours=2), {"path": OLD}) for n in (1, 2)))
    browser = world.browser("owner", scrub=remembering())
    for path in ("", "/details/pages", "/details/pages.csv", "/details/pages.json"):
        text = browser.get(f"/sites/example.com{path}?period=7d").text
        assert "canary.jane" not in text
        assert "[email]" in text
    query = {"metrics": ["visitors"], "date_range": "day", "dimensions": ["event:page"]}
    rows = world.ask(query, browser).json()["results"]
    assert [row["dimensions"] for row in rows] == [["/u/[email]"]]
