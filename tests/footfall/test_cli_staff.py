"""What the command line does is noted like what anybody else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from footfall.cli.verbs import footfall
from registry.looks import Look
from registry.registry import Registry

PASSWORD = "correct horse battery\n"


def run(*words: str) -> tuple[str, str]:
    told = CliRunner().invoke(footfall, list(words), input=PASSWORD, catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.stdout, told.stderr


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOOTFALL_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def looks(data: Path) -> list[Look]:
    with Registry.open(f"sqlite:///{data / 'registry.sqlite'}") as registry:
        assert registry.looks.verify() is None
        return list(reversed(registry.looks.of_site(registry.sites.get("example.com").id)))


def test_what_the_command_line_does_is_noted_and_it_says_so(data: Path) -> None:
    run("site", "add", "example.com")
    run("site", "set", "example.com", "name=Our shop", "titles=on")
    out, remarks = run("key", "add", "--site", "example.com", "--scope", "stats:read")
    assert out.startswith("ff_")
    assert "noted among who looked at example.com: key add" in remarks
    told = looks(data)
    assert [(look.actor, look.auth, look.object) for look in told] == [
        ("command line", "machine", verb) for verb in ("site add", "site set", "key add")
    ]
    assert told[1].params == "name&titles"
    assert out.strip() not in str(told)


def test_support_is_let_in_for_hours_on_the_command_line_too(data: Path) -> None:
    run("site", "add", "example.com")
    out, _ = run("user", "add", "help@operator.example", "--role", "support", "--password-stdin")
    assert "sees nothing until an owner lets support in" in out
    grant = ("user", "grant", "help@operator.example", "--role", "support", "--site", "example.com")
    out, _ = run(*grant, "--hours", "4", "--reason", "empty report")
    assert "support on example.com until" in out
    assert looks(data)[-1].params == "email=help@operator.example&role=support&reason=empty report"
