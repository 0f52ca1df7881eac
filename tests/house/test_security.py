"""The table of docs/security.md: each threat has a row, each row names tests, each test exists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from test_docs import names_of_tests

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in (ROOT / "docs" / "security.md").read_text().splitlines()
    if re.match(r"\| S\d+ ", line)
]


@cache
def all_names() -> frozenset[str]:
    told = (path.read_text() for path in (ROOT / "js-snippet" / "tests").glob("*.test.js"))
    return names_of_tests() | {name for text in told for name in re.findall(r'^test\("([^"]+)"', text, re.MULTILINE)}


def test_every_threat_has_its_row() -> None:
    assert [row[0].strip("| ") for row in ROWS] == [f"S{number}" for number in range(1, 27)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("| "))
def test_a_row_says_what_we_do_and_names_tests_that_exist(row: list[str]) -> None:
    _, threat, deed, tests = row
    assert threat
    assert deed
    named = set(re.findall(r"`([^`]+)`", tests))
    assert named
    assert named <= all_names(), named - all_names()
