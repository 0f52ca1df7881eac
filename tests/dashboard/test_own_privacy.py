"""The privacy report's last self-audit: its counts for everybody, its checks for those who may audit."""

from __future__ import annotations

import json

from dash_world import World
from test_report_page import text_of

BASE = "/sites/example.com"


def test_the_privacy_report_tells_the_last_self_audit_and_its_checks_to_those_who_may_audit(world: World) -> None:
    owner = world.browser("owner")
    assert "has not checked its own promises yet" in text_of(owner.get(f"{BASE}/privacy").text)
    finding = {"id": "A01", "title": "Nothing personal", "status": "PASS", "evidence": "site 9", "mend": ""}
    world.registry.audits.note(
        world.now, passed=1, warned=2, failed=3, skipped=4, signature="x", report=json.dumps({"findings": [finding]})
    )
    for who, may in (("owner", True), ("dpo", True), ("viewer", False)):
        text = text_of(world.browser(who).get(f"{BASE}/privacy").text)
        assert "1 passed, 2 warned, 3 failed, 4 could not be checked" in text
        assert ("Nothing personal" in text) == may
        assert "site 9" not in text
