"""The collector's picture of the sites: whose host it is, and what happens when the registry is away."""

from __future__ import annotations

from pathlib import Path

import pytest
from registry_world import Clock

from registry.registry import Registry
from registry.site import Site
from registry.snapshot import Snapshot, picture_of


@pytest.fixture
def snapshot(registry: Registry) -> Snapshot:
    registry.sites.add("example.com", hosts="shop.example.org,*.example.com", alias="7,B59E2F10-aaaa")
    registry.sites.add("blog.example.com")
    registry.sites.add("other.example", hosts="*.example.com,shop.example.org,*.b.example.com")
    return Snapshot(registry)


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("example.com", "example.com"),
        ("www.example.com", "example.com"),
        ("shop.example.org", "example.com"),
        ("www.shop.example.org", None),
        ("a.example.com", "example.com"),
        ("a.b.c.example.com", "example.com"),
        ("blog.example.com", "blog.example.com"),
        ("www.blog.example.com", "blog.example.com"),
        ("x.b.example.com", "other.example"),
        ("notexample.com", None),
        ("example.com.evil.example", None),
        ("com", None),
        ("", None),
        (".", None),
        ("www.other.example", "other.example"),
        ("sub.other.example", None),
    ],
)
def test_a_host_belongs_to_one_site_or_none(snapshot: Snapshot, host: str, site: str | None) -> None:
    found = snapshot.by_host(host)
    assert (found.host if found else None) == site


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("Example.com", "example.com"),
        (" www.example.com ", "example.com"),
        ("7", "example.com"),
        ("b59e2f10-AAAA", "example.com"),
        ("a.example.com", "example.com"),
        ("8", None),
        ("", None),
    ],
)
def test_a_tag_may_call_a_site_by_host_or_alias(snapshot: Snapshot, name: str, site: str | None) -> None:
    found = snapshot.resolve(name)
    assert (found.host if found else None) == site


def test_an_alias_never_takes_the_name_of_another_site() -> None:
    old, new = Site(id=1, host="a.example", alias=("b.example",)), Site(id=2, host="b.example")
    assert picture_of([new, old]).by_name["b.example"] == new


def test_a_site_is_found_by_its_number(snapshot: Snapshot) -> None:
    assert [site.host for site in snapshot.sites] == ["example.com", "blog.example.com", "other.example"]
    for site in snapshot.sites:
        assert snapshot.by_id(site.id) is site
    assert snapshot.by_id(99) is None


def test_a_change_is_seen_after_a_refresh(registry: Registry, snapshot: Snapshot) -> None:
    registry.sites.freeze("example.com")
    registry.sites.add("new.example")
    registry.sites.purge("other.example")
    assert snapshot.by_host("new.example") is None
    assert snapshot.refresh()
    assert [(site.host, site.state) for site in snapshot.sites] == [
        ("example.com", "frozen"),
        ("blog.example.com", "active"),
        ("new.example", "active"),
    ]
    assert snapshot.revision == registry.revision()


def test_without_a_change_the_picture_is_kept_as_it_is(snapshot: Snapshot) -> None:
    before = snapshot.by_host("example.com")
    assert snapshot.refresh()
    assert snapshot.by_host("example.com") is before


def test_the_last_picture_stays_while_the_registry_is_away(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "registry.sqlite"
    with Registry.open(f"sqlite:///{path}", clock=clock) as registry:
        registry.sites.add("example.com")
        snapshot = Snapshot(registry)
        with registry._database.write() as connection:
            connection.exec_driver_sql("alter table revision rename to hidden")
        assert not snapshot.refresh()
        assert snapshot.by_host("example.com") is not None
        with registry._database.write() as connection:
            connection.exec_driver_sql("alter table hidden rename to revision")
        registry.sites.add("other.example")
        assert snapshot.refresh()
        assert snapshot.by_host("other.example") is not None
