"""Notice, record of processing and annexes: every figure in them is a setting's, in every preset and language."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from collector.privacy import notice
from collector.privacy.notice import notice_of, version_of
from collector.privacy.texts import CATALOGUES, DAYS_IN_A_MONTH, LANGUAGES
from collector.settings import load
from collector.vid import COOKIE_SECONDS, OLDEST_DAYS
from footfall import night
from footfall.register.annexes import ANNEXES
from footfall.register.facts import Facts, gather
from footfall.register.record import OPEN, as_csv, as_json, as_markdown, entries_of
from registry.presets import PRESETS
from registry.purposes import purposes
from registry.registry import Registry
from registry.site import CONSENT_MODES, Site
from registry.site_settings import SETTINGS, apply
from registry.tables import metadata

VARIED = (
    {"retention_days": "123", "min_group": "17", "timezone": "Europe/Berlin", "place": "city", "age_city_days": "31"},
    {
        "retention_days": "59",
        "after_retention": "anonymise",
        "min_group": "33",
        "mode": "hybrid",
        "legal_basis": "consent",
    },
    {"place": "region", "age_region_days": "45", "keep_query": "q,page", "titles": "on", "referrer_paths": "on"},
    {"props": "registered", "prop_keys": "plan,size", "gpc": "ignore", "dnt": "ignore", "cookies_disabled": "count"},
)
FIGURE = re.compile(r"(?<![\w.])\d[\d.,\u202f ]*\d|(?<![\w.])\d")
CASES = [{"preset": name} for name in PRESETS] + [{"preset": name, **some} for name in PRESETS for some in VARIED]


def site_of(changes: dict[str, str]) -> Site:
    return apply(Site(id=1, host="shop.example"), changes)


def days_allowed(site: Site) -> set[int]:
    """Every figure that settings and constants give this site's notice."""
    days = {site.retention_days, site.age_city_days, site.age_region_days, OLDEST_DAYS}
    days |= {night.LONGEST_DAYS} if site.after_retention == "anonymise" else set()
    return days | {round(day / DAYS_IN_A_MONTH) for day in days} | {site.min_group}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}") as registry:
        yield registry


@pytest.fixture(params=CASES, ids=lambda case: " ".join(f"{key}={value}" for key, value in case.items()))
def facts(request: pytest.FixtureRequest, registry: Registry) -> Facts:
    site = registry.sites.add("shop.example", **request.param)
    return gather(registry, site, load({"FOOTFALL_DATA": "/nowhere"}))


