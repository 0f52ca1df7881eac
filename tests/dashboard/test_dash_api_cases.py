"""The Stats API against the shared case file: facts of Plausible's own tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from dash_world import Hand, World

CASES = Path(__file__).parents[3] / "shared" / "cases" / "stats_queries.jsonl"
BEGIN = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)

DIFFERENT: dict[str, str] = {}
"""Rows of the case file that we answer otherwise, and why. None so far."""


def rows() -> list[dict]:
    if not CASES.exists():
        return []
    return [json.loads(line) for line in CASES.read_text().splitlines()]


def hand_of(event: dict) -> Hand:
    """An event of the case file as the collector would have kept it."""
    url, referrer = urlsplit(event["url"]), urlsplit(event.get("referrer", ""))
    at = datetime.fromisoformat(event["at"]) if "at" in event else BEGIN + timedelta(seconds=event["t"])
    fields = {"name": event["name"], "path": url.path, "hostname": url.hostname}
    fields |= {name: values[0] for name, values in parse_qs(url.query).items()}
    if referrer.hostname == "google.com":
        fields |= {"referrer": "google.com", "source": "Google", "channel": "Organic Search"}
    if event["name"] == "engagement":
        fields |= {"engaged_ms": event["e"], "scroll": event["sd"]}
    return Hand(ord(event["visitor"]), at, fields)


@pytest.mark.skipif(not CASES.exists(), reason="the shared case files are not here")
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_the_rows_of_the_case_file(world: World, row: dict):
    if row["events"]:
        world.count(*map(hand_of, row["events"]))
    for goal in row.get("goals", []):
        world.registry.goals.add("example.com", page=goal.get("page_path", ""), feature=goal.get("event_name", ""))
    answer, expected = world.ask(row["query"]), row["expected"]
    assert answer.status_code == expected.get("status", 200), answer.text
    assert row["id"] not in DIFFERENT
    if "error" in expected:
        assert answer.json() == {"error": expected["error"]}
    elif "error_contains" in expected:
        assert expected["error_contains"] in answer.json()["error"]
    else:
        assert answer.json()["results"] == expected["results"]
