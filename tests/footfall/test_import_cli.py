"""`footfall import accesslog` as one types it: formats, packed files, pipes, a growing file, and what stays behind."""

from __future__ import annotations

import gzip
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import COMMAND, Home
from import_world import BROWSER, NOON, events_in, line, lines, write

from collector.spool.segment import holds_anything, segments_in
from footfall.importing.formats import FORMATS, Format
from footfall.importing.lines import LOOK_SECONDS
from registry.registry import Registry

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")
PATIENCE = 60.0
FORMS = [form for form in FORMATS if form != "auto"]

READ = """
import json, sys
from clickhouse.client import connect
with connect(f"chdb://{sys.argv[1]}") as store:
    print(json.dumps(store.query(sys.argv[2])))
"""


def ask(home: Home, sql: str) -> Any:
    """Ask the store, in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-c", READ, str(home.data / "store"), sql], capture_output=True, text=True, check=True
    )
    return json.loads(told.stdout)


@pytest.fixture
def site(home: Home) -> Home:
    home.data.mkdir(mode=0o700)
    with Registry.open(home.registry_url) as registry:
        registry.sites.add("example.com", timezone="Europe/Berlin")
    return home


def day_of(form: Format) -> list[str]:
    """A small day: two visitors, three visits, and much that is no page view."""
    google = "https://www.google.com/"
    return [
        line(0, "/", form=form, visitor=1, referrer=google),
        line(5, "/app.js", form=form, visitor=1),
        line(30, "/pricing?utm_source=news&email=jane@corp.example", form=form, visitor=1),
        line(40, "/", form=form, visitor=2),
        line(41, "/", form=form, visitor=2, method="HEAD"),
        line(42, "/gone", form=form, visitor=2, status=404),
        line(7200, "/again", form=form, visitor=1),
        line(7300, "/spider", form=form, visitor=9, agent="Googlebot/2.1"),
    ]


def faults(told: subprocess.CompletedProcess[str]) -> str:
    """What a verb said on stderr, beside that it was noted among who looked."""
    lines = told.stderr.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("noted among who looked"))


@pytest.mark.parametrize("form", FORMS)
def test_each_format_arrives_in_the_store_and_again_adds_nothing(site: Home, form: Format) -> None:
    log = write(site.directory / "access.log", day_of(form))
    robots = 1 if form == "common" else 0  # without an agent nobody can tell
    for words in (("--format", form), ("--format", "auto")):
        told = site.run("import", "accesslog", str(log), "--site", "example.com", *words)
        assert (told.returncode, faults(told)) == (0, "")
        kept = 4 + robots if words[1] == form else 0
        assert f"example.com: kept {kept} page views out of 8 lines" in told.stdout
    visitors = 3 if form == "common" else 2
    (row,) = ask(
        site,
        "select count(), uniq(visitor_id), uniq(visit_id), min(toUnixTimestamp(ts)), max(delay_ms) > 0 from events",
    )
    assert row == [4 + robots, visitors, 3 + robots, NOON, True]
    assert ask(site, "select sum(pageviews), count() from visits final") == [[4 + robots, 3 + robots]]
    if form != "common":
        assert ask(site, "select count() from events where source = 'Google' and browser = 'Chrome'") == [[1]]
        assert ask(site, "select reason, toString(day), sum(count) from refusals group by all") == [
            ["bot", "2025-11-22", 1]
        ]


def test_the_summary_counts_every_line_once(site: Home) -> None:
    log = write(site.directory / "access.log", [*day_of("combined"), "half a li"])
    told = site.run("import", "accesslog", str(log), "--site", "example.com").stdout.splitlines()
    assert told == [
        "example.com: kept 4 page views out of 9 lines",
        "refused: 1 (bot 1)",
        "skipped: 3 (files that are no pages 1, HEAD requests 1, redirects and errors 1)",
        "no lines of an access log: 1",
    ]


def test_a_packed_log_and_a_pipe_are_read_too(site: Home) -> None:
    packed = site.directory / "access.log.gz"
    packed.write_bytes(gzip.compress("".join(f"{one}\n" for one in lines(0, 40)).encode()))
    told = site.run("import", "accesslog", str(packed), "--site", "example.com")
    assert "kept 40 page views" in told.stdout
    told = site.run("import", "accesslog", "-", "--site", "example.com", stdin="\n".join(lines(0, 60)))
    assert "kept 20 page views out of 60 lines" in told.stdout
    assert ask(site, "select count() from events") == [[60]]


def test_a_packed_log_that_is_cut_off_keeps_what_came_before(site: Home) -> None:
    whole = gzip.compress("".join(f"{one}\n" for one in lines(0, 2000)).encode())
    (site.directory / "cut.gz").write_bytes(whole[: len(whole) // 2])
    told = site.run("import", "accesslog", "cut.gz", "--site", "example.com")
    assert (told.returncode, faults(told)) == (
        1, "footfall: cut.gz is damaged or cut off: what came before that was imported\n",
    )  # fmt: skip
    (site.directory / "whole.gz").write_bytes(whole)
    assert site.run("import", "accesslog", "whole.gz", "--site", "example.com").returncode == 0
    assert ask(site, "select count(), uniq(path) from events") == [[2000, 2000]]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("nowhere.log",), 2, "nowhere.log: No such file or directory"),
        ((".",), 2, "Is a directory"),
        (("access.log", "--site", "unknown.example"), 1, "there is no site unknown.example"),
        (("access.log", "--format", "iis"), 2, "'iis' is not one of"),
        (("access.log", "--format", "caddy"), 1, "this is no access log of the format asked for"),
        (("poem.txt",), 1, "this is no access log of the format asked for"),
        (("packed.gz", "--follow"), 2, "a packed file does not grow"),
        (("access.log", "--log", "x" * 61), 2, "--log takes at most 60 characters"),
    ],
)
def test_an_error_is_one_line_and_imports_nothing(site: Home, words: tuple[str, ...], code: int, told: str) -> None:
    write(site.directory / "access.log", lines(0, 3))
    write(site.directory / "poem.txt", ["The rain it raineth every day"])
    (site.directory / "packed.gz").write_bytes(gzip.compress(b"x"))
    rest = () if "--site" in words else ("--site", "example.com")
    result = site.run("import", "accesslog", *words, *rest)
    assert result.returncode == code
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert told in result.stderr
    assert "203.0.113" not in result.stderr


def test_a_packed_pipe_says_how_to_unpack_it(site: Home) -> None:
    told = subprocess.run(
        [COMMAND, "import", "accesslog", "-", "--site", "example.com"],
        input=gzip.compress(b"x"), capture_output=True, cwd=site.directory, env=site.env(), check=False,
    )  # fmt: skip
    assert told.returncode == 1
    assert b"zcat FILE | footfall import" in told.stderr


def test_a_frozen_site_takes_nothing(site: Home) -> None:
    write(site.directory / "access.log", lines(0, 3))
    with Registry.open(site.registry_url) as registry:
        registry.sites.freeze("example.com")
    told = site.run("import", "accesslog", "access.log", "--site", "example.com")
    assert (told.returncode, told.stderr.count("\n")) == (1, 1)
    assert "frozen" in told.stderr


def test_a_site_that_is_removed_while_its_spool_is_being_written_leaves_nothing(site: Home) -> None:
    def spools() -> list[Path]:
        return list((site.data / "spool").glob("import-*"))

    log = site.directory / "access.log"
    write(log, lines(0, 200))
    with site.start("import", "accesslog", "access.log", "--site", "example.com", "--follow") as importing:
        try:
            until = time.monotonic() + PATIENCE
            while not any(holds_anything(one) for each in spools() for one in segments_in(each)):
                assert importing.poll() is None
                assert time.monotonic() < until, "nothing is put down"
                time.sleep(0.05)
            removed = site.run("site", "remove", "example.com", "--now", "--yes")
            assert removed.returncode == 0, removed.stderr
            with log.open("a") as more:
                more.write("\n".join(lines(200, 300)) + "\n")
            assert importing.wait(PATIENCE) == 1
        finally:
            importing.kill()
    assert not spools()
    assert not [file for file in (site.data / "imports").rglob("*") if file.is_file()]
    site.run("site", "add", "other.example")
    assert site.run("export", "other.example", "--to", "out").returncode == 0  # empties every spool into the store
    assert ask(site, "select count() from events") == [[0]]


def test_nothing_of_a_visitor_is_left_in_the_data_directory_or_printed(site: Home) -> None:
    canary, address = "canary9c1e", "203.0.113.7"
    agent = f"{BROWSER.format(120)} {canary}"
    wild = [
        line(n, f"/p?token={canary}", visitor=7, agent=agent, referrer=f"https://a.example/{canary}") for n in range(40)
    ]
    wild += [
        canary,
        f"{address} {canary}",
        line(50, f"/{canary}.js", visitor=7),
        line(51, "/x", visitor=7, agent=f"bot {canary}"),
    ]
    write(site.directory / "access.log", wild)
    told = site.run("import", "accesslog", "access.log", "--site", "example.com")
    assert "kept 40 page views" in told.stdout
    for text in (told.stdout, told.stderr):
        assert canary not in text
        assert address not in text
    packed = socket.inet_aton(address)
    for path in site.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert canary.encode() not in content, path
            assert address.encode() not in content, path
            assert packed not in content or "store" in path.parts, path
    assert not (site.data / "spool" / "import-1").exists(), "an emptied spool goes"


@pytest.fixture
def follower(site: Home) -> Iterator[subprocess.Popen[str]]:
    write(site.directory / "access.log", lines(0, 3))
    process = site.start("import", "accesslog", "access.log", "--site", "example.com", "--follow")
    yield process
    process.kill()
    process.communicate()


def await_that(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(LOOK_SECONDS / 10)


def test_following_takes_what_is_added_and_survives_a_rotation(site: Home, follower: subprocess.Popen[str]) -> None:
    log, spool = site.directory / "access.log", site.data / "spool" / "import-1"

    def holds(count: int) -> Callable[[], bool]:
        return lambda: spool.exists() and len(events_in(spool)) == count

    await_that(holds(3))
    with log.open("a") as file:
        file.write("\n".join(lines(3, 5)))  # the last one is not ended
    await_that(holds(4))
    with log.open("a") as file:
        file.write("\n")
    await_that(holds(5))
    with log.open("a") as file:
        log.rename(site.directory / "access.log.1")
        file.write("".join(f"{one}\n" for one in lines(5, 7)))  # a server writes on until it is told
    write(log, lines(7, 8))
    await_that(holds(8))
    follower.send_signal(signal.SIGTERM)
    told, _ = follower.communicate(timeout=PATIENCE)
    assert follower.returncode == 0
    assert "kept 8 page views" in told
    for name in ("access.log.1", "access.log"):
        site.run("import", "accesslog", name, "--site", "example.com")
    assert ask(site, "select count(), uniq(path) from events") == [[8, 8]]
