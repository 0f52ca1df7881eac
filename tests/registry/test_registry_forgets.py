"""What is deleted or blanked is in no file of the registry, while the registry goes on running."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from looking import bytes_in
from registry_world import Clock

from registry.registry import Registry

CANARY = "canary-8d1f"


@pytest.fixture
def lite(tmp_path: Path, clock: Clock) -> Iterator[Registry]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}", clock=clock) as registry:
        yield registry


def asked(registry: Registry) -> int:
    return registry.requests.add("ref", None, "x.example", "access", CANARY, CANARY, receipt_sha256="").id


def closed_request(registry: Registry, _clock: Clock) -> None:
    registry.requests.close(asked(registry), "done", by="x")


def removed_site(registry: Registry, _clock: Clock) -> None:
    registry.sites.add(f"{CANARY}.example")
    assert registry.peppers.all()
    registry.looks.note("x", "owner", "session", "look", 1, object=CANARY)
    registry.sites.purge(f"{CANARY}.example")


def removed_user(registry: Registry, _clock: Clock) -> None:
    registry.users.add(f"{CANARY}@example.com", "correct horse battery", "owner")
    registry.users.remove(f"{CANARY}@example.com")


def dropped_looks(registry: Registry, clock: Clock) -> None:
    registry.looks.note(CANARY, "owner", "session", "look", None)
    clock.pass_by(days=14 * 31)
    assert registry.looks.drop_old() == 1


def dropped_factor(registry: Registry, _clock: Clock) -> None:
    user = registry.users.add("ada@example.com", "correct horse battery", "owner")
    registry.factors.offer(user.id)
    with registry._database.write() as connection:
        connection.exec_driver_sql("update second_factors set secret = ?", (CANARY,))
    registry.factors.drop(user.id)


WAYS = (closed_request, removed_site, removed_user, dropped_looks, dropped_factor)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_deleted_is_in_no_file_while_the_registry_is_open(
    lite: Registry, clock: Clock, tmp_path: Path, way: Callable[[Registry, Clock], None]
) -> None:
    way(lite, clock)
    assert CANARY.encode() not in bytes_in(*sorted(tmp_path.iterdir()))


def test_a_reader_only_puts_off_that_it_is_forgotten(lite: Registry, tmp_path: Path) -> None:
    number = asked(lite)
    with lite._database.read() as connection:
        connection.exec_driver_sql("select count(*) from requests").scalar()
        lite.requests.close(number, "done", by="x")
        assert CANARY.encode() in bytes_in(*sorted(tmp_path.iterdir()))
        assert not lite._database.forget()
    lite.tidy()
    assert CANARY.encode() not in bytes_in(*sorted(tmp_path.iterdir()))
    assert lite.requests.get(number).closed_at


def test_whoever_deletes_otherwise_leaves_it_to_the_next_tidying(lite: Registry, tmp_path: Path) -> None:
    user = lite.users.add("ada@example.com", "correct horse battery", "owner")
    lite.requests.extend(asked(lite), CANARY, by=user.email)
    with lite._database.write() as connection:
        connection.exec_driver_sql("delete from requests")
    assert CANARY.encode() in bytes_in(*sorted(tmp_path.iterdir()))
    lite.tidy()
    assert CANARY.encode() not in bytes_in(*sorted(tmp_path.iterdir()))


def test_the_pepper_of_a_removed_site_is_in_no_file_while_the_registry_is_open(lite: Registry, tmp_path: Path) -> None:
    site = lite.sites.add("gone.example")
    pepper = lite.peppers.all()[site.id]
    assert pepper in bytes_in(*sorted(tmp_path.iterdir()))
    lite.sites.purge("gone.example")
    assert pepper not in bytes_in(*sorted(tmp_path.iterdir()))
