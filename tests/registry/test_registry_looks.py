"""Who looked: a chain that shows every alteration, and forgets what it told without breaking."""

from __future__ import annotations

import threading

import pytest
from registry_world import Clock
from sqlalchemy import text

from registry.database import Conflict
from registry.errors import RegistryAway
from registry.registry import Registry
from registry.tables_staff import look_heads, looks


@pytest.fixture
def site_id(registry: Registry) -> int:
    return registry.sites.add("example.com").id


def look(registry: Registry, site_id: int | None, action: str = "view", **more: object) -> int:
    return registry.looks.note("ada@example.com", "owner", "session", action, site_id, **more)


def unguarded(registry: Registry, *statements: str) -> None:
    """Change rows behind the triggers' back, as somebody with the file would."""
    names = ("looks_stay", "looks_remain", "look_heads_stay", "look_heads_remain")
    with registry._database.write() as connection:
        for name in names:
            table = "look_heads" if "heads" in name else "looks"
            if registry._database.dialect == "sqlite":
                connection.execute(text(f"drop trigger if exists {name}"))
            else:
                connection.execute(text(f"drop trigger if exists {name} on {table}"))
        for statement in statements:
            connection.execute(text(statement))


def test_a_look_is_told_as_it_was_noted(registry: Registry, site_id: int, clock: Clock) -> None:
    number = look(registry, site_id, "export", object="details/pages.csv", params="period=7d", rows=12, purpose="board",
                  grant_id=3)  # fmt: skip
    (told,) = registry.looks.of_site(site_id)
    assert (told.seq, told.at, told.actor, told.role, told.auth) == (
        number,
        clock(),
        "ada@example.com",
        "owner",
        "session",
    )
    assert (told.action, told.object, told.params, told.rows) == ("export", "details/pages.csv", "period=7d", 12)
    assert (told.purpose, told.grant_id) == ("board", 3)


def test_looks_are_numbered_without_a_gap_and_listed_by_site(registry: Registry, site_id: int) -> None:
    other = registry.sites.add("other.example").id
    assert [look(registry, one) for one in (site_id, other, None, site_id)] == [1, 2, 3, 4]
    assert [one.seq for one in registry.looks.of_site(site_id)] == [4, 1]
    assert [one.seq for one in registry.looks.of_site(site_id, before=4)] == [1]
    assert [one.seq for one in registry.looks.of_site(site_id, limit=1)] == [4]
    assert registry.looks.count(site_id) == 2


def test_many_at_once_make_one_chain(registry: Registry, site_id: int) -> None:
    threads = [threading.Thread(target=lambda: [look(registry, site_id) for _ in range(5)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.looks.head().seq == 20
    assert registry.looks.verify() is None


@pytest.mark.parametrize(
    "statement",
    [
        "update looks set told = '{}' where seq = 2",
        "update looks set told = '', site_id = 9 where seq = 2",
        "update looks set at = 5 where seq = 2",
        "delete from looks where seq = 3",
        "update look_heads set hash = ''",
        "delete from look_heads",
    ],
)
def test_the_database_refuses_to_alter_a_look(registry: Registry, site_id: int, clock: Clock, statement: str) -> None:
    for _ in range(3):
        look(registry, site_id)
        clock.pass_by(days=1)
    with pytest.raises((RegistryAway, Conflict)), registry._database.write() as connection:
        connection.execute(text(statement))
    assert registry.looks.verify() is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("update looks set told = replace(told, 'view', 'none') where seq = 2", 2),
        ("update looks set told = '' where seq = 2", 2),
        ("update looks set site_id = 77 where seq = 2", 2),
        ("update looks set at = at + 1 where seq = 3", 3),
        ("update looks set digest = hash where seq = 2", 2),
        ("delete from looks where seq = 2", 2),
        ("delete from looks where seq = 1", 1),
        ("delete from looks where seq > 2", 3),
        ("delete from looks", 1),
        ("update look_heads set hash = '' where seq = 1", 1),
    ],
)
def test_whatever_was_altered_is_found(
    registry: Registry, site_id: int, clock: Clock, statement: str, broken: int
) -> None:
    for _ in range(4):
        look(registry, site_id)
        clock.pass_by(days=1)
    assert registry.looks.verify() is None
    unguarded(registry, statement)
    assert registry.looks.verify() == broken


def test_each_day_leaves_its_head(registry: Registry, site_id: int, clock: Clock) -> None:
    for _ in range(3):
        look(registry, site_id)
        last = registry.looks.head()
        clock.pass_by(days=1)
    days = [head.day for head in registry.looks.heads()]
    assert len(days) == 2
    assert days == sorted(days, reverse=True)
    look(registry, site_id)
    assert registry.looks.heads()[0].hash == last.hash


def test_a_clock_that_is_set_back_breaks_nothing(registry: Registry, site_id: int, clock: Clock) -> None:
    for step in (0, 1, -1, 1, 1):
        clock.pass_by(days=step)
        look(registry, site_id)
    assert registry.looks.verify() is None
    at = [one.at for one in registry.looks.of_site(site_id)]
    assert at == sorted(at, reverse=True)


def test_after_thirteen_months_only_the_link_is_left(registry: Registry, site_id: int, clock: Clock) -> None:
    look(registry, site_id, params="f=is:page:/a")
    clock.pass_by(days=397)
    look(registry, site_id)
    assert registry.looks.drop_old() == 1
    assert registry.looks.drop_old() == 0
    new, old = registry.looks.of_site(site_id)
    assert (old.is_dropped, old.actor, new.is_dropped) == (True, "", False)
    assert registry.looks.verify() is None
    with registry._database.read() as connection:
        assert [row.told for row in connection.execute(looks.select().where(looks.c.seq == 1))] == [""]


def test_with_its_site_goes_what_was_told_about_it(registry: Registry, site_id: int) -> None:
    other = registry.sites.add("other.example").id
    look(registry, site_id)
    look(registry, other)
    registry.sites.freeze("example.com")
    registry.sites.purge("example.com")
    assert [one.is_dropped for one in registry.looks.of_site(site_id)] == [True]
    assert [one.is_dropped for one in registry.looks.of_site(other)] == [False]
    assert registry.looks.verify() is None


def test_text_that_is_none_is_kept_as_text(registry: Registry, site_id: int) -> None:
    look(registry, site_id, params="a\x00b\ud800c" + "x" * 5000)
    assert registry.looks.of_site(site_id)[0].params.startswith("a\x00b?c")
    assert len(registry.looks.of_site(site_id)[0].params) == 2000
    assert registry.looks.verify() is None


def test_the_same_act_at_several_sites_is_one_row_each(registry: Registry, site_id: int) -> None:
    other = registry.sites.add("other.example").id
    registry.looks.note_each("ada@example.com", "session", "view", {site_id: "owner", other: "viewer"}, "list of sites")
    assert [registry.looks.of_site(one)[0].role for one in (site_id, other)] == ["owner", "viewer"]
    assert registry.looks.verify() is None
    with registry._database.read() as connection:
        assert connection.execute(look_heads.select()).all() == []
