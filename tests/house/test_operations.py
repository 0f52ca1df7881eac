"""What an operator watches: metrics, alerts and dashboard say the same names; each has a row that says what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from clickhouse.rows import Reason
from collector.condition import Condition
from collector.health import Health, exposition
from collector.tally import Ledger

DOCS = Path(__file__).parents[2] / "docs"
NAME = re.compile(r"footfall_\w+")
LABEL = re.compile(r'(\w+)(?:=|!=|=~|!~)"')
LEGEND = re.compile(r"\{\{(\w+)\}\}")
RULES: list[dict[str, Any]] = yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"][0]["rules"]
PANELS: list[dict[str, Any]] = json.loads((DOCS / "grafana.json").read_text())["panels"]


class NoSites:
    def by_id(self, _site_id: int) -> None:
        return None


def metrics() -> dict[str, set[str]]:
    """The names that `/metrics` tells, with the labels of each."""
    told = Health(lambda: Ledger({1: 1}, {1: {Reason.GPC: 1}}), NoSites(), Condition, "")._families()
    found: dict[str, set[str]] = {}
    for line in exposition(told).splitlines():
        if line.startswith("# TYPE "):
            found[line.split()[2]] = set()
        elif not line.startswith("#"):
            found[line.split("{")[0].split()[0]] |= set(LABEL.findall(line))
    assert found.keys() == {name for name, *_ in told}
    return found


def labels_asked_for(expression: str) -> set[str]:
    """The labels that a question of Prometheus names: what it groups by, and what it selects."""
    grouped = re.findall(r"\b(?:by|without|on|ignoring) ?\(([^)]*)\)", expression)
    return {label.strip() for labels in grouped for label in labels.split(",")} | set(LABEL.findall(expression))


def rows() -> dict[str, list[str]]:
    """The first cell of each row of the page, and the other cells."""
    lines = (DOCS / "operations.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")]
    return {re.sub(r"^\|? ?`|`$", "", first): rest for first, *rest in cells if first.endswith("`")}


def test_every_metric_has_a_row_and_every_row_a_metric() -> None:
    assert {name for name in rows() if NAME.fullmatch(name)} == metrics().keys()


def test_every_alert_has_a_row_and_every_row_an_alert() -> None:
    assert {name for name in rows() if name.startswith("Footfall")} == {rule["alert"] for rule in RULES}


@pytest.mark.parametrize("name", sorted({*metrics(), *(rule["alert"] for rule in RULES)}))
def test_each_row_says_what_it_means_and_what_to_do(name: str) -> None:
    meaning, deed = rows()[name]
    assert len(meaning) > 10
    assert deed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_asks_for_metrics_that_exist(rule: dict[str, Any]) -> None:
    used = set(NAME.findall(rule["expr"]))
    assert used <= metrics().keys()
    assert all(labels_asked_for(rule["expr"]) <= metrics()[name] for name in used)
    assert used or rule["expr"].startswith("up{")
    assert re.fullmatch(r"\d+m", rule["for"])


def test_every_panel_asks_for_metrics_that_exist_and_every_metric_has_a_panel() -> None:
    asked = {name for panel in PANELS for target in panel["targets"] for name in NAME.findall(target["expr"])}
    assert asked == metrics().keys()
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: str(panel["title"]))
def test_a_panel_groups_and_names_its_lines_by_labels_that_its_metrics_have(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        asked = labels_asked_for(target["expr"])
        assert all(asked <= metrics()[name] for name in NAME.findall(target["expr"])), target
        # What is not grouped by is not left to name a line by, once something is added up.
        has = [metrics()[name] for name in NAME.findall(target["expr"])]
        left = asked if "sum" in target["expr"] else set().union(*has)
        assert set(LEGEND.findall(target.get("legendFormat", ""))) <= left, target


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_tells_whoever_is_called_what_the_page_tells(rule: dict[str, Any]) -> None:
    meaning, deed = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", cell) for cell in rows()[rule["alert"]])
    assert (rule["annotations"]["summary"], rule["annotations"]["description"]) == (meaning, deed)
    page, _, heading = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^## (.+)$", (DOCS / page).read_text(), re.MULTILINE)
    assert heading in {title.lower().replace(" ", "-") for title in headings}
