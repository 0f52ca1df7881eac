"""Sites in the registry: adding, changing, freezing, deleting, and the history of it."""

from __future__ import annotations

import pytest
import sqlalchemy
from registry_world import Clock
from sqlalchemy.exc import DBAPIError

from registry import tables
from registry.errors import AlreadyThere, NotAllowed, NotThere, WrongState
from registry.registry import Registry


def test_a_site_is_found_by_its_host_however_it_is_typed(registry: Registry) -> None:
    site = registry.sites.add("www.Example.com", name="Shop", timezone="Europe/Berlin", preset="strict")
    assert (site.host, site.name, site.timezone, site.mode) == ("example.com", "Shop", "Europe/Berlin", "none")
    assert registry.sites.get("EXAMPLE.com") == registry.sites.get("www.example.com") == site
    assert registry.sites.by_id(site.id) == site
    assert registry.sites.list() == [site]


def test_a_site_is_added_once(registry: Registry) -> None:
    registry.sites.add("example.com")
    with pytest.raises(AlreadyThere, match=r"example\.com is here already"):
        registry.sites.add("www.example.com")


def test_a_site_with_a_wrong_setting_is_not_added(registry: Registry) -> None:
    with pytest.raises(NotAllowed):
        registry.sites.add("example.com", mode="all")
    assert registry.sites.list() == []


def test_an_unknown_host_is_answered_with_how_to_find_the_right_one(registry: Registry) -> None:
    with pytest.raises(NotThere, match="footfall site list"):
        registry.sites.get("example.com")
    assert registry.sites.by_id(7) is None


def test_settings_are_stored_as_they_are_typed(registry: Registry) -> None:
    registry.sites.add("example.com")
    changed = registry.sites.set("example.com", {"hosts": "*.example.com", "titles": "on", "retention_days": "30"})
    assert (changed.hosts, changed.titles, changed.retention_days) == (("*.example.com",), True, 30)
    assert registry.sites.get("example.com") == changed


@pytest.mark.parametrize(
    "change",
    [
        lambda sites: sites.add("other.example"),
        lambda sites: sites.set("example.com", {"mode": "none"}),
        lambda sites: sites.freeze("example.com"),
        lambda sites: sites.condemn("example.com"),
        lambda sites: sites.purge("example.com"),
    ],
)
def test_every_change_raises_the_revision(registry: Registry, change: Clock) -> None:
    registry.sites.add("example.com")
    before = registry.revision()
    change(registry.sites)
    assert registry.revision() > before


def test_setting_what_is_set_already_changes_nothing(registry: Registry) -> None:
    registry.sites.add("example.com")
    before = registry.revision()
    registry.sites.set("example.com", {"mode": "daily"})
    assert registry.revision() == before
    assert len(registry.sites.history("example.com")) == 1


def test_the_history_tells_who_changed_what_when(registry: Registry, clock: Clock) -> None:
    registry.sites.add("example.com", timezone="Europe/Berlin")
    clock.pass_by(hours=1)
    registry.sites.set("example.com", {"gpc": "ignore"}, by="ada@example.com")
    registry.sites.freeze("example.com", by="ada@example.com")
    told = [(each.actor, each.key, each.before, each.after) for each in registry.sites.history("example.com")]
    assert told == [
        ("command line", "site", "", "added"),
        ("command line", "timezone", "UTC", "Europe/Berlin"),
        ("ada@example.com", "gpc", "decline", "ignore"),
        ("ada@example.com", "state", "active", "frozen"),
    ]
    assert registry.sites.history("example.com")[-1].at == clock()


def test_the_history_cannot_be_altered(registry: Registry, registry_url: str) -> None:
    registry.sites.add("example.com")
    engine = sqlalchemy.create_engine(registry_url)
    rewrite = tables.site_changes.update().values(actor="nobody")
    with engine.connect() as connection, pytest.raises(DBAPIError, match="history is not altered"):
        connection.execute(rewrite)
    engine.dispose()


def test_a_frozen_site_can_be_restored_for_seven_days(registry: Registry, clock: Clock) -> None:
    registry.sites.add("example.com")
    frozen = registry.sites.freeze("example.com")
    assert frozen.state == "frozen"
    assert frozen.frozen_until is not None
    assert (frozen.frozen_until - clock()).days == 7
    clock.pass_by(days=6, hours=23)
    assert registry.sites.overdue() == []
    assert registry.sites.restore("example.com").state == "active"
    assert registry.sites.get("example.com").frozen_until is None


def test_a_frozen_site_is_overdue_after_seven_days(registry: Registry, clock: Clock) -> None:
    registry.sites.add("example.com")
    registry.sites.add("other.example")
    registry.sites.freeze("example.com")
    clock.pass_by(days=7)
    assert [site.host for site in registry.sites.overdue()] == ["example.com"]


def test_freezing_twice_does_not_prolong_the_time(registry: Registry, clock: Clock) -> None:
    registry.sites.add("example.com")
    first = registry.sites.freeze("example.com")
    clock.pass_by(days=3)
    assert registry.sites.freeze("example.com") == first


def test_a_site_that_is_being_deleted_does_not_come_back(registry: Registry) -> None:
    registry.sites.add("example.com")
    registry.sites.condemn("example.com")
    assert registry.sites.freeze("example.com").state == "deleting"
    with pytest.raises(WrongState, match="only a frozen site"):
        registry.sites.restore("example.com")


def test_purging_forgets_all_that_hangs_on_a_site(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    registry.goals.add("example.com", page="/thanks")
    registry.keys.add("example.com", ["stats:read"])
    user = registry.users.add("ada@example.com", "correct horse battery", "viewer", "example.com")
    registry.sites.purge("example.com")
    assert registry.sites.by_id(site.id) is None
    assert registry.keys.list() == []
    assert registry.users.grants(user) == []
    with registry._database.read() as connection:
        for table in (tables.site_changes, tables.goals):
            assert connection.execute(table.select()).all() == []


def test_the_number_of_a_deleted_site_is_never_used_again(registry: Registry) -> None:
    """The store knows sites by number: a new site must not inherit what an old one left there."""
    first = registry.sites.add("example.com")
    registry.sites.purge("example.com")
    assert registry.sites.add("example.com").id > first.id


def test_an_alias_means_one_site(registry: Registry) -> None:
    registry.sites.add("example.com", alias="7,ABC")
    registry.sites.add("other.example")
    with pytest.raises(NotAllowed, match=r"the alias abc already means example\.com"):
        registry.sites.set("other.example", {"alias": "abc"})
    registry.sites.set("example.com", {"alias": "7"})
    assert registry.sites.set("other.example", {"alias": "abc"}).alias == ("abc",)


def test_a_new_zone_orders_the_salt_to_be_forgotten(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    registry.sites.set("example.com", {"titles": "on"})
    assert registry.orders.waiting() == []
    registry.sites.set("example.com", {"timezone": "Asia/Tokyo"})
    assert [(order.kind, order.args) for order in registry.orders.waiting()] == [("forget_salt", {"site_id": site.id})]


def test_settings_of_another_release_do_not_stop_this_one(registry: Registry) -> None:
    site = registry.sites.add("example.com", titles="on")
    with registry._database.write() as connection:
        settings = {"titles": True, "invented_later": 3}
        connection.execute(tables.sites.update().values(settings=settings))
    assert registry.sites.get("example.com") == site
