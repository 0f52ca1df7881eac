"""People: passwords, roles by site, and the first owner."""

from __future__ import annotations

import argon2
import pytest
from registry_world import Clock

from registry import passwords, tables
from registry.errors import AlreadyThere, NotAllowed, NotThere
from registry.passwords import COSTS, NOBODYS, Passwords
from registry.registry import Registry
from registry.users import User

PASSWORD = "correct horse battery"


def roles(registry: Registry, user: User) -> list[tuple[str, str | None]]:
    return [(grant.role, grant.host) for grant in registry.users.grants(user)]


def test_a_user_signs_in_with_the_right_password_only(registry: Registry) -> None:
    ada = registry.users.add(" Ada@Example.com ", PASSWORD, "owner")
    assert ada.email == "ada@example.com"
    assert registry.users.check("ADA@example.com", PASSWORD) == ada
    assert registry.users.check("ada@example.com", PASSWORD + "x") is None
    assert registry.users.check("bob@example.com", PASSWORD) is None
    assert registry.users.check("ada@example.com\x00", PASSWORD) is None
    assert registry.users.check("\ud800", PASSWORD + "\ud800") is None


def test_a_password_is_kept_as_argon2id_and_nowhere_in_plain(registry: Registry, true_costs: None) -> None:
    registry.users.add("ada@example.com", PASSWORD, "owner")
    registry.users.add("bob@example.com", PASSWORD, "owner")
    with registry._database.read() as connection:
        rows = connection.execute(tables.users.select()).all()
    assert all(row.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$") for row in rows)
    assert rows[0].password_hash != rows[1].password_hash
    assert PASSWORD not in repr(rows)


def test_an_unknown_user_costs_as_much_as_a_wrong_password(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, true_costs: None
) -> None:
    compared: list[str] = []
    verify = argon2.PasswordHasher.verify

    def watched(self: argon2.PasswordHasher, stored: str, password: bytes) -> bool:
        compared.append(stored)
        return verify(self, stored, password)

    monkeypatch.setattr(passwords.PasswordHasher, "verify", watched)
    registry.users.add("ada@example.com", PASSWORD, "owner")
    registry.users.check("ada@example.com", "wrong password")
    registry.users.check("bob@example.com", "wrong password")
    known, unknown = (argon2.extract_parameters(stored) for stored in compared)
    assert known == unknown == COSTS


def test_no_password_fits_when_there_is_nobody(true_costs: None) -> None:
    assert not Passwords().fits(None, "")
    assert not Passwords().is_outdated(NOBODYS)


def test_a_password_fits_however_its_accents_are_composed() -> None:
    stored = Passwords().hash("caf\u00e9 caf\u00e9 caf\u00e9")
    assert Passwords().fits(stored, "cafe\u0301 cafe\u0301 cafe\u0301")


def test_a_hash_of_older_costs_is_made_anew_at_sign_in(registry: Registry, true_costs: None) -> None:
    registry.users.add("ada@example.com", PASSWORD, "owner")
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with registry._database.write() as connection:
        connection.execute(tables.users.update().values(password_hash=cheap))
    assert registry.users.check("ada@example.com", PASSWORD)
    with registry._database.read() as connection:
        stored = connection.execute(tables.users.select()).one().password_hash
    assert argon2.extract_parameters(stored) == COSTS


@pytest.mark.parametrize("password", ["", "short", "123456789", "x" * 1001])
def test_a_password_is_neither_too_short_nor_endless(registry: Registry, password: str) -> None:
    with pytest.raises(NotAllowed, match="at least 10 characters"):
        registry.users.add("ada@example.com", password, "owner")


@pytest.mark.parametrize(
    "email", ["", "ada", "@example.com", "a b@example.com", "a@b@c", "a@b,c@d", "<a@b>", "a\x00@b"]
)
def test_an_address_has_the_shape_of_one(registry: Registry, email: str) -> None:
    with pytest.raises(NotAllowed, match="not an e-mail address"):
        registry.users.add(email, PASSWORD, "owner")


def test_an_address_is_taken_once(registry: Registry) -> None:
    registry.users.add("ada@example.com", PASSWORD, "owner")
    with pytest.raises(AlreadyThere, match="footfall user grant"):
        registry.users.add("ADA@example.com", PASSWORD, "viewer")


def test_a_user_of_an_unknown_site_is_not_added(registry: Registry) -> None:
    with pytest.raises(NotThere):
        registry.users.add("ada@example.com", PASSWORD, "viewer", "example.com")
    assert registry.users.list() == []


def test_an_unknown_role_is_answered_with_all_there_are(registry: Registry) -> None:
    with pytest.raises(NotAllowed, match="owner, admin, analyst, viewer, dpo"):
        registry.users.add("ada@example.com", PASSWORD, "superuser")


def test_the_role_on_a_site_counts_before_the_role_on_every_site(registry: Registry) -> None:
    shop, blog = registry.sites.add("shop.example"), registry.sites.add("blog.example")
    ada = registry.users.add("ada@example.com", PASSWORD, "viewer")
    bob = registry.users.add("bob@example.com", PASSWORD, "dpo", "blog.example")
    registry.users.grant("ada@example.com", "admin", "shop.example")
    assert (registry.users.role_at(ada, shop.id), registry.users.role_at(ada, blog.id)) == ("admin", "viewer")
    assert (registry.users.role_at(bob, shop.id), registry.users.role_at(bob, blog.id)) == (None, "dpo")
    assert roles(registry, ada) == [
        ("viewer", None),
        ("admin", "shop.example"),
    ]


def test_a_grant_takes_the_place_of_the_one_before(registry: Registry) -> None:
    registry.sites.add("shop.example")
    ada = registry.users.add("ada@example.com", PASSWORD, "viewer")
    for role, host in (("owner", None), ("viewer", "shop.example"), ("analyst", "shop.example")):
        registry.users.grant("ada@example.com", role, host)
    assert roles(registry, ada) == [
        ("owner", None),
        ("analyst", "shop.example"),
    ]
    registry.users.revoke("ada@example.com")
    assert roles(registry, ada) == [("analyst", "shop.example")]
    with pytest.raises(NotThere):
        registry.users.revoke("ada@example.com")


def test_a_change_of_password_ends_every_session(registry: Registry) -> None:
    ada = registry.users.add("ada@example.com", PASSWORD, "owner")
    bob = registry.users.add("bob@example.com", PASSWORD, "owner")
    tokens = [registry.sessions.open(ada.id), registry.sessions.open(ada.id)]
    other = registry.sessions.open(bob.id)
    registry.users.set_password("ada@example.com", "another long password")
    assert [registry.sessions.check(token) for token in tokens] == [None, None]
    assert registry.sessions.check(other) == bob
    assert registry.users.check("ada@example.com", PASSWORD) is None
    assert registry.users.check("ada@example.com", "another long password") == ada


def test_a_removed_user_leaves_neither_roles_nor_sessions(registry: Registry) -> None:
    ada = registry.users.add("ada@example.com", PASSWORD, "owner")
    token = registry.sessions.open(ada.id)
    registry.users.remove("ada@example.com")
    assert registry.sessions.check(token) is None
    assert registry.users.grants(ada) == []
    with pytest.raises(NotThere):
        registry.users.remove("ada@example.com")


def test_the_setup_token_makes_one_owner_once(registry: Registry) -> None:
    assert registry.setup.is_needed()
    token = registry.setup.make_token()
    assert registry.setup.is_valid(token)
    ada = registry.setup.redeem(token, "ada@example.com", PASSWORD)
    assert roles(registry, ada) == [("owner", None)]
    assert not registry.setup.is_needed()
    assert not registry.setup.is_valid(token)
    with pytest.raises(NotAllowed, match="spent"):
        registry.setup.redeem(token, "eve@example.com", PASSWORD)


def test_a_new_setup_token_makes_the_one_before_worthless(registry: Registry) -> None:
    old, new = registry.setup.make_token(), registry.setup.make_token()
    assert (registry.setup.is_valid(old), registry.setup.is_valid(new)) == (False, True)


def test_a_setup_token_is_not_spent_by_a_bad_password(registry: Registry) -> None:
    token = registry.setup.make_token()
    with pytest.raises(NotAllowed):
        registry.setup.redeem(token, "ada@example.com", "short")
    assert registry.setup.is_valid(token)


def test_a_setup_token_is_worthless_once_somebody_owns_everything(registry: Registry) -> None:
    token = registry.setup.make_token()
    registry.users.add("ada@example.com", PASSWORD, "owner")
    assert not registry.setup.is_valid(token)
    with pytest.raises(NotAllowed):
        registry.setup.redeem(token, "eve@example.com", PASSWORD)
    assert [user.email for user in registry.users.list()] == ["ada@example.com"]


def test_setup_is_needed_again_when_the_last_owner_is_gone(registry: Registry) -> None:
    registry.users.add("ada@example.com", PASSWORD, "owner")
    registry.users.add("bob@example.com", PASSWORD, "viewer")
    registry.users.remove("ada@example.com")
    token = registry.setup.make_token()
    assert registry.setup.is_needed()
    with pytest.raises(NotAllowed, match=r"bob@example\.com is here already"):
        registry.setup.redeem(token, "bob@example.com", PASSWORD)
    assert registry.setup.redeem(token, "eve@example.com", PASSWORD).email == "eve@example.com"


def test_secrets_are_not_in_the_database(registry: Registry, clock: Clock) -> None:
    """S14, S16, S20: what a stolen database holds is of no use at the door."""
    registry.sites.add("example.com")
    ada = registry.users.add("ada@example.com", PASSWORD, "owner")
    key, secret = registry.keys.add("example.com", ["stats:read"])
    secrets = [PASSWORD, registry.sessions.open(ada.id), registry.setup.make_token(), secret, secret.rpartition("_")[2]]
    with registry._database.read() as connection:
        everything = "".join(repr(connection.execute(table.select()).all()) for table in tables.metadata.sorted_tables)
    assert key.id in everything
    assert not [each for each in secrets if each in everything]
