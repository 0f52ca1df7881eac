"""The read side alone tells of sites what the whole registry tells, and nothing can be changed through it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from registry_world import Clock

from registry.errors import RegistryAway
from registry.reading import Reading, open_reading
from registry.registry import Registry
from registry.snapshot import Snapshot


def test_it_tells_what_the_whole_registry_tells(registry_url: str, clock: Clock) -> None:
    with Registry.open(registry_url, clock=clock) as registry:
        registry.sites.add("example.com", hosts="*.example.com,shop.example.org", alias="7", timezone="Europe/Berlin")
        registry.sites.add("blog.example.com", titles="on", retention_days="30")
        registry.sites.freeze("blog.example.com")
        whole = registry.sites_and_peppers()
        with open_reading(registry_url) as reading:
            assert reading.sites_and_peppers() == whole
    assert [len(pepper) for pepper in whole[1].values()] == [32, 32]


def test_a_change_is_seen_by_its_number(registry_url: str, clock: Clock) -> None:
    with Registry.open(registry_url, clock=clock) as registry, open_reading(registry_url) as reading:
        snapshot = Snapshot(reading)
        registry.sites.add("example.com")
        registry.peppers.all()
        assert snapshot.refresh()
        before = snapshot.by_host("example.com")
        assert before is not None
        assert snapshot.pepper(before.id) == registry.peppers.all()[before.id]
        assert snapshot.refresh()
        assert snapshot.by_host("example.com") is before
        registry.sites.freeze("example.com")
        assert snapshot.refresh()
        assert [site.state for site in snapshot.sites] == ["frozen"]
        registry.sites.purge("example.com")
        assert snapshot.refresh()
        assert snapshot.sites == ()


@pytest.fixture
def file(tmp_path: Path, clock: Clock) -> Path:
    """A registry with one site that has its pepper."""
    path = tmp_path / "registry.sqlite"
    with Registry.open(f"sqlite:///{path}", clock=clock) as registry:
        registry.sites.add("example.com")
        registry.peppers.all()
    return path


def test_a_site_is_there_once_it_has_its_pepper(file: Path) -> None:
    with Registry.open(f"sqlite:///{file}") as registry, closing(Reading(file)) as reading:
        snapshot = Snapshot(reading)
        registry.sites.add("new.example")
        assert snapshot.refresh()
        assert snapshot.by_host("new.example") is None
        registry.peppers.all()
        assert snapshot.refresh()
        found = snapshot.by_host("new.example")
        assert found is not None
        assert snapshot.pepper(found.id) == registry.peppers.all()[found.id]


def test_nothing_can_be_written_through_it(file: Path) -> None:
    with closing(Reading(file)) as reading, pytest.raises(RegistryAway):
        reading._rows("delete from sites")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("select count(*) from sites").fetchone() == (1,)


def test_a_registry_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(RegistryAway, match="FOOTFALL_REGISTRY"), open_reading(f"sqlite:///{tmp_path / 'none.sqlite'}"):
        raise AssertionError
    assert not list(tmp_path.iterdir())


def test_the_last_picture_stays_while_the_file_cannot_be_read(file: Path) -> None:
    with closing(Reading(file)) as reading, closing(sqlite3.connect(file)) as connection:
        snapshot = Snapshot(reading)
        connection.execute("alter table revision rename to hidden")
        assert not snapshot.refresh()
        assert snapshot.by_host("example.com") is not None
        connection.execute("alter table hidden rename to revision")
        assert snapshot.refresh()
