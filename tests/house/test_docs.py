"""Documentation that fails the build when it lies.

Generated pages equal their tables, every name has a heading, every promise names a test, every link leads somewhere.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from msgspec.structs import fields

from clickhouse.rows import Reason
from collector.dialects.plausible import Spoken
from footfall.documents import documents

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "js-snippet" / "README.md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
TEST = re.compile(r"`(test_\w+)`")


def headings(path: Path) -> set[str]:
    return {line.lstrip("#").strip() for line in path.read_text().splitlines() if line.startswith("#")}


def names_of_tests() -> set[str]:
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
    return found


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_a_generated_page_is_what_its_tables_say(path: Path) -> None:
    assert path.read_text() == documents()[path], "write it again: python -m footfall.documents"


def test_every_refusal_reason_has_a_heading() -> None:
    told = headings(ROOT / "docs" / "refusals.md")
    assert {f"`{reason}`" for reason in Reason} <= told


def test_every_wire_field_has_a_heading() -> None:
    told = " ".join(heading for heading in headings(ROOT / "docs" / "wire.md") if "`" in heading)
    names = {field.encode_name for field in fields(Spoken)}
    assert not [name for name in sorted(names) if f"`{name}`" not in told]


def test_every_promise_names_a_test_that_exists() -> None:
    text = (ROOT / "docs" / "privacy.md").read_text()
    promises = [part for part in re.split(r"\n(?=- )", text) if part.startswith("- ")]
    assert promises
    known = names_of_tests()
    for promise in promises:
        named = TEST.findall(promise)
        assert named, f"this promise names no test: {promise}"
        assert set(named) <= known, f"{set(named) - known} does not exist: {promise}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]
    gone = [target for target in targets if not (page.parent / target).exists()]
    assert not gone
