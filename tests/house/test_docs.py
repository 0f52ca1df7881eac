"""Documentation that fails the build when it lies.

Generated pages equal their tables, every name has a heading, every promise names a test, every link leads somewhere.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import fields

from clickhouse.rows import Reason
from collector.dialects.plausible import Spoken
from collector.endpoint import EVENT_PATHS
from collector.peers import MANNERS, OWN
from dashboard.people import MAY
from dashboard.routes import ROUTES
from footfall.documents import documents

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "js-snippet" / "README.md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
ROW = re.compile(r"^\| (`/[^|]*) \| ([^|]*)", re.MULTILINE)
TEST = re.compile(r"`(test_\w+)`")


def headings(path: Path) -> set[str]:
    return {line.lstrip("#").strip() for line in path.read_text().splitlines() if line.startswith("#")}


@cache
def names_of_tests() -> frozenset[str]:
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
    return frozenset(found)


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


def told_routes(heading: str) -> dict[str, str]:
    """Read the routes below a heading of docs/routes.md, each with the second cell of its row."""
    told: dict[str, str] = {}
    text = (ROOT / "docs" / "routes.md").read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for names, second in ROW.findall(text):
        paths = re.findall(r"`([^`]+)`", names)
        told |= {path if path.startswith("/") else paths[0] + path: second for path in paths}
    return told


def test_every_route_of_the_dashboard_says_what_it_needs() -> None:
    told = told_routes("The dashboard")
    assert set(told) == {row.path for row in ROUTES}
    assert not [row for row in ROUTES if f"{row.method} `{row.needs}`" not in told[row.path]]


def test_every_role_says_what_it_may() -> None:
    text = (ROOT / "docs" / "routes.md").read_text()
    rows = [f"| {role} | {', '.join(f'`{act}`' for act in sorted(acts))} |" for role, acts in MAY.items()]
    assert not [row for row in rows if row not in text]


def test_every_route_of_the_collector_is_told() -> None:
    named = {*EVENT_PATHS, *MANNERS, *OWN}
    for module in (ROOT / "collector").rglob("*.py"):
        named |= set(re.findall(r"\bRoute\(\"([^\"]+)\"", module.read_text()))
        named |= set(re.findall(r"^PATH = \"([^\"]+)\"", module.read_text(), re.MULTILINE))
    assert set(told_routes("The collector")) - {"/s.vitals.js", "/s.privacy.js"} == named


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
