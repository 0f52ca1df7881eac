"""Requests and erasing by hand: what a person at the machine types, and what it leaves behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cli_world import Home

from clickhouse.rows import Event
from collector.distill.visitor import shown_number
from collector.spool import Spool
from collector.spool.record import encode_event
from footfall.reminders import PAUSE_SECONDS, Reminders
from registry.registry import Registry

WORDS = "Please erase canary-3c everything"


def ask(registry: Registry, site_id: int | None, host: str = "example.com") -> int:
    number = len(registry.requests.list())
    made = registry.requests.add(
        f"ref{number}", site_id, host, "erasure", WORDS, "jane@example.org", receipt_sha256="0",
        channel="page" if site_id else "operator",
    )  # fmt: skip
    return made.id


def test_a_request_is_listed_written_to_and_closed(home: Home) -> None:
    home.run("site", "add", "example.com")
    with Registry.open(home.registry_url) as registry:
        number = str(ask(registry, registry.sites.get("example.com").id))
        lost = str(ask(registry, None, "unknown.example"))
    told = home.run("request", "list")
    assert "erasure" in told.stdout
    assert "nobody's" in told.stdout
    assert "canary-3c" not in told.stdout
    assert "canary-3c" in home.run("request", "show", number).stdout
    letter = home.run("request", "letter", number, "--kind", "refuse", "--lang", "de")
    assert "Artikel 11" in letter.stdout
    assert home.run("request", "letter", number, "--kind", "extend").returncode == 2
    assert home.run("request", "extend", number, "--reason", "Holidays").returncode == 0
    assert "Holidays" in home.run("request", "letter", number, "--kind", "extend").stdout
    assert home.run("request", "forward", lost, "--site", "example.com").returncode == 0
    assert home.run("request", "close", number, "--outcome", "done").returncode == 0
    again = home.run("request", "close", number, "--outcome", "done")
    assert again.returncode == 1
    assert "canary-3c" not in home.run("request", "show", number).stdout
    rows = json.loads(home.run("request", "list", "--closed", "--json").stdout)
    assert [row["state"] for row in rows] == ["done"]


def test_the_log_reminds_once_and_quotes_nobody(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.data.mkdir(mode=0o700)
    clock, ticks = [datetime(2026, 11, 22, tzinfo=UTC)], [0.0]
    with Registry.open(home.registry_url, clock=lambda: clock[0]) as registry:
        ask(registry, registry.sites.add("example.com").id)
        reminders = Reminders(registry, monotonic=lambda: ticks[0])
        for _ in range(35):
            reminders.work()
            reminders.work()
            clock[0] += timedelta(days=1)
            ticks[0] += PAUSE_SECONDS
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(":")[-1].split(",")[0].strip() for line in lines[:2]] == [
        "50 % of the time are over", "80 % of the time are over",
    ]  # fmt: skip
    assert len(lines) == 3
    assert "overdue since 2026-12-22" in lines[2]
    assert "canary" not in " ".join(lines)


def test_a_day_and_a_cookie_are_erased_without_a_server(home: Home) -> None:
    home.run("site", "add", "example.com")
    cookie = "abcdefghijklmnopqrstuv"
    with Registry.open(home.registry_url) as registry:
        site = registry.sites.get("example.com")
        mark = shown_number(cookie, registry.peppers.all()[site.id])
    now = int(datetime.now(UTC).timestamp() * 1000) - 60_000
    (home.data / "spool").mkdir(mode=0o700)
    spool = Spool.open(home.data / "spool" / "0")
    spool.append([encode_event(one) for one in events(site.id, now, mark)])
    spool.close()

    erased = home.run("erase", "--site", "example.com", "--day", "2026-03-03", "--yes")
    assert erased.returncode == 0, erased.stderr
    assert "proved" in erased.stdout
    file = home.directory / "cookie"
    file.write_text(cookie)
    assert home.run("erase", "--site", "example.com", "--visitor-cookie", str(file)).returncode == 0
    assert not [path for path in home.data.rglob("*") if path.is_file() and cookie.encode() in path.read_bytes()]
    assert home.run("erase", "--site", "example.com").returncode == 2
    assert home.run("erase", "--site", "example.com", "--day", "2026-03-03").returncode == 2
    assert list((home.data / "spool").glob("erase-*"))


def events(site_id: int, now: int, mark: int) -> list[Event]:
    def view(ts: int, path: str, dsr_id: int = 0) -> Event:
        return Event(
            site_id=site_id, ts=ts, visitor_id=7, name="pageview", hostname="example.com", path=path, dsr_id=dsr_id
        )

    march = int(datetime(2026, 3, 3, 12, tzinfo=UTC).timestamp() * 1000)
    return [view(march, "/old"), view(now, "/mine", mark), view(now, "/stays")]
