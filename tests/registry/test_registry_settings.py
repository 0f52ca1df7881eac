"""The table of site settings, the presets, and the page of documentation that is made of them."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from registry import site as words
from registry.errors import NotAllowed
from registry.manual import site_settings_page
from registry.presets import PRESETS
from registry.site import Site
from registry.site_settings import SETTINGS, apply, default_of, differences

PLAIN = Site(id=1, host="example.com")
NO_SETTING = {"id", "host", "state", "frozen_until"}


def test_every_field_of_a_site_is_a_setting_and_the_other_way_round() -> None:
    assert set(Site.__struct_fields__) - NO_SETTING == set(SETTINGS)


@pytest.mark.parametrize("key", SETTINGS)
def test_what_is_shown_can_be_typed_again(key: str) -> None:
    row = SETTINGS[key]
    assert row.parse(row.render(getattr(PLAIN, key))) == getattr(PLAIN, key)
    assert default_of(key) == row.render(getattr(PLAIN, key))


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("mode", words.Mode),
        ("gpc", words.Signal),
        ("dnt", words.Signal),
        ("cookies_disabled", words.CookiesDisabled),
        ("denied", words.Denied),
        ("pixel", words.Pixel),
        ("place", words.Place),
        ("props", words.Props),
        ("legal_basis", words.LegalBasis),
    ],
)
def test_a_choice_allows_what_its_type_allows(key: str, kind: Any) -> None:
    assert {SETTINGS[key].parse(choice) for choice in SETTINGS[key].choices} == set(get_args(kind))


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("mode", "None", "none"),
        ("place", " city ", "city"),
        ("legal_basis", "", ""),
        ("legal_basis", "unset", ""),
        ("hosts", "Shop.example.com, *.example.org", ("shop.example.com", "*.example.org")),
        ("hosts", "", ()),
        ("keep_query", "page,page,filter[size]", ("page", "filter[size]")),
        ("exclude", "/admin/**,/x", ("/admin/**", "/x")),
        ("titles", "on", True),
        ("retention_days", "30", 30),
        ("min_group", "50", 50),
        ("timezone", "Europe/Berlin", "Europe/Berlin"),
        ("name", "Käse & Co", "Käse & Co"),
        ("alias", "b59e2f10-0c5f-4d2d-9d0a-6f3a7a6c1c11,7", ("b59e2f10-0c5f-4d2d-9d0a-6f3a7a6c1c11", "7")),
    ],
)
def test_a_setting_is_read_as_typed(key: str, text: str, value: object) -> None:
    assert getattr(apply(PLAIN, {key: text}), key) == value


@pytest.mark.parametrize(
    ("key", "text", "hint"),
    [
        ("mode", "dialy", "none, daily, hybrid or consent_only"),
        ("titles", "yes", "on or off"),
        ("retention_days", "761", "from 1 to 760"),
        ("retention_days", "0", "from 1 to 760"),
        ("retention_days", "-1", "from 1 to 760"),
        ("retention_days", "1_0", "from 1 to 760"),
        ("retention_days", "٣", "from 1 to 760"),
        ("min_group", "51", "from 1 to 50"),
        ("timezone", "Berlin", "did you mean Europe/Berlin"),
        ("timezone", "Europe/Berln", "did you mean Europe/Berlin"),
        ("timezone", "../../etc/passwd", "IANA name"),
        ("timezone", "", "IANA name"),
        ("preset", "lax", "standard, strict, fr-exempt, uk-stat or consent"),
        ("hosts", "https://a.com", "host alone: a.com"),
        ("exclude", "admin", "must begin with /"),
        ("exclude", "/a?b=1", "hold no query"),
        ("keep_query", "a b", "not the name of a query parameter"),
        ("name", "a\u202eb", "invisible"),
        ("name", "x" * 101, "too long"),
        ("alias", ",".join(map(str, range(201))), "more than 200"),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_allowed(key: str, text: str, hint: str) -> None:
    with pytest.raises(NotAllowed) as told:
        apply(PLAIN, {key: text})
    assert key in str(told.value)
    assert hint in str(told.value)


def test_an_unknown_key_is_answered_with_all_there_are() -> None:
    with pytest.raises(NotAllowed) as told:
        apply(PLAIN, {"retention": "30"})
    assert "did you mean retention_days?" in str(told.value)
    assert all(key in str(told.value) for key in SETTINGS)


def test_one_wrong_value_changes_nothing() -> None:
    with pytest.raises(NotAllowed):
        apply(PLAIN, {"mode": "none", "place": "street"})


def test_differences_are_told_as_typed() -> None:
    after = apply(PLAIN, {"titles": "on", "legal_basis": "consent", "mode": "daily"})
    assert differences(PLAIN, after) == [("legal_basis", "unset", "consent"), ("titles", "off", "on")]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_puts_every_setting_that_it_governs_in_force(name: str) -> None:
    site = apply(PLAIN, {"preset": name})
    running = {key: SETTINGS[key].render(getattr(site, key)) for key in PRESETS[name].settings}
    assert running == dict(PRESETS[name].settings)
    assert site.preset == name


def test_standard_is_the_default() -> None:
    assert apply(PLAIN, {"preset": "standard"}) == PLAIN


def test_what_is_given_beside_a_preset_wins_whatever_the_order() -> None:
    assert apply(PLAIN, {"min_group": "20", "preset": "strict"}).min_group == 20
    assert apply(PLAIN, {"preset": "strict", "min_group": "20"}).min_group == 20


def test_leaving_a_preset_undoes_what_it_governed() -> None:
    strict = apply(PLAIN, {"preset": "strict", "timezone": "Asia/Tokyo"})
    assert apply(strict, {"preset": "standard"}) == msgspec.structs.replace(PLAIN, timezone="Asia/Tokyo")


@pytest.mark.parametrize(
    ("preset", "promises"),
    [
        ("standard", {"mode": "daily", "gpc": "decline", "dnt": "decline", "cookies_disabled": "decline"}),
        ("standard", {"place": "country", "retention_days": 760, "denied": "drop", "pixel": "off"}),
        ("strict", {"mode": "none", "pixel": "off", "min_group": 10, "retention_days": 30, "props": "registered"}),
        ("strict", {"first_party_only": True}),
        ("fr-exempt", {"legal_basis": "exempt_measurement", "retention_days": 760, "place": "country"}),
        ("uk-stat", {"legal_basis": "exempt_measurement"}),
        ("consent", {"mode": "consent_only", "legal_basis": "consent"}),
    ],
)
def test_a_preset_keeps_its_promise(preset: str, promises: dict[str, object]) -> None:
    site = apply(PLAIN, {"preset": preset})
    assert {key: getattr(site, key) for key in promises} == promises


def test_a_preset_cannot_be_altered() -> None:
    with pytest.raises(TypeError):
        PRESETS["strict"].settings["mode"] = "daily"  # type: ignore[index]


def test_the_page_has_a_heading_for_every_setting_and_names_every_preset() -> None:
    lines = site_settings_page().splitlines()
    assert [line for line in lines if line.startswith("### ")] == [f"### `{key}`" for key in SETTINGS]
    assert all(any(line.startswith(f"- **{name}**: ") for line in lines) for name in PRESETS)
    assert "Default: `760` days. Allowed: a whole number from 1 to 760." in lines
