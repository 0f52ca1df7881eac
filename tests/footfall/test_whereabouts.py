"""Whereabouts: a tag printed beside a running server names the port that this server has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_world import Home, running

from footfall.whereabouts import NAME, address_in, leave_address, take_address_away


def test_an_address_is_there_for_as_long_as_its_server(tmp_path: Path) -> None:
    assert address_in(tmp_path) is None
    leave_address(tmp_path, "http://127.0.0.1:4321")
    assert address_in(tmp_path) == "http://127.0.0.1:4321"
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    take_address_away(tmp_path)
    assert list(tmp_path.iterdir()) == []
    take_address_away(tmp_path)


def test_a_server_that_died_has_no_address(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / NAME).write_text(f"{gone.pid} http://127.0.0.1:4321\n")
    assert address_in(tmp_path) is None


def test_only_its_writer_takes_an_address_away(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(f"{os.getppid()} http://127.0.0.1:4321\n")
    take_address_away(tmp_path)
    assert address_in(tmp_path) == "http://127.0.0.1:4321"


@pytest.mark.parametrize("text", ["", "x", "12", "-1 http://a", "1 https://elsewhere.example", "\udcff"])
def test_what_is_no_address_counts_for_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert address_in(tmp_path) is None


def test_a_tag_names_the_port_of_the_running_server(home: Home) -> None:
    home.run("site", "add", "example.com")
    with running(home) as url:
        del home.environment["FOOTFALL_LISTEN"]
        told = home.run("snippet", "example.com").stdout
        assert told == f'<script defer src="{url}/s.js" data-site="example.com"></script>\n'
    assert not (home.data / NAME).exists()
    assert "127.0.0.1:8000" in home.run("snippet", "example.com").stdout
