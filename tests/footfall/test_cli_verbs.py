"""What each verb does, by the installed command: results on stdout, remarks on stderr."""

from __future__ import annotations

import json
import os
import pty
import re
import stat
import subprocess
from datetime import UTC, datetime, timedelta

from cli_world import COMMAND, Home
from tmpfs import salts_in

from registry.registry import Registry

PASSWORD = "correct horse battery"


def test_a_site_from_its_tag_to_its_restoration(home: Home) -> None:
    home.environment["FOOTFALL_BASE_URL"] = "https://example.com/_f"
    added = home.run("site", "add", "www.Example.com", "--name", "Shop", "--timezone", "Europe/Berlin")
    tag = '<script defer src="https://example.com/_f/s.js" data-site="example.com"></script>\n'
    assert (added.returncode, added.stdout) == (0, tag)
    assert home.run("snippet", "example.com").stdout == tag

    changed = home.run("site", "set", "example.com", "mode=hybrid", "exclude=/admin/**,/login", "retention_days=30")
    assert changed.stdout == "mode: daily -> hybrid\nexclude: (empty) -> /admin/**,/login\nretention_days: 760 -> 30\n"
    assert "legal_basis" in changed.stderr

    (site,) = json.loads(home.run("site", "list", "--json").stdout)
    assert (site["host"], site["name"], site["timezone"], site["mode"]) == (
        "example.com",
        "Shop",
        "Europe/Berlin",
        "hybrid",
    )
    history = json.loads(home.run("site", "history", "example.com", "--json").stdout)
    assert [change["key"] for change in history] == ["site", "name", "timezone", "mode", "exclude", "retention_days"]

    frozen = home.run("site", "remove", "example.com")
    day = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    assert frozen.returncode == 0
    assert f"deleted for good after {day}" in frozen.stdout
    assert "footfall site restore example.com" in frozen.stderr
    assert f"frozen until {day}" in home.run("site", "list").stdout
    assert home.run("site", "restore", "example.com").returncode == 0
    assert " active " in home.run("site", "list").stdout


def test_without_a_public_address_the_tag_points_here_and_says_so(home: Home) -> None:
    added = home.run("site", "add", "example.com")
    assert added.stdout == '<script defer src="http://127.0.0.1:8000/s.js" data-site="example.com"></script>\n'
    assert "set FOOTFALL_BASE_URL" in added.stderr


def test_the_data_directory_is_made_for_this_user_alone(home: Home) -> None:
    home.run("site", "list")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [home.data, *home.data.iterdir()]}
    assert modes == {"footfall-data": 0o700, "registry.sqlite": 0o600}


def test_people_come_get_roles_and_go(home: Home) -> None:
    home.run("site", "add", "example.com")
    added = home.run("user", "add", "Ada@example.com", "--role", "owner", "--password-stdin", stdin=PASSWORD + "\n")
    assert (added.returncode, added.stdout) == (0, "ada@example.com may sign in as owner on every site\n")
    home.run("user", "add", "bob@example.com", "--site", "example.com", "--password-stdin", stdin=PASSWORD)
    granted = home.run("user", "grant", "bob@example.com", "--role", "dpo")
    assert granted.stdout == "bob@example.com: dpo on every site; viewer on example.com\n"
    assert home.run("user", "revoke", "bob@example.com").stdout == "bob@example.com: viewer on example.com\n"
    assert [user["email"] for user in json.loads(home.run("user", "list", "--json").stdout)] == [
        "ada@example.com",
        "bob@example.com",
    ]
    home.run("user", "password", "ada@example.com", "--password-stdin", stdin="another long password\n")
    with Registry.open(home.registry_url) as registry:
        assert registry.users.check("ada@example.com", "another long password")
        assert registry.users.check("bob@example.com", PASSWORD)
    assert home.run("user", "remove", "bob@example.com").returncode == 0
    assert "bob" not in home.run("user", "list").stdout


