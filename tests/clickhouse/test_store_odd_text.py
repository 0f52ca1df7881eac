"""The text of odd questions: golden files, no value in it, and a first line that asks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from store_world import days, only

from clickhouse.ask import Did
from clickhouse.ask.odd import Scope, text_of, write

GOLDEN = Path(__file__).parents[1] / "golden" / "odd"
QUESTIONS = Path(__file__).parents[2] / "clickhouse" / "questions"


def scope(*filters: Any) -> Scope:
    period = days("2026-03-01", "2026-04-01", "Europe/Berlin")
    return Scope(site_id=1, timezone="Europe/Berlin", period=period, filters=filters)


CASES: dict[str, tuple[Any, ...]] = {
    "journeys_of_a_country": ("journeys", scope(only("country", "DE")), "whole visits", {}, {}),
    "funnel_of_a_source": ("funnel", scope(only("source", "Google")), "whole visits", {},
                               {"fits": [only("page", "/a"), only("feature", "Signup")]}),
    "goals_of_a_page": ("goals", scope(only("page", "/a")), "events", {}, {"reached": [only("feature", "Signup")]}),
    "visits_of_day_with_a_feature": ("visits_of_day", scope(only("feature", "Signup")), "visits", {}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_odd_statement_reads_as_its_golden_file(name: str) -> None:
    file, asked, reads, values, marks = CASES[name]
    sql = write(file, asked, reads, values, marks).sql + "\n"
    path = GOLDEN / f"{name}.sql"
    if os.environ.get("FOOTFALL_GOLDEN") == "write":
        path.write_text(sql)
    assert sql == path.read_text()


def test_no_value_stands_in_the_text() -> None:
    attack = "x' or 1=1 --"
    for file, reads in (
        ("journeys", "whole visits"),
        ("busy_hours", "events"),
        ("engagement", "pages"),
        ("cohorts", "visits"),
    ):
        asked = scope(only("country", attack), only("page", attack), Did(only("feature", attack)))
        statement = write(file, asked, reads, {"page": attack})
        assert attack not in statement.sql
        assert [value for value in statement.binds.values() if attack in str(value)]


@pytest.mark.parametrize("path", sorted(QUESTIONS.glob("*.sql")), ids=lambda path: path.stem)
def test_every_file_begins_with_its_question_and_names_the_site(path: Path) -> None:
    text = text_of(path.stem)
    first = text.splitlines()[0]
    assert first.startswith("-- ")
    assert first.endswith("?")
    assert "{site:UInt32}" in text or "{sites:" in text


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.sql")} == set(CASES)