def figures(text: str) -> set[int]:
    return {int(re.sub(r"\D", "", found)) for found in FIGURE.findall(text)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_of_a_notice_is_a_setting(language: str) -> None:
    for case in CASES:
        site = site_of(case)
        text = notice_of(site, language, since=0)
        body = "\n".join(line for line in text.splitlines() if version_of(site) not in line)
        assert figures(body) <= days_allowed(site), case
        assert {site.retention_days, site.min_group} <= figures(body), case
        if site.mode in CONSENT_MODES:
            assert OLDEST_DAYS in figures(body)
        if site.place == "city" and site.age_city_days:
            assert site.age_city_days in figures(body)
        if site.mode in ("daily", "hybrid"):
            assert site.timezone in body
        assert (", ".join(site.prop_keys) in body, ", ".join(site.keep_query) in body) == (True, True)
        assert "{" not in text


def test_the_notice_says_what_each_setting_says() -> None:
    words = CATALOGUES["en"].says["notice"]
    loud = notice_of(site_of({"mode": "none", "place": "none", "gpc": "ignore", "dnt": "ignore"}), "en", since=0)
    assert words["apart_none"] in loud
    assert words["signal_gpc"] not in loud
    assert "roughly where from" not in loud
    named = msgspec.structs.replace(site_of({}), controller="ACME, Berlin", contact="p@acme.example", dpo="Dr. D",
                                    authority="BlnBDI", hosting="Hetzner, Germany")  # fmt: skip
    told = notice_of(named, "en", since=0, people=4)
    for word in ("4 people of ACME, Berlin", "p@acme.example", "Dr. D", "BlnBDI", "Hetzner, Germany"):
        assert word in told


def test_a_version_changes_with_what_the_notice_says_and_with_nothing_else() -> None:
    plain = site_of({})
    silent = {"name": "Shop", "hosts": "a.example", "exclude": "/admin/**", "alias": "42", "show_audit": "on"}
    assert version_of(apply(plain, silent)) == version_of(plain)
    for key, value in {"retention_days": "30", "gpc": "ignore", "contact": "me@example.com", "place": "none"}.items():
        assert version_of(apply(plain, {key: value})) != version_of(plain)
    assert all(version_of(plain) in notice_of(plain, language, since=0) for language in LANGUAGES)


def test_when_daily_sums_become_monthly_is_what_the_nights_do() -> None:
    assert notice.MONTHLY_AFTER_DAYS == night.LONGEST_DAYS


def test_every_time_limit_of_the_record_is_the_setting(facts: Facts) -> None:
    site, told = facts.site, {limit.what: limit.days for limit in facts.limits}
    assert told["single events and visits"] == site.retention_days
    assert told["counts of what was refused"] == night.REFUSALS_DAYS
    assert told.get("city of a visit", 0) == (site.age_city_days if site.place == "city" else 0)
    cookie = told.get("cookie of a consented visitor, in the browser")
    assert cookie == (COOKIE_SECONDS // 86_400 if site.mode in CONSENT_MODES else None)
    assert ("key of the visitor numbers" in told) == (site.mode != "none")
    for view in ("controller", "processor"):
        text = as_markdown(facts, view)
        if view == "controller":
            assert f"single events and visits: {site.retention_days} days" in text
            assert f"fewer than {site.min_group} visitors" in text
        assert facts.version in text
        decoded = msgspec.json.decode(as_json(facts, view))
        assert {row["what"]: row["days"] for row in decoded["limits"]} == told
        rows = list(csv.reader(io.StringIO(as_csv(entries_of(facts, view)))))
        assert len(rows) == 1 + sum(len(entry.lines) for entry in entries_of(facts, view))


@pytest.mark.parametrize("annex", ANNEXES)
def test_every_number_of_an_annex_is_a_setting(facts: Facts, annex: str) -> None:
    site, text = facts.site, ANNEXES[annex](facts)
    assert str(site.retention_days) in text
    days = {int(number) for number in re.findall(r"(\d+) days", text)}
    assert days <= {site.retention_days, COOKIE_SECONDS // 86_400, OLDEST_DAYS, night.LONGEST_DAYS}
    groups = {int(number) for number in re.findall(r"fewer than (\d+)", text)}
    assert groups <= {site.min_group}
    assert (OPEN in text, "{" in text) == (True, False)
    if annex == "breach":
        assert ("pepper" in text) == (site.mode in CONSENT_MODES)
        assert (" city" in text) == (site.place == "city")


def test_instructions_are_told_with_who_gave_them(registry: Registry) -> None:
    registry.sites.add("shop.example")
    site = registry.sites.set("shop.example", {"retention_days": "90"}, by="owner@shop.example")
    text = as_markdown(gather(registry, site, load({"FOOTFALL_DATA": "/nowhere"})), "processor")
    assert "owner@shop.example: retention_days: 760 -> 90" in text


def test_every_table_of_the_registry_has_a_purpose() -> None:
    assert set(purposes()) == set(metadata.tables)
    assert {row.subjects for row in purposes().values()} == {"visitors", "staff", "nobody"}


def test_a_cell_of_the_csv_is_never_a_formula(registry: Registry) -> None:
    site = registry.sites.add("shop.example", controller="=HYPERLINK(1)")
    rows = csv.reader(io.StringIO(as_csv(entries_of(gather(registry, site, load({})), "controller"))))
    assert all(not row[2].startswith(("=", "+", "-", "@")) for row in rows)
    assert set(SETTINGS) >= {"controller", "contact", "dpo", "authority", "hosting"}
