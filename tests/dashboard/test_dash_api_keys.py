"""Keys of the Stats API: who may ask about which site, and how often."""

from __future__ import annotations

from datetime import timedelta

from dash_world import NOW, World

PLAIN = {"site_id": "example.com", "metrics": ["visitors"], "date_range": "all"}


def test_a_key_is_needed(world: World):
    answer = world.browser().post("/api/v2/query", json=PLAIN)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Missing API key. Please use a valid Plausible API key as a Bearer Token."}


WRONG = (
    "Invalid API key or site ID. Please make sure you're using a valid API key "
    "with access to the site you've requested."
)


def test_a_wrong_key_and_a_foreign_site_are_answered_alike(world: World):
    good, site = world.key(), {"site_id": "example.com"}
    cases = [
        ({"Authorization": "Bearer ff_nothing"}, site),
        (good, {"site_id": "other.example"}),
        (good, {"site_id": "unknown.example"}),
        (good, {"site_id": "not a host"}),
        (good, {"site_id": 7}),
        (world.key(scope="events:write"), site),
        (world.key(host="other.example"), site),
    ]
    for headers, body in cases:
        answer = world.browser().post("/api/v2/query", json={**PLAIN, **body}, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"error": WRONG}), body


def test_a_revoked_or_expired_key_opens_nothing(world: World):
    key, secret = world.registry.keys.add("example.com", ["stats:read"], "old", days=1)
    headers = {"Authorization": f"Bearer {secret}"}
    assert world.ask(PLAIN, **headers).status_code == 200
    world.clock[0] = NOW + timedelta(days=2)
    assert world.ask(PLAIN, **headers).status_code == 401
    world.clock[0] = NOW
    world.registry.keys.revoke(key.id)
    assert world.ask(PLAIN, **headers).status_code == 401


def test_a_missing_site_is_named(world: World):
    answer = world.browser().post("/api/v2/query", json={"metrics": ["visitors"]}, headers=world.key())
    message = "Missing site ID. Please provide the required site_id parameter with your request."
    assert (answer.status_code, answer.json()) == (400, {"error": message})


def test_a_frozen_site_is_locked(world: World):
    headers = world.key()
    world.registry.sites.freeze("example.com")
    assert world.ask(PLAIN, **headers).status_code == 402


def test_a_session_is_no_key(world: World):
    assert world.browser("owner").post("/api/v2/query", json=PLAIN).status_code == 401


def test_a_key_asks_600_times_an_hour(world: World):
    browser, headers = world.browser(), world.key()
    statuses = [world.ask({"metrics": ["nonsense"]}, browser, **headers).status_code for _ in range(601)]
    assert statuses[599:] == [400, 429]


def test_answers_are_never_cached(world: World):
    assert world.ask(PLAIN).headers["cache-control"] == "no-store"
