"""Answers that a peer's own tests expect of its API (Plausible, Stats API v2), from the case tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from store_world import NOON, event, keep, one, only, question, table

from clickhouse.ask import (
    Condition,
    Period,
    ask,
)
from clickhouse.client import Store

CASES = Path(__file__).parents[3] / "shared" / "cases" / "stats_queries.jsonl"
PEERS_NAMES = {"visit:source": "source", "visit:channel": "channel", "visit:utm_medium": "utm_medium"} | {
    "event:name": "feature", "event:page": "page", "time:month": "time:month"
}  # fmt: skip
PEERS_LABELS = {"Direct / None": "", "Direct": "Direct", "(not set)": ""}


def peers_cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        return []
    rows = [json.loads(line) for line in CASES.read_text().splitlines()]
    return [row for row in rows if row["events"] and "results" in row["expected"] and "goals" not in row]


def from_peer(row: dict[str, Any]) -> Any:
    came = "google" in row.get("referrer", "")
    ts = int(datetime.fromisoformat(row["at"]).timestamp() * 1000) if "at" in row else NOON + row["t"] * 1000
    path, _, medium = row["url"].removeprefix("http://example.com").partition("?utm_medium=")
    return event(
        row["name"],
        path,
        ts=ts,
        visitor=ord(row["visitor"]),
        source="Google" if came else "",
        channel="Organic Search" if came else "Direct",
        utm_medium=medium,
        engaged_ms=row.get("e", 0),
    )


@pytest.mark.skipif(not CASES.exists(), reason="the case tables are not beside this checkout")
@pytest.mark.parametrize("case", peers_cases(), ids=lambda case: f"{case['id']} {case['name']}")
def test_the_answer_is_the_one_of_plausibles_api(store: Store, case: dict[str, Any]) -> None:
    keep(store, [from_peer(row) for row in case["events"]])
    asked = case["query"]
    filters = [
        Condition(
            operator,
            PEERS_NAMES[name],
            tuple(PEERS_LABELS.get(value, value) for value in values),
            case_sensitive=not more or more[0]["case_sensitive"],
        )
        for operator, name, values, *more in asked.get("filters", [])
    ]
    answer = ask(
        store,
        question(
            *asked["metrics"],
            dimensions=tuple(PEERS_NAMES[name] for name in asked.get("dimensions", [])),
            filters=tuple(filters),
            period=Period(datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=365)),
        ),
    )
    got = [(tuple(row.dimensions), row.metrics) for row in answer.rows]
    expected = [
        (tuple(PEERS_LABELS.get(label, label) for label in row["dimensions"]), tuple(row["metrics"]))
        for row in case["expected"]["results"]
    ]
    assert got == expected


def test_a_campaign_is_not_credited_to_a_host_visited_later(any_store: Store) -> None:
    keep(
        any_store,
        [
            event(hostname="two.example.com", utm_campaign="ad"),
            event(hostname="one.example.com", t=900, continued=True),
        ],
    )
    host = (only("hostname", "one.example.com"),)
    assert one(any_store, question("visitors", filters=host)) == (1,)
    assert table(any_store, question("visitors", dimensions=("utm_campaign",), filters=host)) == []
