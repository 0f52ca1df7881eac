"""Each check of the self-audit: it passes where all is well, and fails where the promise is broken."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from audit_world import NO_SERVER, Plant

from clickhouse.examine import Column, events_of
from clickhouse.faults import StoreAway
from clickhouse.fields import declared
from footfall.audit import canary, machine, people, promises, stored, traces
from footfall.audit.checks import CHECKS, run_checks
from footfall.retention import NOBODY
from registry.keeping import Proof
from registry.looks import Head

ROOT = Path(__file__).parents[2]


def test_every_check_of_the_audit_has_a_heading_in_the_docs_in_order() -> None:
    told = re.findall(r"^### (A\d\d): (.+)$", (ROOT / "docs" / "audit.md").read_text(), re.MULTILINE)
    assert told == [(check.id, check.title) for check in CHECKS]
    assert [check.id for check in CHECKS] == [f"A{number:02}" for number in range(1, 26)]


@pytest.mark.parametrize(
    ("shape", "fields"),
    [
        ("IP address", {"path": "/from/198.51.100.7/x"}),
        ("IP address", {"source": "2001:db8:1:2:3:4:5:6"}),
        ("e-mail address", {"utm_campaign": "jane.doe@example.org"}),
        ("e-mail address", {"props": {"who": "jane%40example.org"}}),
        ("browser identification", {"props": {"Mozilla/5.0 (X11": "1"}}),
        ("signed token", {"query": "t=eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0"}),
        ("card number", {"title": "Paid with 4111 1111 1111 1111"}),
        ("card number", {"path": "/card/4111111111111111"}),
    ],
)
def test_a_personal_text_in_any_kind_of_column_is_found_and_not_quoted(
    plant: Plant, shape: str, fields: dict[str, object]
) -> None:
    plant.keep(1, **fields)
    found = stored.nothing_personal(plant.yard())
    assert found.status == "FAIL"
    assert f"{shape} in events." in found.evidence
    assert not any(text in found.evidence for text in ("198.51", "jane", "4111", "eyJ", "Mozilla/"))


def test_a_row_that_is_only_marked_as_deleted_is_found_too(plant: Plant) -> None:
    plant.keep(1, path="/u/jane@example.org")
    plant.store.writer.command("delete from events where site_id = 1")
    assert events_of(plant.store, 1) == []
    assert stored.nothing_personal(plant.yard()).status == "FAIL"


def test_what_only_looks_like_it_is_no_finding(plant: Plant) -> None:
    plant.keep(1, hostname="127.0.0.1", browser_version="120.0.0.0", path="/v/1.2.3/@scope/pkg@4.5.6/12:30:45",
               title="2026-11-22 12:30", source="Mozilla", props={"size": "1200x800", "step": "3.1.4"})  # fmt: skip
    assert stored.nothing_personal(plant.yard()).status == "PASS"


@pytest.mark.parametrize(
    ("column", "fault"),
    [
        (Column("events", "address", "String"), "has no purpose"),
        (Column("events", "path", "IPv6"), "holds addresses"),
        (Column("secrets", "path", "String"), "has no purpose"),
    ],
)
def test_a_column_without_purpose_or_for_addresses_fails(column: Column, fault: str) -> None:
    found = stored.judge_columns([column], declared())
    assert (found.status, fault in found.evidence) == ("FAIL", True)


def test_a_made_up_visit_crosses_the_real_pipeline_and_leaves_nothing_behind(plant: Plant) -> None:
    found = canary.nothing_of_it_stays(plant.yard())
    assert found.status == "PASS", found.evidence
    assert events_of(plant.store, canary.FIRST.id) == []
    texts = [file.read_bytes() for file in plant.data.rglob("*") if file.is_file()]
    assert not any(plant.word.encode() in text or b"203.0.113.77" in text for text in texts)


def test_a_pipeline_that_leaks_the_made_up_visit_fails(plant: Plant) -> None:
    (plant.data / "debug.txt").write_text(f"GET /u/{plant.word}\n")
    plant.keep(5, title=plant.word)
    found = canary.nothing_of_it_stays(plant.yard())
    assert found.status == "FAIL"
    assert "debug.txt" in found.evidence
    assert "events.title" in found.evidence


def test_a_store_that_gets_nothing_proves_nothing(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plant, "step", lambda _plant: None)
    monkeypatch.setattr("footfall.audit.yard.ARRIVAL_SECONDS", 0.2)
    yard = plant.yard()
    monkeypatch.setattr(type(yard), "await_in_store", lambda *_args: False)
    assert canary.nothing_of_it_stays(yard).status == "SKIP"


def test_numbers_of_sites_and_days_have_nothing_in_common(plant: Plant) -> None:
    assert canary.numbers_have_nothing_in_common(plant.yard()).status == "PASS"


def test_a_log_with_an_address_fails_and_no_log_is_no_pass(plant: Plant, tmp_path: Path) -> None:
    log = tmp_path / "access.txt"
    log.write_text('127.0.0.1 - "GET /privacy"\n')
    assert traces.shapes_in(log) == []
    log.write_text('198.51.100.7 - "POST /e" Mozilla/5.0\n')
    found = traces.logs_are_clean(plant.yard(logs=(log,)))
    assert (found.status, "access.txt: IP address" in found.evidence) == ("FAIL", True)
    assert "198.51" not in found.evidence


def test_keys_that_others_can_read_or_that_lie_on_a_disk_fail(plant: Plant, tmp_path: Path) -> None:
    place = tmp_path / "salts" / "1"
    place.mkdir(parents=True)
    (place / "2020-01-01").write_bytes(bytes(32))
    (place / "2020-01-01").chmod(0o644)
    plant.salts.name = str(tmp_path / "salts")
    found = traces.salts_are_bounded(plant.yard())
    assert found.status == "FAIL"
    assert "mode 644" in found.evidence
    assert "a key of 2020-01-01 is still there" in found.evidence


def test_what_is_kept_too_long_warns_before_the_night_and_fails_after_two(plant: Plant) -> None:
    site = plant.site(retention_days="30")
    plant.keep(site.id, ts=int((datetime.now(UTC) - timedelta(days=40)).timestamp() * 1000))
    assert promises.nothing_is_overdue(plant.yard()).status == "WARN"
    late = datetime.now(UTC) - timedelta(days=4)
    plant.registry.keeping.note_proofs([Proof(NOBODY, late.date(), late.date(), late, 5)])
    found = promises.nothing_is_overdue(plant.yard())
    assert (found.status, "over a limit" in found.evidence) == ("FAIL", True), found.evidence


def test_nothing_over_its_limit_passes_and_names_the_limits(plant: Plant) -> None:
    site = plant.site(retention_days="30")
    plant.keep(site.id)
    found = promises.nothing_is_overdue(plant.yard())
    assert (found.status, "30 days" in found.evidence) == ("PASS", True)


def test_an_overdue_request_fails_and_a_hold_to_be_reviewed_warns(plant: Plant) -> None:
    site, now = plant.site(), datetime.now(UTC)
    assert promises.nobody_waits_too_long(plant.yard()).status == "PASS"
    day = now.date()
    clock = plant.registry.holds._database
    clock.now = lambda: now - timedelta(days=5)
    plant.registry.holds.add(site.id, day - timedelta(9), day, "a dispute", day - timedelta(1), by="test")
    clock.now = lambda: now
    assert promises.nobody_waits_too_long(plant.yard()).status == "WARN"
    plant.registry.requests.add("r1", site.id, site.host, "access", "please", "", receipt_sha256="",
                                at=now - timedelta(days=40))  # fmt: skip
    assert promises.nobody_waits_too_long(plant.yard()).status == "FAIL"


def test_a_chain_that_was_cut_and_written_anew_fails_by_the_end_that_was_printed(plant: Plant) -> None:
    looks = plant.registry.looks
    looks.note("a@example.com", "owner", "session", "view", None)
    head = looks.head()
    assert promises.the_chain_is_whole(plant.yard(last_head=head)).status == "PASS"
    found = promises.the_chain_is_whole(plant.yard(last_head=Head("", head.seq, "0" * 64)))
    assert found.status == "FAIL"


def test_places_finer_than_asked_warn(plant: Plant) -> None:
    site = plant.site(place="country")
    plant.keep(site.id, country="DE")
    assert machine.places_are_rough(plant.yard()).status == "PASS"
    plant.keep(site.id, country="DE", city="Berlin")
    found = machine.places_are_rough(plant.yard())
    assert (found.status, f"site {site.id}" in found.evidence) == ("WARN", True)


def test_open_connections_are_read_from_the_systems_own_table() -> None:
    lines = [
        "0: 0100007F:1F40 0100007F:C000 01 00000000:00000000 00:00000000 00000000 0 0 111 1",
        "1: 0100000A:9999 0A0200C0:01BB 01 00000000:00000000 00:00000000 00000000 0 0 222 1",
        "2: 0100000A:9999 0A0200C0:01BB 06 00000000:00000000 00:00000000 00000000 0 0 222 1",
        "3: 00000000000000000000000000000000:1F40 0000000000000000FFFF0000077100CB:C001 01 0:0 0:0 0 0 0 222 1",
    ]
    assert list(machine.read_connections(lines, {"222"})) == [(0x9999, "192.0.2.10", 443), (8000, "203.0.113.7", 49153)]
    assert not machine.is_expected("192.0.2.10", 443, {8123})
    assert machine.is_expected("192.0.2.10", 8123, {8123})
    assert machine.is_expected("127.0.0.1", 443, set())


def test_an_owner_with_one_factor_warns_by_number_and_not_by_name(plant: Plant) -> None:
    plant.registry.users.add("owner@example.com", "correct horse battery", "owner")
    found = people.access_is_needed(plant.yard())
    assert (found.status, "user 1" in found.evidence, "@" in found.evidence) == ("WARN", True, False)


def test_a_site_that_left_its_preset_is_told_in_words(plant: Plant) -> None:
    site = plant.site()
    assert promises.presets_are_kept(plant.yard()).status == "PASS"
    plant.registry.sites.set(site.host, {"gpc": "ignore"})
    found = promises.presets_are_kept(plant.yard())
    assert (found.status, "gpc is ignore; the preset standard says decline" in found.evidence) == ("WARN", True)


def test_the_host_of_no_server_is_not_judged(plant: Plant) -> None:
    assert machine.host_is_hardened(plant.yard()).status == "SKIP"
    if os.geteuid() == 0:
        assert machine.host_is_hardened(plant.yard(is_serving=True)).status in ("WARN", "FAIL")


def test_a_store_that_is_away_proves_nothing(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_named: object) -> object:
        raise StoreAway("ClickHouse does not answer")

    for name in ("query", "command", "insert"):
        monkeypatch.setattr(type(plant.store.writer), name, away)
    monkeypatch.setattr(type(plant.store), "query", away)
    found = {check.id: finding for check, finding in run_checks(plant.yard())}
    for name in ("A01", "A02", "A03", "A15", "A16", "A20"):
        assert found[name].status == "SKIP"
        assert "does not answer" in found[name].evidence


def test_no_evidence_of_any_check_names_a_site_or_a_person(plant: Plant) -> None:
    plant.site("very-private-host.example", gpc="ignore")
    plant.registry.users.add("someone@example.com", "correct horse battery", "owner")
    told = " ".join(finding.evidence + finding.mend for _, finding in run_checks(plant.yard(NO_SERVER)))
    assert "very-private-host" not in told
    assert "someone@" not in told
