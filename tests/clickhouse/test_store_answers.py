"""Numbers, at random: questions over worlds, each answered by ClickHouse and by an oracle without SQL."""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from store_oracle import Oracle
from store_world import keep, question, some_events

from clickhouse.ask import (
    DIMENSIONS,
    METRICS,
    AllOf,
    AnyOf,
    Condition,
    Did,
    Filter,
    Not,
    Period,
    Question,
    ask,
)
from clickhouse.client import Store

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]
VALUES = {
    "page": ["/", "/a", "/b/c", "/pricing", "/none"],
    "hostname": ["example.com", "blog.example.com"],
    "entry": ["/", "/a", ""],
    "exit": ["/pricing", ""],
    "source": ["Google", "news", "", "(continued)"],
    "channel": ["Direct", "Email"],
    "country": ["DE", "US", ""],
    "device": ["desktop"],
    "feature": ["Signup", "Download", "pageview"],
    "prop:plan": ["free", "pro", ""],
}


def some_condition(dice: random.Random) -> Condition:
    name = dice.choice(sorted(VALUES))
    values = tuple(dice.sample(VALUES[name], dice.randint(1, min(2, len(VALUES[name])))))
    operator = dice.choice(["is", "is", "is_not", "contains", "contains_not", "matches", "matches_not"])
    if operator.startswith("contains"):
        values = tuple(value[:3] or "x" for value in values)
    if operator.startswith("matches"):
        values = tuple(f"^{value.replace('(', '.').replace(')', '.')}$" for value in values)
    if dice.random() < 0.2:
        return Condition(operator, name, tuple(value.upper() for value in values), case_sensitive=False)
    return Condition(operator, name, values)


def some_filter(dice: random.Random, depth: int = 0) -> Filter:
    roll = dice.random()
    if depth > 1 or roll < 0.5:
        return some_condition(dice)
    if roll < 0.65:
        return AllOf(tuple(some_filter(dice, depth + 1) for _ in range(2)))
    if roll < 0.8:
        return AnyOf(tuple(some_filter(dice, depth + 1) for _ in range(2)))
    if roll < 0.9:
        return Not(some_filter(dice, depth + 1))
    return Did(some_condition(dice), dice.random() < 0.5)


def some_question(dice: random.Random) -> Question:
    zone = dice.choice(ZONES)
    since = datetime(2026, 3, 4, tzinfo=ZoneInfo(zone))
    until = since + timedelta(days=dice.choice([1, 2, 30]))
    names = [*DIMENSIONS, "prop:plan"]
    dimensions = tuple(dice.sample(names, dice.choice([0, 1, 1, 2])))
    deeds = {"feature", "currency", "prop:plan", "missing_page", "outbound_link", "download"} & set(dimensions)
    metrics = sorted(METRICS)
    if deeds:
        metrics = ["visitors", "visits", "pageviews", "events", "revenue", "average_revenue", "consented_visitors"]
    filters = tuple(some_filter(dice) for _ in range(dice.choice([0, 1, 1, 2])))
    chosen = tuple(dice.sample(metrics, dice.randint(1, min(4, len(metrics)))))
    return question(*chosen, timezone=zone, period=Period(since, until), dimensions=dimensions, filters=filters)


@pytest.mark.parametrize("seed", range(8 if os.environ.get("FOOTFALL_TEST_THOROUGH") else 4))
def test_answers_agree_with_an_oracle_that_knows_no_sql(store: Store, seed: int) -> None:
    dice = random.Random(seed)
    told = 0
    for zone in ZONES:
        store.writer.command("truncate table events")
        store.writer.command("truncate table visits")
        rows = keep(store, some_events(seed, visits=70), timezone=zone, segment=seed * 10 + ZONES.index(zone))
        for _ in range(12):
            asked = some_question(dice)
            while asked.timezone != zone:
                asked = some_question(dice)
            expected = Oracle(rows, asked).answer()
            got = {row.dimensions: row.metrics for row in ask(store, asked).rows}
            assert got.keys() == expected.keys(), asked
            for group, numbers in got.items():
                for name, number, exact in zip(asked.metrics, numbers, expected[group], strict=True):
                    if exact is None:
                        assert number is None, (asked, group, name)
                    else:
                        rounding = 0.5 * 10 ** -METRICS[name].decimals + 1e-6
                        assert number == pytest.approx(exact, abs=rounding), (asked, group, name)
                    told += 1
    assert told > 100
