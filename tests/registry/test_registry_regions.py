"""Names of regions: every code is one, every name is there, and what is unknown stays itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from registry import regions
from registry.countries import COUNTRIES
from registry.regions import REGIONS, region_code, region_name

WELL_KNOWN = [
    ("US-CA", "California"),
    ("DE-BE", "Berlin"),
    ("GB-SCT", "Scotland"),
    ("FR-IDF", "Île-de-France"),
    ("JP-13", "Tokyo"),
    ("IT-62", "Lazio"),
    ("CH-ZH", "Zurich"),
    ("IN-MH", "Maharashtra"),
    ("BR-SP", "São Paulo"),
    ("AU-NSW", "New South Wales"),
    ("SE-M", "Skåne"),
    ("NL-LI", "Limburg (NL)"),
    ("BE-VLI", "Limburg (BE)"),
    ("XX-YY", "XX-YY"),
    ("", ""),
]
# How many first-level regions a country has; with provinces beside regions, or former codes, more.
COMPLETE = {"US": 56, "CA": 13, "DE": 16, "AT": 9, "CH": 26, "NL": 12, "PL": 16, "IT": 20, "SE": 21, "JP": 47, "BR": 27}


@pytest.mark.parametrize(("code", "name"), WELL_KNOWN)
def test_a_region_is_called_by_its_name(code: str, name: str) -> None:
    assert region_name(code) == name


def test_every_code_is_one_of_a_country_we_name() -> None:
    for code, name in REGIONS.items():
        country, _, region = code.partition("-")
        assert country in COUNTRIES, code
        assert re.fullmatch(r"[A-Z0-9]{1,3}", region), code
        assert name == name.strip() != "", code


def test_no_code_is_named_twice() -> None:
    text = (Path(regions.__file__).parent / "data" / "regions.txt").read_text(encoding="utf-8")
    codes = [code for code, _ in regions._rows(text)]
    assert sorted(codes) == sorted(REGIONS)


@pytest.mark.parametrize(("country", "number"), COMPLETE.items())
def test_all_regions_of_a_country_are_there(country: str, number: int) -> None:
    assert len([code for code in REGIONS if code.startswith(f"{country}-")]) == number


@pytest.mark.parametrize(
    ("country", "name", "code"),
    [("DE", "Bavaria", "DE-BY"), ("ES", "madrid", "ES-MD"), ("DE", "Texas", ""), ("US", "", "")],
)
def test_a_name_finds_its_code_within_the_country(country: str, name: str, code: str) -> None:
    assert region_code(country, name) == code
