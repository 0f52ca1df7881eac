"""What the real trackers sent from a browser, sent again: it counts as what the visitor did, whatever the dialect."""

from __future__ import annotations

from pathlib import Path

import pytest
from distill_world import case_rows
from faults.drains import drain_all
from faults.traffic import fill
from peer_world import SHOP, World, replay

from clickhouse.client import Store
from clickhouse.rows import Event
from collector.peers import MANNERS
from registry.site import Site

TAG = {"tag": "ab-test-1"}
BLANK = "http://partner.example.test:18081/blank"
LANDING = "http://partner.example.test:18081/landing?x=1#frag"
REPORT = "http://shop.example.test:18081/files/report-2026.pdf"
Kept = list[tuple[str, str, dict[str, str]]]

UMAMI: dict[str, Kept] = {
    "pageview": [("pageview", "/", TAG)],
    "custom_event": [("purchase", "/", {"plan": "pro", "seats": "3", "price": "12.5", "currency": "EUR", **TAG})],
    "declarative_click": [("signup", "/", {"plan": "pro plus", **TAG})],
    "spa_pushState": [("pageview", "/spa/one", TAG)],
    "spa_same_path": [("pageview", "/spa/one", TAG)],
    "spa_replaceState": [("pageview", "/spa/two", TAG)],
    "form_submit": [("pageview", "/thanks", TAG)],
    "error_404": [("pageview", "/missing", TAG)],
    "back_bfcache": [("pageview", "/missing", TAG)],
}
GOATCOUNTER: dict[str, Kept] = {
    "pageview": [("pageview", "/", {})],
    "custom_event": [("purchase", "/", {})],
    "declarative_click": [("signup-click", "/", {})],
    "spa_pushState": [("pageview", "/spa/one", {})],
    "form_submit": [("pageview", "/thanks", {})],
    "error_404": [("pageview", "/missing", {})],
    "back_bfcache": [("pageview", "/missing", {})],
}
PLAUSIBLE_OLD: dict[str, Kept] = {
    "pageview": [("pageview", "/", {})],
    "custom_event": [("Purchase", "/", {"plan": "pro", "seats": "3"})],
    "spa_pushState": [("pageview", "/spa/one", {})],
    "spa_same_path": [("pageview", "/spa/one", {})],
    "spa_back": [("pageview", "/spa/one", {})],
    "hashchange": [("pageview", "/spa/one", {})],
    "form_submit": [("pageview", "/thanks", {})],
    "outbound_newtab": [("Outbound Link: Click", "/thanks", {"url": BLANK})],
    "error_404": [("pageview", "/missing", {}), ("404", "/missing", {"path": "/missing"})],
    "outbound": [("Outbound Link: Click", "/missing", {"url": LANDING})],
    "back_bfcache": [("pageview", "/missing", {})],
}

PLAUSIBLE: dict[str, Kept] = {
    "pageview": [("pageview", "/", {})],
    "custom_event": [("Purchase", "/", {"plan": "pro", "seats": "3"})],
    "declarative_click": [("Signup", "/", {"plan": "pro plus"})],
    "spa_pushState": [("engagement", "/", {}), ("pageview", "/spa/one", {})],
    "file_download": [("File Download", "/spa/one", {"url": REPORT})],
    "form_submit": [
        ("Form: Submission", "/spa/one", {}),
        ("engagement", "/spa/one", {}),
        ("pageview", "/thanks", {}),
    ],
    "outbound_newtab": [("Outbound Link: Click", "/thanks", {"url": BLANK})],
    "error_404": [
        ("engagement", "/thanks", {}),
        ("pageview", "/missing", {}),
        ("404", "/missing", {"path": "/missing"}),
    ],
    "outbound": [("Outbound Link: Click", "/missing", {"url": LANDING}), ("engagement", "/missing", {})],
    "back_bfcache": [("pageview", "/missing", {})],
    "unload": [("engagement", "/missing", {})],
}


def told(events: list[Event]) -> Kept:
    return [(event.name, event.path, event.props) for event in events]


@pytest.mark.parametrize(
    ("tracker", "expected"),
    [
        ("umami-3.1", UMAMI),
        ("goatcounter", GOATCOUNTER),
        ("plausible-tracker-039", PLAUSIBLE_OLD),
        ("plausible-npm", PLAUSIBLE),
    ],
)
def test_every_step_of_a_captured_session_is_kept_as_what_it_was(tracker: str, expected: dict[str, Kept]) -> None:
    world = World(SHOP)
    kept = {step: told(events) for step, events in replay(tracker, world) if events}
    assert kept == expected
    assert not world.refused


def test_amounts_and_times_of_a_captured_session_are_kept() -> None:
    world = World(SHOP)
    steps = dict(replay("plausible-npm", world))
    (purchase,) = steps["custom_event"]
    assert (purchase.revenue, purchase.currency, purchase.interactive) == (12_500, "EUR", False)
    (last,) = steps["unload"]
    assert (last.scroll, last.engaged_ms) == (100, 4744)


@pytest.mark.parametrize("tracker", ["plausible-npm", "plausible-tracker-039", "umami-3.1", "goatcounter"])
def test_a_captured_session_is_one_visit_from_where_it_began(store: Store, tmp_path: Path, tracker: str) -> None:
    """The referrer stays `google.com` on every later page of a single-page app: only the first event may tell it."""
    world = World(SHOP)
    replay(tracker, world)
    fill(tmp_path, world.records)
    drain_all(store, tmp_path)
    views = sum(event.name == "pageview" for event in world.events)
    rows = store.query("select source, utm_campaign, entry, exit, pageviews from visits final")
    assert rows == [("newsletter", "spring sale", "/", "/missing", views)]


@pytest.mark.parametrize("tracker", ["plausible-npm", "plausible-tracker-039", "umami-3.1", "goatcounter"])
def test_nothing_a_form_held_and_no_client_id_is_kept_of_a_session(tracker: str) -> None:
    world = World(SHOP)
    replay(tracker, world)
    kept = b"\n".join(world.records)
    assert not [word for word in (b"b.example", b"abc123", b"user-42", b"1366", b"b59e9c65") if word in kept]


def test_the_peers_own_cases_get_the_answers_that_they_expect() -> None:
    """Umami's ids are known here by alias; the page that asks in vain for another site is of no site of ours."""
    known = "11111111-1111-4111-8111-111111111111"
    ours = [row for row in case_rows("ingest_validation") if row["input"].get("path") in MANNERS]
    assert {row["dialect"] for row in ours} == {"umami", "goatcounter"}
    for row in ours:
        said, expected = row["input"], row["expected"]
        is_stranger = said.get("json", {}).get("payload", {}).get("website", known) != known
        headers = {**said.get("headers", {}), **({"referer": "https://else.example/"} if is_stranger else {})}
        told = {"json": said["json"]} if "json" in said else {"params": said["query"]}
        answer = World(Site(id=1, host="example.com", alias=(known,))).ask(
            said["method"], said["path"], headers, **told
        )
        assert answer.status_code == expected["status"], row["id"]
        assert answer.headers["content-type"] == expected.get("content_type", answer.headers["content-type"]), row["id"]
        assert ("x-refused" in answer.headers) == (expected.get("bot_only") or "beep" in answer.text or is_stranger)
        if "message" in expected:
            assert answer.json()["error"]["message"] == expected["message"]
