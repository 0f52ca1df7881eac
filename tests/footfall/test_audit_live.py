"""What the self-audit judges of a running server: fails where a no was counted, a cookie strayed, a notice is old."""

from __future__ import annotations

import msgspec
import pytest
from audit_world import Plant

from collector.settings import load
from footfall.audit import live
from footfall.audit.checks import CHECKS
from footfall.audit.probe import Probe, Seen

LIVE = ("A07", "A08", "A09", "A10", "A11", "A12", "A13", "A14", "A24")


def test_without_a_server_nothing_about_it_passes(plant: Plant) -> None:
    for check in CHECKS:
        if check.id in LIVE:
            assert check.run(plant.yard()).status == "SKIP"


@pytest.mark.parametrize("reason", ["gpc", "dnt", "optout", "denied", "bot"])
def test_a_no_that_was_counted_fails(plant: Plant, reason: str) -> None:
    check = live.judged_by_the_server(reason)
    assert check(plant.yard(Probe(refused={reason: 1}, kept=(("/plain", "", 7),)))).status == "PASS"
    assert check(plant.yard(Probe(refused={reason: 1}, kept=((f"/no/{reason}", "", 7),)))).status == "FAIL"
    assert check(plant.yard(Probe(kept=(("/plain", "", 7),)))).status == "FAIL"


def test_a_forged_address_that_moves_the_country_fails(plant: Plant) -> None:
    for country, number, status in (("DE", 7, "PASS"), ("US", 7, "FAIL"), ("DE", 8, "FAIL")):
        kept = (("/plain", "DE", 7), ("/forged", country, number))
        assert live.forged_address_changes_nothing(plant.yard(Probe(kept=kept, is_local=False))).status == status
    alone = Probe(kept=(("/plain", "DE", 7),), is_local=False)
    assert live.forged_address_changes_nothing(plant.yard(alone)).status == "SKIP"
    assert live.forged_address_changes_nothing(plant.yard(Probe(kept=kept))).status == "SKIP"
    wide = load({"FOOTFALL_DATA": str(plant.data), "FOOTFALL_TRUSTED_PROXIES": "10.0.0.0/7"})
    found = live.forged_address_changes_nothing(msgspec.structs.replace(plant.yard(), settings=wide))
    assert found.status == "FAIL"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("footfall_optout=1; Max-Age=34560000; Path=/; SameSite=Lax; Secure", ""),
        ("__Host-footfall_vid=1; Path=/; SameSite=Lax; Secure; HttpOnly", ""),
        ("_ga=1; Path=/; SameSite=Lax; Secure", "is not one of ours"),
        ("footfall_optout=1; Path=/; SameSite=None; Secure", "is not SameSite"),
        ("footfall_optout=1; Path=/; SameSite=Lax; Secure; Domain=example.com", "has a Domain"),
        ("footfall_optout=1; Path=/; SameSite=Lax", "is not Secure"),
        ("footfall_optout=1; Path=/; SameSite=Lax; Secure; Max-Age=99999999", "lives too long"),
        ("footfall_vid=1; Path=/; SameSite=Lax; Secure", "is not one of ours"),
    ],
)
def test_a_cookie_that_is_not_as_promised_fails(plant: Plant, line: str, fault: str) -> None:
    probe = Probe(is_local=False, seen=(Seen("GET /s.js", 200, (line,), "", "text/javascript"),))
    found = live.cookies_are_ours(plant.yard(probe))
    assert (found.status == "FAIL", fault in found.evidence) == (bool(fault), True)


def test_an_opt_out_that_a_script_would_have_to_keep_fails(plant: Plant) -> None:
    for line, status in (("footfall_optout=1; Max-Age=34560000", "PASS"), ("footfall_optout=1; Max-Age=3600", "FAIL")):
        probe = Probe(declined=Seen("POST", 303, (line,), "", ""))
        assert live.declining_works_without_script(plant.yard(probe)).status == status


def test_a_page_with_yesterdays_notice_fails(plant: Plant) -> None:
    site = plant.site()
    page = f"Version {live.version_of(site)}"
    assert live.notice_is_current(plant.yard(Probe(notices={site.id: page}))).status == "WARN"
    named = plant.registry.sites.set(site.host, {"controller": "ACME, Berlin", "contact": "privacy@example.com"})
    assert live.notice_is_current(plant.yard(Probe(notices={site.id: page}))).status == "FAIL"
    assert live.notice_is_current(plant.yard(Probe(notices={site.id: live.version_of(named)}))).status == "PASS"
