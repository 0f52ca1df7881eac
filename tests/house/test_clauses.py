"""The tables of docs/clauses.md: each clause and each invariant has a row, each row names tests, each test exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_security import all_names

TEXT = (Path(__file__).parents[2] / "docs" / "clauses.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in TEXT.splitlines()
    if re.match(r"\| [CI]\d", line)
]
NAMES = all_names()


def test_every_clause_and_every_invariant_has_its_row() -> None:
    clauses, invariants = (f"C{number}" for number in range(1, 33)), (f"I{number}" for number in range(1, 13))
    assert [row[0] for row in ROWS] == [*clauses, *invariants]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_clause_names_tests_that_exist(row: list[str]) -> None:
    assert all(row)
    assert len(row) == (4 if row[0].startswith("C") else 3)
    named = set(re.findall(r"`([^`]+)`", row[-1]))
    assert named
    assert named <= NAMES, named - NAMES
