"""The command as a whole: its help, its exit codes, its one-line errors, and what it does not load."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cli_world import COMMAND, Home

from footfall import __version__
from footfall.cli.front import run
from footfall.cli.lazy import Verb, load
from footfall.cli.verbs import SECTIONS

HEAVY = ("chdb", "clickhouse_connect", "uvicorn", "starlette", "alembic", "jinja2", "collector.distill")


def verbs(of: tuple[Verb, ...], before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Verb]]:
    for verb in of:
        yield (*before, verb.name), verb
        yield from verbs(verb.verbs, (*before, verb.name))


EVERY_VERB = {words: verb for section in SECTIONS for words, verb in verbs(section.verbs)}


@pytest.fixture
def here(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The same machine, for commands that run in this process."""
    monkeypatch.chdir(home.directory)
    for name in [name for name in os.environ if name.startswith("FOOTFALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FOOTFALL_SALTS", home.env()["FOOTFALL_SALTS"])
    return home


@pytest.mark.parametrize("words", EVERY_VERB, ids=" ".join)
def test_a_verb_is_what_the_table_says(words: tuple[str, ...]) -> None:
    verb = EVERY_VERB[words]
    command = load(verb)
    assert isinstance(command, click.Command)
    assert command.name == verb.name
    assert (command.help or "").partition("\n")[0] == verb.help


@pytest.mark.parametrize(
    "words",
    [
        *("serve", "demo", "migrate", "snippet"),
        *("site add", "site list", "site set", "site remove", "site restore"),
        *("goal add", "goal list", "goal remove"),
        *("user add", "user list", "user remove", "key add", "key list", "key revoke"),
    ],
)
def test_every_verb_of_the_contract_is_there(words: str) -> None:
    assert tuple(words.split()) in EVERY_VERB


def test_help_tells_every_noun_and_its_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(f"  {words[0]}  " in told for words in EVERY_VERB if len(words) == 1)
    assert run(["site", "--help"]) == 0
    told = capsys.readouterr().out
    assert all(f"  {words[1]}  " in told for words in EVERY_VERB if words[0] == "site" and len(words) == 2)


def test_the_version_is_told(home: Home) -> None:
    assert Home(home.directory).run("--version").stdout == f"footfall {__version__}\n"


def test_the_module_is_the_command(home: Home) -> None:
    told = subprocess.run([sys.executable, "-m", "footfall", "--version"], capture_output=True, text=True, check=True)
    assert told.stdout == Home(home.directory).run("--version").stdout


@pytest.mark.parametrize("words", [("--help",), ("site", "--help"), ("site", "list"), ("key", "list")], ids=" ".join)
def test_a_light_verb_loads_neither_store_nor_server(home: Home, words: tuple[str, ...]) -> None:
    home.run("site", "list")  # the first one makes the registry, which takes Alembic
    program = (
        "import sys; from footfall.cli.front import run; code = run(sys.argv[1:]); "
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=home.directory, env=home.env()
    )
    assert (told.returncode, told.stderr.splitlines()[-1]) == (0, "[]")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("", 2, "Usage: footfall"),
        ("frobnicate", 2, "No such command 'frobnicate'; see footfall --help"),
        ("site", 2, "Usage: footfall site"),
        ("site frobnicate", 2, "No such command 'frobnicate'; see footfall site --help"),
        ("site add", 2, "Missing argument 'HOST'; see footfall site add --help"),
        ("site add a.example b.example", 2, "see footfall site add --help"),
        ("site add https://example.com/blog", 2, "the site is its host alone: example.com"),
        ("site add exa_mple..com", 2, "is not a host"),
        ("site add example.com --timezone Berlin", 2, "did you mean Europe/Berlin?"),
        ("site add example.com --preset lax", 2, "standard, strict, fr-exempt, uk-stat or consent"),
        ("site add known.example", 1, "the site known.example is here already"),
        ("site set known.example", 2, "see footfall site set --help"),
        ("site set known.example mode", 2, "is not key=value"),
        ("site set known.example mode=all", 2, "mode takes none, daily, hybrid or consent_only"),
        ("site set known.example mod=none", 2, "did you mean mode? settings are: name, timezone"),
        ("site set unknown.example mode=none", 1, "there is no site unknown.example"),
        ("site remove unknown.example", 1, "there is no site unknown.example"),
        ("site remove known.example --now", 2, "say --yes to do it without being asked"),
        ("site restore known.example", 1, "known.example is active: only a frozen site can be restored"),
        ("snippet unknown.example", 1, "`footfall site add` adds one"),
        ("user add ada", 2, "'ada' is not an e-mail address"),
        ("user add ada@example.com", 2, "say --password-stdin"),
        ("user add ada@example.com --site unknown.example", 1, "there is no site unknown.example"),
        ("user add ada@example.com --role king --password-stdin", 2, "owner, admin, analyst, viewer, dpo"),
        ("user add ada@example.com --site unknown.example --password-stdin", 1, "there is no site unknown.example"),
        ("user remove ada@example.com", 1, "there is no user ada@example.com"),
        ("key add --site known.example", 2, "Missing option '--scope'"),
        ("key add --site known.example --scope all", 2, "scopes are: stats:read, events:write"),
        ("key revoke 12345678", 1, "no living key 12345678"),
        ("goal add --site known.example", 2, "a page pattern or a feature"),
        ("goal add --site known.example --page thanks", 2, "must begin with /"),
        ("goal remove --site known.example 7", 1, "has no goal '7'"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(
    here: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str, code: int, told: str
) -> None:
    assert run(["site", "add", "known.example"]) == 0
    capsys.readouterr()
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing if "--password-stdin" not in words else _Typed("a long password"))
        assert run(words.split()) == code
    out, err = capsys.readouterr()
    assert told in err
    assert out == ""
    assert "Traceback" not in err
    if not told.startswith("Usage"):
        assert err.startswith("footfall: ")
        assert len(err.splitlines()) == 1


class _Typed:
    """A standard input on which one line was typed."""

    def __init__(self, line: str) -> None:
        self._line = line

    def readline(self) -> str:
        return self._line + "\n"

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("FOOTFALL_REGISTRY", "mysql://u:hunter2@h/d", "FOOTFALL_REGISTRY"),
        ("FOOTFALL_REGISTRY", "sqlite:////nowhere/at/all/registry.sqlite", "No such file or directory"),
        ("FOOTFALL_BASE_URL", "example.com", "FOOTFALL_BASE_URL"),
        ("FOOTFALL_DATA", "/proc/nothing", "FOOTFALL_DATA cannot be /proc/nothing (No such file or directory)"),
        ("FOOTFALL_DATA", "/dev/null", "FOOTFALL_DATA cannot be /dev/null (File exists)"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    here: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    assert run(["site", "list"]) == 2
    err = capsys.readouterr().err
    assert told in err
    assert "hunter2" not in err
    assert len(err.splitlines()) == 1


def test_settings_may_stand_in_a_file(here: Home, capsys: pytest.CaptureFixture[str]) -> None:
    Path("footfall.toml").write_text('base_url = "https://example.com/_f"\ndata = "elsewhere"\n')
    run(["site", "add", "example.com"])
    assert (
        capsys.readouterr().out == '<script defer src="https://example.com/_f/s.js" data-site="example.com"></script>\n'
    )
    assert (here.directory / "elsewhere" / "registry.sqlite").is_file()


def test_a_reader_that_goes_away_is_no_failure_of_ours(home: Home) -> None:
    home.run("site", "add", "example.com")
    told = subprocess.run(
        ["sh", "-c", f"{COMMAND} site history example.com --json | true"],
        capture_output=True,
        text=True,
        cwd=home.directory,
        env=home.env(),
        check=False,
    )
    assert "Traceback" not in told.stderr
    assert "Exception" not in told.stderr
