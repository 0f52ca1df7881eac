"""Presets: frozen sets of settings, and how a site that left its preset is told so in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from registry.conformance import Deviation, deviations, in_words
from registry.presets import PRESETS
from registry.registry import Registry
from registry.site import Site
from registry.site_settings import SETTINGS, apply

GOLDEN = Path(__file__).parents[1] / "golden" / "presets.json"


def test_the_presets_are_frozen() -> None:
    """Who chose a preset chose these values: another value is another preset, or a release that says so.

    To change one on purpose, change tests/golden/presets.json with it and say so in CHANGELOG.md.
    """
    live = {name: dict(preset.settings) for name, preset in PRESETS.items()}
    assert live == json.loads(GOLDEN.read_text())


def test_a_preset_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(TypeError):
        PRESETS["strict"].settings["mode"] = "daily"  # type: ignore[index]
    with pytest.raises(TypeError):
        PRESETS["mine"] = PRESETS["strict"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        PRESETS["strict"].settings = {}  # type: ignore[misc]


@pytest.mark.parametrize("name", PRESETS)
def test_a_site_of_a_preset_is_what_the_preset_says(name: str, registry: Registry) -> None:
    site = registry.sites.add("one.example", preset=name, timezone="Europe/Berlin", redact="/staff/*")
    assert deviations(site) == []
    for key, value in PRESETS[name].settings.items():
        assert SETTINGS[key].render(getattr(site, key)) == value


def test_what_was_changed_afterwards_is_told_in_the_order_of_the_preset() -> None:
    plain = apply(Site(id=1, host="one.example"), {"preset": "strict"})
    site = apply(plain, {"min_group": "3", "mode": "daily", "name": "One", "gpc": "ignore"})
    assert deviations(site) == [
        Deviation("mode", "none", "daily"),
        Deviation("gpc", "decline", "ignore"),
        Deviation("min_group", "10", "3"),
    ]
    assert in_words(site, deviations(site)[0]) == "mode is daily; the preset strict says none"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("standard", {"mode": "daily", "gpc": "decline", "dnt": "decline", "cookies_disabled": "decline",
                      "place": "country", "retention_days": "760", "min_group": "5", "pixel": "off"}),
        ("strict", {"mode": "none", "place": "none", "pixel": "off", "min_group": "10", "retention_days": "30",
                    "first_party_only": "on", "props": "registered"}),
        ("fr-exempt", {"mode": "daily", "place": "country", "retention_days": "760", "gpc": "decline",
                       "legal_basis": "exempt_measurement"}),
        ("uk-stat", {"mode": "daily", "gpc": "decline", "legal_basis": "exempt_measurement"}),
        ("consent", {"mode": "consent_only", "denied": "drop", "legal_basis": "consent"}),
    ],
)  # fmt: skip
def test_each_preset_keeps_the_conditions_it_is_named_after(name: str, facts: dict[str, str]) -> None:
    assert facts.items() <= PRESETS[name].settings.items()
    assert PRESETS[name].settings["titles"] == "off"
    assert PRESETS[name].settings["referrer_paths"] == "off"
