"""Second factors, support for hours, share links: what opens, and when it no longer does."""

from __future__ import annotations

import base64

import pytest
from registry_world import Clock

from registry.errors import AlreadyThere, NotAllowed, NotThere
from registry.registry import Registry
from registry.shares import Wish
from registry.totp import address_of, code_at, step_of, step_that_fits
from registry.users import Term, User

PASSWORD = "correct horse battery"
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
SUPPORT = Term("owner@example.com", 2, "the report is empty")


@pytest.fixture
def ada(registry: Registry) -> User:
    registry.sites.add("example.com")
    return registry.users.add("ada@example.com", PASSWORD, "owner")


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """The test values of RFC 6238, appendix B, cut to six digits."""
    assert code_at(RFC_SECRET, seconds // 30) == code


def test_a_code_is_good_a_step_early_or_late(clock: Clock) -> None:
    here = step_of(clock())
    fitting = [
        step for step in range(here - 3, here + 4) if step_that_fits(RFC_SECRET, code_at(RFC_SECRET, step), clock())
    ]
    assert fitting == [here - 1, here, here + 1]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-12345", "1e5000"])
def test_what_is_no_code_fits_nothing(code: str, clock: Clock) -> None:
    assert step_that_fits(RFC_SECRET, code, clock()) is None


def test_the_address_of_a_secret_names_its_user() -> None:
    assert (
        address_of("ABC", "a+b@example.com") == "otpauth://totp/Footfall:a%2Bb%40example.com?secret=ABC&issuer=Footfall"
    )


def code_now(registry: Registry, secret: str) -> str:
    return code_at(secret, step_of(registry._database.now()))


def test_a_factor_counts_once_a_code_has_proven_it(registry: Registry, ada: User) -> None:
    secret = registry.factors.offer(ada.id)
    assert secret == registry.factors.offer(ada.id)
    assert not registry.factors.is_on(ada.id)
    assert registry.factors.confirm(ada.id, "000000") == ()
    codes = registry.factors.confirm(ada.id, code_now(registry, secret or ""))
    assert registry.factors.is_on(ada.id)
    assert (len(codes), registry.factors.recovery_left(ada.id)) == (8, 8)
    assert registry.factors.offer(ada.id) is None
    assert registry.factors.confirm(ada.id, code_now(registry, secret or "")) == ()


def test_a_code_opens_once(registry: Registry, ada: User, clock: Clock) -> None:
    secret = registry.factors.offer(ada.id) or ""
    spent = code_now(registry, secret)
    recovery = registry.factors.confirm(ada.id, spent)[0]
    assert not registry.factors.check(ada.id, spent)
    clock.pass_by(seconds=30)
    fresh = code_now(registry, secret)
    assert [registry.factors.check(ada.id, fresh), registry.factors.check(ada.id, fresh)] == [True, False]
    assert [registry.factors.check(ada.id, recovery.upper()), registry.factors.check(ada.id, recovery)] == [True, False]
    assert registry.factors.recovery_left(ada.id) == 7


def test_a_recovery_code_is_its_users_alone(registry: Registry, ada: User) -> None:
    bob = registry.users.add("bob@example.com", PASSWORD, "owner")
    codes = {}
    for user in (ada, bob):
        codes[user.id] = registry.factors.confirm(user.id, code_now(registry, registry.factors.offer(user.id) or ""))
    assert not registry.factors.check(bob.id, codes[ada.id][0])
    registry.factors.drop(bob.id)
    assert not registry.factors.check(bob.id, codes[bob.id][0])
    assert registry.factors.check(ada.id, codes[ada.id][0])


def test_a_session_that_awaits_a_code_opens_nothing(registry: Registry, ada: User) -> None:
    token = registry.sessions.open(ada.id, awaits_code=True)
    assert registry.sessions.check(token) is None
    assert registry.sessions.check(token, awaits_code=True) == ada
    assert registry.sessions.list(ada.id) == []
    full = registry.sessions.open(ada.id, instead_of=token)
    assert registry.sessions.check(token, awaits_code=True) is None
    assert registry.sessions.check(full) == ada


def test_a_session_can_be_ended_by_its_user_alone(registry: Registry, ada: User) -> None:
    bob = registry.users.add("bob@example.com", PASSWORD, "owner")
    token = registry.sessions.open(ada.id)
    (session,) = registry.sessions.list(ada.id)
    registry.sessions.end(bob.id, session.handle)
    registry.sessions.end(ada.id, "%" * 16)
    assert registry.sessions.check(token) == ada
    registry.sessions.end(ada.id, session.handle)
    assert registry.sessions.check(token) is None


def test_support_sees_nothing_until_let_in_and_nothing_after(registry: Registry, ada: User, clock: Clock) -> None:
    helper = registry.users.add("help@operator.example", PASSWORD, "support")
    assert registry.users.grants(helper) == []
    registry.users.grant(helper.email, "support", "example.com", SUPPORT)
    (grant,) = registry.users.grants(helper)
    assert (grant.role, grant.reason, grant.granted_by) == ("support", "the report is empty", "owner@example.com")
    clock.pass_by(hours=1, minutes=59)
    assert registry.users.role_at(helper, 1) == "support"
    clock.pass_by(minutes=1)
    assert registry.users.role_at(helper, 1) is None
    assert [email for email, _ in registry.users.at_site(1)] == ["ada@example.com"]


@pytest.mark.parametrize(
    ("host", "term", "why"),
    [
        (None, SUPPORT, "one site"),
        ("example.com", Term(hours=0, reason="x"), "1 to 24 hours"),
        ("example.com", Term(hours=25, reason="x"), "1 to 24 hours"),
        ("example.com", Term(hours=2, reason=" "), "a reason"),
        ("example.com", Term(hours=2, reason="a\x1bb"), "invisible"),
    ],
)
def test_support_is_let_in_for_hours_and_for_a_reason(
    registry: Registry, ada: User, host: str | None, term: Term, why: str
) -> None:
    registry.users.add("help@operator.example", PASSWORD, "support")
    with pytest.raises(NotAllowed, match=why):
        registry.users.grant("help@operator.example", "support", host, term)


def test_who_has_a_role_is_not_let_in_as_support_too(registry: Registry, ada: User) -> None:
    registry.users.add("bob@example.com", PASSWORD, "viewer", "example.com")
    with pytest.raises(AlreadyThere):
        registry.users.grant("bob@example.com", "support", "example.com", SUPPORT)
    with pytest.raises(NotAllowed, match="only support"):
        registry.users.grant("bob@example.com", "viewer", "example.com", Term(hours=3))


def test_the_use_of_a_grant_is_kept_to_the_day(registry: Registry, ada: User, clock: Clock) -> None:
    registry.users.mark_used(registry.users.grants(ada)[0])
    first = clock()
    clock.pass_by(hours=23)
    registry.users.mark_used(registry.users.grants(ada)[0])
    assert registry.users.grants(ada)[0].used_at == first


def test_a_link_opens_until_it_is_over(registry: Registry, ada: User, clock: Clock) -> None:
    share, token = registry.shares.add("example.com", Wish(name="board", state="f=is:page:/a", days=2), by="ada")
    found = registry.shares.check(token)
    assert found is not None
    assert (found.id, found.host, found.state, found.has_password) == (share.id, "example.com", "f=is:page:/a", False)
    clock.pass_by(days=2)
    assert registry.shares.check(token) is None
    _, token = registry.shares.add("example.com", Wish(), by="ada")
    registry.shares.revoke("example.com", 2)
    assert registry.shares.check(token) is None
    with pytest.raises(NotThere):
        registry.shares.revoke("example.com", 2)


def test_a_link_of_another_site_cannot_be_ended(registry: Registry, ada: User) -> None:
    registry.sites.add("other.example")
    share, token = registry.shares.add("example.com", Wish(), by="ada")
    with pytest.raises(NotThere):
        registry.shares.revoke("other.example", share.id)
    assert registry.shares.check(token)


def test_neither_token_nor_password_is_kept(registry: Registry, ada: User) -> None:
    share, token = registry.shares.add("example.com", Wish(password="a long password"), by="ada")
    assert registry.shares.fits(share, "a long password")
    assert not registry.shares.fits(share, "another password")
    with registry._database.read() as connection:
        rows = str(connection.exec_driver_sql("select * from share_links").all())
    assert token not in rows
    assert "a long password" not in rows


@pytest.mark.parametrize(
    "frames", ["*", "example.com", "https://a b", "https://x; script-src *", "javascript:x", "https://*.x"]
)
def test_only_plain_origins_may_frame_a_link(registry: Registry, ada: User, frames: str) -> None:
    with pytest.raises(NotAllowed, match="not an origin"):
        registry.shares.add("example.com", Wish(frames=frames), by="ada")
