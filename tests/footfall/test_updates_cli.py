"""`footfall geo update` and `footfall lists update`, as one types them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cli_world import Home
from updates_world import FileServer, dbip, geo_file, geolite2, lists, serving, tarred


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as running:
        yield running


def test_geo_update_says_what_is_in_place(home: Home, server: FileServer) -> None:
    server.files = dbip(geo_file(), f"{datetime.now(UTC):%Y-%m}")
    told = home.run("geo", "update", "--from", server.url)
    assert (told.returncode, told.stdout.startswith("DBIP-Country-Lite of 20")) == (0, True), told.stderr
    assert (home.data / "geo.mmdb").exists()


def test_geo_update_says_when_a_setting_names_another_file(home: Home, server: FileServer) -> None:
    home.environment["FOOTFALL_GEO"] = "/nowhere/other.mmdb"
    server.files = dbip(geo_file(), f"{datetime.now(UTC):%Y-%m}")
    told = home.run("geo", "update", "--from", server.url)
    assert (told.returncode, "/nowhere/other.mmdb" in told.stderr) == (0, True)


def test_the_key_comes_from_stdin_and_is_never_said(home: Home, server: FileServer) -> None:
    packed = tarred({"x/GeoLite2-City.mmdb": geo_file("GeoLite2-City")})
    server.files = geolite2(packed, "City")
    words = ("geo", "update", "--source", "geolite2", "--edition", "city", "--account", "4711", "--key-stdin")
    good = home.run(*words, "--from", server.url, stdin="s3cret-key\n")
    assert (good.returncode, good.stdout.split()[0]) == (0, "GeoLite2-City"), good.stderr
    server.status = 401
    bad = home.run(*words, "--from", server.url, stdin="s3cret-key\n")
    assert (bad.returncode, bad.stderr.count("\n")) == (1, 1)
    assert "s3cret" not in good.stdout + good.stderr + bad.stdout + bad.stderr


def test_what_cannot_be_fetched_is_one_line_and_exit_1(home: Home, server: FileServer) -> None:
    for words in (("geo", "update"), ("lists", "update"), ("geo", "update", "--source", "geolite2")):
        told = home.run(*words, "--from", server.url)
        assert (told.returncode, told.stdout, told.stderr.count("\n")) == (1, "", 1), words
        assert told.stderr.startswith("footfall: ")
    assert home.run("geo", "update", "--source", "elsewhere").returncode == 2


def test_lists_update_says_how_many_names_came(home: Home, server: FileServer) -> None:
    server.files = lists()
    told = home.run("lists", "update", "--from", server.url)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("3 search engines, 1 social networks, 1 assistants, 3 spam hosts are in place")
    assert (home.data / "lists" / "sources.toml").exists()
