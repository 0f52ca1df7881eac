"""Sessions of people and keys of programs: how long they last, what they open."""

from __future__ import annotations

import pytest
from registry_world import Clock

from registry import tables
from registry.errors import NotAllowed, NotThere
from registry.registry import Registry
from registry.users import User

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(registry: Registry) -> User:
    registry.sites.add("example.com")
    return registry.users.add("ada@example.com", PASSWORD, "owner")


def test_a_session_tells_who_it_is(registry: Registry, ada: User) -> None:
    assert registry.sessions.check(registry.sessions.open(ada.id)) == ada


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "ä\ud800", "' or 1=1 --"])
def test_an_unknown_token_is_nobody(registry: Registry, ada: User, token: str) -> None:
    registry.sessions.open(ada.id)
    assert registry.sessions.check(token) is None
    registry.sessions.close(token)


def test_a_session_ends_after_thirty_quiet_minutes(registry: Registry, ada: User, clock: Clock) -> None:
    token = registry.sessions.open(ada.id)
    clock.pass_by(minutes=29)
    assert registry.sessions.check(token) == ada
    clock.pass_by(minutes=29)
    assert registry.sessions.check(token) == ada
    clock.pass_by(minutes=30)
    assert registry.sessions.check(token) is None


def test_a_session_ends_after_eight_hours_however_busy(registry: Registry, ada: User, clock: Clock) -> None:
    token = registry.sessions.open(ada.id)
    for _ in range(8 * 4 - 1):
        clock.pass_by(minutes=15)
        assert registry.sessions.check(token) == ada
    clock.pass_by(minutes=15)
    assert registry.sessions.check(token) is None


def test_signing_in_ends_the_session_it_replaces(registry: Registry, ada: User) -> None:
    """S14: a token that somebody planted in the browser before is worth nothing after."""
    planted = registry.sessions.open(ada.id)
    other_device = registry.sessions.open(ada.id)
    fresh = registry.sessions.open(ada.id, instead_of=planted)
    assert [registry.sessions.check(token) for token in (planted, other_device, fresh)] == [None, ada, ada]


def test_signing_out_ends_one_session_or_all(registry: Registry, ada: User) -> None:
    first, second, third = (registry.sessions.open(ada.id) for _ in range(3))
    registry.sessions.close(first)
    assert [registry.sessions.check(token) for token in (first, second)] == [None, ada]
    registry.sessions.close_all(ada.id)
    assert [registry.sessions.check(token) for token in (second, third)] == [None, None]


def test_sessions_that_are_over_are_swept_at_the_next_sign_in(registry: Registry, ada: User, clock: Clock) -> None:
    for _ in range(3):
        registry.sessions.open(ada.id)
    clock.pass_by(hours=1)
    registry.sessions.open(ada.id)
    with registry._database.read() as connection:
        assert len(connection.execute(tables.sessions.select()).all()) == 1


def test_a_key_opens_what_its_scopes_say(registry: Registry, ada: User) -> None:
    key, secret = registry.keys.add("example.com", ["events:write", " stats:read"], "backend")
    found = registry.keys.check(secret)
    assert found is not None
    assert (found.id, found.host, found.scopes) == (key.id, "example.com", ("stats:read", "events:write"))
    assert secret.startswith(f"ff_{key.id}_")


@pytest.mark.parametrize("scopes", [[], [""], ["admin"], ["stats:read", "stats:write"]])
def test_a_key_needs_scopes_that_exist(registry: Registry, ada: User, scopes: list[str]) -> None:
    with pytest.raises(NotAllowed, match="scopes are: stats:read, events:write"):
        registry.keys.add("example.com", scopes)


def test_the_name_of_a_key_hides_nothing(registry: Registry, ada: User) -> None:
    with pytest.raises(NotAllowed, match="invisible"):
        registry.keys.add("example.com", ["stats:read"], "a\x1b[31mb")


def test_a_key_belongs_to_a_site_that_exists(registry: Registry) -> None:
    with pytest.raises(NotThere):
        registry.keys.add("example.com", ["stats:read"])


def test_a_wrong_secret_opens_nothing(registry: Registry, ada: User) -> None:
    key, secret = registry.keys.add("example.com", ["stats:read"])
    for wrong in ("", "ff_", secret[:-1], secret + "x", f"ff_{key.id}_", secret.upper(), "ff__" + "x" * 43, "\ud800"):
        assert registry.keys.check(wrong) is None
    assert registry.keys.list()[0].used_at is None


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(registry: Registry, ada: User, clock: Clock) -> None:
    key, secret = registry.keys.add("example.com", ["stats:read"])
    registry.keys.revoke(key.id)
    assert registry.keys.check(secret) is None
    assert [each.revoked_at for each in registry.keys.list()] == [clock()]
    with pytest.raises(NotThere, match="no living key"):
        registry.keys.revoke(key.id)


def test_a_key_with_an_end_expires(registry: Registry, ada: User, clock: Clock) -> None:
    _, secret = registry.keys.add("example.com", ["stats:read"], days=30)
    clock.pass_by(days=29)
    assert registry.keys.check(secret)
    clock.pass_by(days=1)
    assert registry.keys.check(secret) is None


def test_the_last_use_of_a_key_is_kept_to_the_minute(registry: Registry, ada: User, clock: Clock) -> None:
    _, secret = registry.keys.add("example.com", ["stats:read"])
    first_use = clock()
    registry.keys.check(secret)
    clock.pass_by(seconds=59)
    registry.keys.check(secret)
    assert registry.keys.list()[0].used_at == first_use
    clock.pass_by(seconds=1)
    registry.keys.check(secret)
    assert registry.keys.list()[0].used_at == clock()


def test_keys_are_listed_by_site(registry: Registry, ada: User) -> None:
    registry.sites.add("other.example")
    mine, _ = registry.keys.add("example.com", ["stats:read"])
    registry.keys.add("other.example", ["stats:read"])
    assert [key.id for key in registry.keys.list("example.com")] == [mine.id]
    assert len(registry.keys.list()) == 2
