"""The self-audit and the doctor as one types them: without a server, and beside one that runs."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_world import Home, running

from footfall.auditing import NightlyAudit
from footfall.retention import NOBODY, night_of
from registry.errors import NotThere
from registry.keeping import Proof
from registry.registry import Registry

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")
LIVE = ("A07", "A08", "A09", "A10", "A11", "A13", "A14")


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.stdout, done.stderr
    return {row["id"]: row["status"] for row in json.loads(done.stdout)["findings"]}


def test_beside_a_server_every_promise_is_checked_and_nothing_is_left_behind(home: Home) -> None:
    home.run("site", "add", "example.com")
    with running(home):
        done = home.run("audit", "--json")
        doctor = home.run("doctor")
        sites = home.run("site", "list").stdout
    assert doctor.returncode == 0, doctor.stdout
    assert "PASS  visit: accepted, and in the report" in doctor.stdout
    assert "PASS  opt-out" in doctor.stdout
    found = findings(done)
    assert (done.returncode, "FAIL" in found.values()) == (0, False), done.stdout
    assert {found[check] for check in (*LIVE, "A01", "A02", "A03", "A06", "A15", "A18", "A20")} == {"PASS"}
    assert found["A12"] == "SKIP"
    assert "audit-" not in sites
    with Registry.open(home.registry_url) as registry:
        last = registry.audits.last()
        assert last
        assert [site.host for site in registry.sites.list()] == ["example.com"]
        assert json.loads(last.report) == json.loads(done.stdout)


def test_without_a_server_what_it_does_is_skipped_and_the_report_is_signed(home: Home) -> None:
    home.run("site", "add", "example.com")
    found = home.run("audit", "--json")
    assert {findings(found)[check] for check in LIVE} == {"SKIP"}
    assert findings(found)["A03"] == "PASS", found.stdout
    file = home.directory / "report.json"
    file.write_text(found.stdout)
    assert home.run("audit", "verify", str(file)).stdout.startswith("genuine: signed here")
    file.write_text(found.stdout.replace('"SKIP"', '"PASS"', 1))
    forged = home.run("audit", "verify", str(file))
    assert (forged.returncode, "not genuine" in forged.stderr) == (1, True)
    file.write_text("{}")
    assert home.run("audit", "verify", str(file)).returncode == 2


def test_a_failed_check_is_exit_code_1_with_a_way_to_mend_it(home: Home) -> None:
    log = home.directory / "access.log"
    log.write_text('198.51.100.7 - - "POST /e HTTP/1.1" 202\n')
    done = home.run("audit", "--log", str(log))
    assert done.returncode == 1
    assert re.search(r"^FAIL  A04  .*\n.*access\.log: IP address\n      -> ", done.stdout, re.MULTILINE)
    assert "198.51" not in done.stdout
    assert home.run("audit", "--live", "ftp://x").returncode == 2
    assert home.run("audit", "--nonsense").returncode == 2


def test_a_doctor_without_a_server_says_what_to_start(home: Home) -> None:
    home.environment["FOOTFALL_LISTEN"] = "127.0.0.1:9"
    done = home.run("doctor")
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL  server: http://127.0.0.1:9: no answer")
    assert "-> start it (`footfall serve`)" in done.stdout


def test_an_audit_is_ordered_once_a_night_after_the_nights_deletions_are_proved(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}") as registry:
        times = [now]
        nightly = NightlyAudit(registry, clock=lambda: times[-1])
        registry.keeping.note_proofs([Proof(NOBODY, night_of(now, "UTC") - timedelta(1), now.date(), now, 5)])
        times.append(now + timedelta(hours=1))
        nightly.work()
        assert registry.orders.waiting() == []
        registry.keeping.note_proofs([Proof(NOBODY, night_of(now, "UTC"), now.date(), now, 5)])
        just_started = NightlyAudit(registry, clock=lambda: times[-1])
        just_started.work()
        assert registry.orders.waiting() == []
        nightly.work()
        (order,) = registry.orders.waiting()
        assert (order.kind, order.filed_by) == ("audit", "calendar")
        registry.orders.finish(order.id, {"audit": 1})
        nightly.work()
        assert registry.orders.waiting() == []
        registry.audits.note(now, passed=1, warned=0, failed=0, skipped=0, report="{}", signature="")
        times.append(now + timedelta(hours=2))
        just_started.work()
        assert registry.orders.waiting() == [], "one was made tonight already"


def test_an_audit_is_forgotten_after_13_months(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}") as registry:
        counts = {"passed": 1, "warned": 0, "failed": 0, "skipped": 0}
        old = registry.audits.note(now - timedelta(days=400), **counts, report="{}", signature="")
        new = registry.audits.note(now, **counts, report="{}", signature="")
        assert registry.audits.last() == new
        with pytest.raises(NotThere):
            registry.audits.get(old.id)
