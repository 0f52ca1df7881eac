"""The verbs of the way out as one types them, beside a running server and without one."""

from __future__ import annotations

import json
import re
import shutil

from cli_world import Home
from test_removal_served import send

HOLD = ("--since", "2020-01-01", "--until", "2020-02-01", "--reason", "a court asked", "--review")


def rows_in(home: Home, folder: str) -> list[dict[str, object]]:
    files = sorted((home.directory / folder / "events").glob("*.ndjson"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_beside_a_server_a_site_goes_out_and_in_again_and_a_backup_comes_back_without_one(home: Home) -> None:
    home.environment["PYTHONUNBUFFERED"] = "1"
    with home.start("serve", "--port", "0") as server:
        try:
            assert server.stdout
            base = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert base
            for host in ("here.example", "there.example"):
                assert home.run("site", "add", host).returncode == 0
            while not send(base[0], "here.example"):
                assert server.poll() is None
            kept: list[dict[str, object]] = []
            for number in range(60):
                assert home.run("export", "here.example", "--to", f"out{number}").returncode == 0
                if kept := rows_in(home, f"out{number}"):
                    break
            folder = f"out{number}"
            assert len(kept) == 1
            for _ in range(2):
                loaded = home.run("import", "footfall", folder, "--site", "there.example")
                assert loaded.returncode == 0, loaded.stderr
                assert "events: 1 rows of here.example are in there.example" in loaded.stdout
                assert not any(home.directory.rglob("moving-in"))
            assert home.run("export", "there.example", "--to", "again").returncode == 0
            (row,) = rows_in(home, "again")
            same = {"visitor_id", "visit_id", "ts", "path", "hostname", "seq"}
            assert {name: row[name] for name in same} == {name: kept[0][name] for name in same}
            backed = home.run("backup", "copy")
            assert backed.returncode == 0, backed.stderr
            assert home.run("restore", "copy").returncode == 2  # a server holds the data
        finally:
            server.terminate()
    elsewhere = Home(home.directory / "elsewhere", dict(home.environment), home.warm)
    elsewhere.directory.mkdir()
    shutil.move(home.directory / "copy", elsewhere.directory / "copy")
    alone = elsewhere.run("restore", "copy")
    assert (alone.returncode, "--without-erased" in alone.stderr) == (2, True)
    restored = elsewhere.run("restore", "copy", "--without-erased")
    assert restored.returncode == 0, restored.stderr
    assert elsewhere.run("restore", "copy", "--without-erased").returncode == 2
    assert elsewhere.run("export", "here.example", "--to", "out").returncode == 0
    assert rows_in(elsewhere, "out") == kept


def test_what_is_on_hold_is_told_to_who_wants_to_delete_it(home: Home) -> None:
    home.run("site", "add", "a.example")
    assert home.run("hold", "add", "a.example", *HOLD, "2020-03-01").returncode == 2
    review = home.run("hold", "add", "a.example", *HOLD, "2999-01-01")
    assert review.returncode == 2
    assert "within a year" in review.stderr
    assert home.run("data", "delete", "a.example", "--before", "2020-06-01").returncode == 2  # nobody can be asked
    done = home.run("data", "anonymise", "a.example", "--before", "2020-06-01", "--yes")
    assert done.returncode == 0, done.stderr
    assert "nothing before 2020-06-01 is left" in done.stdout
    assert home.run("hold", "release", "7").returncode == 1
    for named in ([], ["a.example", "--site", "a.example"]):
        told = home.run("hold", "add", *named, *HOLD, "2999-01-01")
        assert (told.returncode, "name the site once" in told.stderr) == (2, True)
    assert "within a year" in home.run("hold", "add", "--site", "a.example", *HOLD, "2999-01-01").stderr
    assert home.run("data", "confirm-date", "--yes").returncode == 0