def test_a_password_is_asked_for_twice_and_not_shown(home: Home) -> None:
    shown, code = typed(home, ["user", "add", "ada@example.com", "--role", "owner"], [PASSWORD, PASSWORD])
    assert code == 0, shown
    assert PASSWORD not in shown
    with Registry.open(home.registry_url) as registry:
        assert registry.users.check("ada@example.com", PASSWORD)


def test_a_key_is_printed_once_and_alone(home: Home) -> None:
    home.run("site", "add", "example.com")
    added = home.run("key", "add", "--site", "example.com", "--scope", "stats:read,events:write", "--name", "CI")
    assert re.fullmatch(r"ff_[0-9a-f]{8}_[\w-]{43}\n", added.stdout)
    secret = added.stdout.strip()
    listed = home.run("key", "list")
    (key,) = json.loads(home.run("key", "list", "--json").stdout)
    assert secret not in listed.stdout + json.dumps(key)
    assert key["id"] in listed.stdout
    assert key["id"] in added.stderr
    assert secret not in added.stderr
    with Registry.open(home.registry_url) as registry:
        assert registry.keys.check(secret)
        assert home.run("key", "revoke", key["id"]).returncode == 0
        assert registry.keys.check(secret) is None


def test_goals_are_added_listed_and_removed(home: Home) -> None:
    home.run("site", "add", "example.com")
    home.run("goal", "add", "--site", "example.com", "--page", "/thanks/**", "--name", "Bought")
    home.run("goal", "add", "--site", "example.com", "--feature", "export")
    listed = json.loads(home.run("goal", "list", "--json").stdout)
    assert [(each["site"], each["goal"]["name"], each["goal"]["pattern"]) for each in listed] == [
        ("example.com", "Bought", "/thanks/**"),
        ("example.com", "export", "export"),
    ]
    assert home.run("goal", "remove", "--site", "example.com", "Bought").returncode == 0
    assert "Bought" not in home.run("goal", "list", "--site", "example.com").stdout


def test_forgetting_now_destroys_the_salt_and_tells_the_server(home: Home) -> None:
    home.run("site", "add", "example.com")
    with Registry.open(home.registry_url) as registry:
        site = registry.sites.get("example.com")
        day = salts_in(home.directory) / str(site.id) / "2026-11-22"
        day.parent.mkdir(mode=0o700, parents=True)
        salts_in(home.directory).chmod(0o700)
        day.write_bytes(os.urandom(32))
        assert home.run("salt", "destroy", "--site", "example.com").returncode == 0
        assert not day.exists()
        assert [order.kind for order in registry.orders.waiting()] == ["forget_salt"]


def test_tables_are_whole_when_nobody_watches(home: Home) -> None:
    """In a pipe a long host is neither folded nor cut, and no escape sequence is sent."""
    host = "a" * 60 + "." + "b" * 60 + ".example"
    home.run("site", "add", host, "--name", "[bold]x[/bold]")
    told = home.run("site", "list").stdout
    assert f"{host}  [bold]x[/bold]  active" in told
    assert "\x1b" not in told


def typed(home: Home, words: list[str], lines: list[str]) -> tuple[str, int]:
    """Run the command at a terminal where these lines are typed; return all that is shown, and the exit code."""
    terminal, screen = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *words],
        stdin=screen,
        stdout=screen,
        stderr=screen,
        cwd=home.directory,
        env=home.env(),
        start_new_session=True,
    )
    os.close(screen)
    shown = ""
    for line in lines:
        while not shown.rstrip().endswith(":"):
            shown += os.read(terminal, 1024).decode()
        shown += " (typed) "
        os.write(terminal, f"{line}\n".encode())
    while True:
        try:
            shown += os.read(terminal, 1024).decode()
        except OSError:  # how Linux says that nobody holds the screen any more
            break
    os.close(terminal)
    return shown, process.wait()
