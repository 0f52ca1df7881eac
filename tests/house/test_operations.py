"""What an operator watches: metrics, alerts and dashboard say the same names; each has a row that says what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from clickhouse.rows import Reason
from collector.health import Condition, Health, exposition
from collector.tally import Ledger

DOCS = Path(__file__).parents[2] / "docs"
NAME = re.compile(r"footfall_\w+")
RULES: list[dict[str, Any]] = yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"][0]["rules"]
PANELS: list[dict[str, Any]] = json.loads((DOCS / "grafana.json").read_text())["panels"]


class NoSites:
    def by_id(self, _site_id: int) -> None:
        return None


def metrics() -> set[str]:
    """The names that `/metrics` tells."""
    told = Health(lambda: Ledger({1: 1}, {1: {Reason.GPC: 1}}), NoSites(), Condition, "")._families()
    names = {name for name, *_ in told}
    assert names == {line.split()[2] for line in exposition(told).splitlines() if line.startswith("# TYPE")}
    return names


def rows() -> dict[str, list[str]]:
    """The first cell of each row of the page, and the other cells."""
    lines = (DOCS / "operations.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")]
    return {re.sub(r"^\|? ?`|`$", "", first): rest for first, *rest in cells if first.endswith("`")}


def test_every_metric_has_a_row_and_every_row_a_metric() -> None:
    assert {name for name in rows() if NAME.fullmatch(name)} == metrics()


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
    assert used <= metrics()
    assert used or rule["expr"].startswith("up{")
    assert re.fullmatch(r"\d+m", rule["for"])


def test_every_panel_asks_for_metrics_that_exist_and_every_metric_has_a_panel() -> None:
    asked = {name for panel in PANELS for target in panel["targets"] for name in NAME.findall(target["expr"])}
    assert asked == metrics()
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
