"""Searching files: finds a word in any of them, and leaves an open registry its locks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from footfall.audit import searching
from footfall.audit.searching import holding_files
from registry.registry import Registry

ROOT = Path(__file__).parents[2]


def test_it_names_the_files_that_changed_and_hold_a_word(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\x00\xff" + "before grüß after".encode())
    (tmp_path / "other").write_text("nothing")
    (tmp_path / "old").write_text("grüß")
    os.utime(tmp_path / "old", (1000, 1000))
    (tmp_path / "link").symlink_to(tmp_path / "old")
    assert holding_files(tmp_path, ["absent", "grüß"], since=2000) == (["deep/file"], 2)
    assert holding_files(tmp_path, ["absent"], since=0) == ([], 3)


def test_what_cannot_be_searched_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "__file__", str(tmp_path / "is-not-there.py"))
    with pytest.raises(OSError, match="could not be searched"):
        holding_files(tmp_path, ["x"], since=0)


@pytest.mark.parametrize("look", ["search", "open again"])
def test_a_registry_that_was_looked_at_still_sees_what_another_process_changes(tmp_path: Path, look: str) -> None:
    url = f"sqlite:///{tmp_path / 'registry.sqlite'}"
    with Registry.open(url) as registry:
        registry.sites.add("example.com")
        if look == "search":
            holding_files(tmp_path, ["absent"], since=0)
        else:
            Registry.open(url).close()
        for host in ("second.example", "third.example"):
            add_elsewhere(url, host)
            assert host in [site.host for site in registry.sites.list()]


def add_elsewhere(url: str, host: str) -> None:
    """Add a site in a process of its own, which tidies up as it ends if nobody else seems to have the file open."""
    code = f"from registry.registry import Registry\nwith Registry.open({url!r}) as one: one.sites.add({host!r})"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
