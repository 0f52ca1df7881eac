"""The settings table: what may be said, who wins, and what an operator is told when it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.settings import SETTINGS, Settings, SettingsError, check_reachable, load, misspelt, settings_page


def test_every_row_of_the_table_is_a_field_and_every_field_a_row() -> None:
    assert [row.name.lower() for row in SETTINGS] == list(Settings.__struct_fields__)


def test_defaults_are_those_of_the_table() -> None:
    settings = load({})
    assert settings.data == Path("footfall-data").absolute()
    assert settings.store_dsn() == f"chdb://{settings.data}/store"
    assert settings.registry_url() == f"sqlite:///{settings.data}/registry.sqlite"
    assert [str(network) for network in settings.trusted_proxies] == ["127.0.0.1/32", "::1/128"]
    assert settings.listen == ("127.0.0.1", 8000)
    assert settings.is_embedded()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "footfall.toml"
    file.write_text('rate_limit = 7\nlog_level = "debug"\ntrusted_proxies = ["10.0.0.0/8", "::1"]\n')
    settings = load({"FOOTFALL_RATE_LIMIT": "9"}, file)
    assert (settings.rate_limit, settings.log_level) == (9, "debug")
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, ::/0"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("STORE", "postgres://u:hush@db/x"),
        ("STORE", ""),
        ("REGISTRY", "mysql://u:hush@db/x"),
        ("SALTS", "file:/tmp"),
        ("BASE_URL", "example.com"),
        ("BASE_URL", "https://example.com/?a=1"),
        ("BASE_URL", "https://example.com/a b"),
        ("BASE_URL", "https://me:hush@example.com"),
        ("BASE_URL", "javascript://example.com"),
        ("LISTEN", "8000"),
        ("LISTEN", "0.0.0.0:65536"),
        ("RATE_LIMIT", "-1"),
        ("RATE_LIMIT", "many"),
        ("LOG_LEVEL", "loud"),
        ("METRICS_TOKEN", "short"),
        ("METRICS_TOKEN", "has a blank in it, and hush"),
        ("DATA", ""),
    ],
)
def test_an_unusable_value_stops_with_one_line_that_names_the_setting_and_what_is_allowed(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({f"FOOTFALL_{name}": text})
    told = str(caught.value)
    assert told.startswith(f"FOOTFALL_{name} ")
    assert "allowed: " in told
    assert "\n" not in told
    assert "hush" not in told


def test_a_key_of_the_file_that_is_no_setting_is_refused_and_the_settings_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "footfall.toml"
    file.write_text("trusted_proxy = '10.0.0.1'\n")
    with pytest.raises(SettingsError, match="trusted_proxy is not a setting; allowed: data, store, "):
        load({}, file)


def test_a_file_that_is_not_toml_is_refused_without_its_contents(tmp_path: Path) -> None:
    file = tmp_path / "footfall.toml"
    file.write_text("store = clickhouse://u:hush@db")
    with pytest.raises(SettingsError, match="must be TOML") as caught:
        load({}, file)
    assert "hush" not in str(caught.value)


def test_a_misspelt_variable_is_named_with_what_was_meant() -> None:
    environ = {"FOOTFALL_TRUSTED_PROXY": "", "FOOTFALL_DATA": "x", "FOOTFALL_TEST_CLICKHOUSE": "", "HOME": "/"}
    assert misspelt(environ) == ["FOOTFALL_TRUSTED_PROXY is not a setting; did you mean FOOTFALL_TRUSTED_PROXIES?"]


@pytest.mark.parametrize(
    ("environ", "is_fine"),
    [
        ({}, True),
        ({"FOOTFALL_LISTEN": "[::1]:80"}, True),
        ({"FOOTFALL_LISTEN": "0.0.0.0:80"}, False),
        ({"FOOTFALL_LISTEN": "0.0.0.0:80", "FOOTFALL_BASE_URL": "https://stats.example.com"}, True),
    ],
)
def test_beyond_loopback_the_public_address_has_to_be_known(environ: dict[str, str], is_fine: bool) -> None:
    settings = load(environ)
    if is_fine:
        check_reachable(settings)
    else:
        with pytest.raises(SettingsError, match="FOOTFALL_BASE_URL"):
            check_reachable(settings)


@pytest.mark.parametrize(
    ("base_url", "path"),
    [("", ""), ("https://a.example", ""), ("https://a.example/_f/", "/_f"), ("http://a/x/y", "/x/y")],
)
def test_the_base_path_is_the_path_of_the_public_address(base_url: str, path: str) -> None:
    assert load({"FOOTFALL_BASE_URL": base_url}).base_path() == path


def test_settings_never_show_a_secret() -> None:
    settings = load(
        {
            "FOOTFALL_STORE": "clickhouse://u:hush@db/f",
            "FOOTFALL_REGISTRY": "postgresql://u:hush@db/f",
            "FOOTFALL_SALTS": "redis://:hush@db",
            "FOOTFALL_METRICS_TOKEN": "hushhushhushhush",
        }
    )
    assert "hush" not in repr(settings)
    assert "hush" not in str(settings)


def test_the_page_has_a_heading_with_default_and_bounds_for_every_setting() -> None:
    page = settings_page()
    for row in SETTINGS:
        section = page.split(f"### `FOOTFALL_{row.name}`\n")[1].split("### ")[0]
        assert row.help in section
        assert f"Allowed: {row.allowed}." in section
        assert f"`{row.default}`" in section if row.default else "Default: empty" in section
