"""Removing a site for good: with and without a running server, whatever happens on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_world import Home

from clickhouse.client import Store
from clickhouse.erase import erase_site, tables_of_sites, wait_for_old_parts
from clickhouse.faults import StoreAway, StoreError
from clickhouse.insert import insert_events, insert_refusals
from clickhouse.rows import Event, PlacedEvent, Position, Reason, RefusalCount
from clickhouse.visits import derive_visits, visit_id_of
from collector.spool import Spool
from collector.spool.record import encode_event
from footfall.orders import run_orders
from footfall.wayout.certificate import digest_of
from registry.orders import Order
from registry.registry import Registry
from registry.salt_files import SaltFiles
from registry.salts import Salts

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = NOW.date()

READ = """
import sys
from clickhouse.client import connect
with connect(f"chdb://{sys.argv[1]}") as store:
    print(store.query("select site_id, count() from events group by 1 order by 1 settings apply_deleted_mask = 0"))
"""


def at(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def view(site_id: int, visitor: int, path: str = "/") -> Event:
    return Event(site_id=site_id, ts=at(NOW), visitor_id=visitor, name="pageview", hostname="example.com", path=path)


def keep(store: Store, site_id: int, visitors: int) -> None:
    """Put so many visits, and a refusal, into the store."""
    placed = [
        PlacedEvent(view(site_id, n), visit_id_of(site_id, n, at(NOW)), Position(site_id, n))
        for n in range(1, visitors + 1)
    ]
    insert_events(store, placed, token=f"e{site_id}")
    derive_visits(store, {(site_id, row.visit_id) for row in placed})
    refused = RefusalCount(site_id, (DAY - datetime(1970, 1, 1).date()).days, Reason.GPC, 3)  # noqa: DTZ001  # a day
    insert_refusals(store, [(Position(site_id, visitors + 1), refused)], token=f"r{site_id}")


def rows_of(store: Store, site_id: int) -> dict[str, int]:
    """What really lies in each table; those without any row are left out."""
    asked = "select count() from {} where site_id = {{n:UInt32}} settings apply_deleted_mask = 0"
    counts = {table: store.query(asked.format(table), {"n": site_id})[0][0] for table in tables_of_sites(store)}
    return {table: count for table, count in counts.items() if count}


def lost(certificate: dict[str, Any]) -> dict[str, int]:
    return {table["table"]: table["rows"] for table in certificate["tables"] if table["rows"]}


class Office:
    """A registry, salts and a store with two sites in it; a clock that a test may move."""

    def __init__(self, registry: Registry, salts: Salts, store: Store, clock: list[datetime]) -> None:
        self.registry, self.salts, self.store, self.clock = registry, salts, store, clock
        self.gone = registry.sites.add("gone.example")
        self.stays = registry.sites.add("stays.example")
        for site in (self.gone, self.stays):
            keep(store, site.id, 5)

    def order(self) -> Order:
        self.registry.sites.condemn("gone.example")
        return self.registry.orders.file(
            "remove_site", {"site_id": self.gone.id, "confirmed": "host typed"}, "ada@example.com"
        )

    def work(self, is_settled: Callable[[int], bool] = lambda _: True, store: Store | None = None) -> int:
        return run_orders(self.registry, store or self.store, self.salts, is_settled, old_parts_seconds=0)


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Iterator[Office]:
    clock = [NOW]
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}", clock=lambda: clock[0]) as registry:
        yield Office(registry, Salts(SaltFiles(tmp_path / "salts"), "salts"), store, clock)


def test_erasing_leaves_no_row_of_the_site_and_every_row_of_others(office: Office) -> None:
    before = rows_of(office.store, office.stays.id)
    assert before == {"events": 5, "refusals": 1, "visits": 5}
    erased = {
        each.table: (each.rows, each.partitions) for each in erase_site(office.store, office.gone.id) if each.rows
    }
    assert erased == {"events": (5, 1), "refusals": (1, 1), "visits": (5, 1)}
    assert rows_of(office.store, office.gone.id) == {}
    assert rows_of(office.store, office.stays.id) == before


def test_a_table_of_a_later_release_is_erased_too(office: Office) -> None:
    office.store.writer.command(
        "create table added_later (site_id UInt32, note String) engine = MergeTree order by site_id"
    )
    office.store.writer.command("insert into added_later values ({n:UInt32}, 'x')", {"n": office.gone.id})
    assert "added_later" in [each.table for each in erase_site(office.store, office.gone.id)]
    assert "added_later" not in rows_of(office.store, office.gone.id)


def test_the_files_that_held_erased_rows_go_away_too(office: Office) -> None:
    erase_site(office.store, office.gone.id)
    assert wait_for_old_parts(office.store, 60)


def test_erasing_twice_is_harmless_and_leaves_nothing_staged(office: Office) -> None:
    erase_site(office.store, office.gone.id)
    assert {each.rows for each in erase_site(office.store, office.gone.id)} == {0}
    assert office.store.query("select count() from sites_to_erase") == [(0,)]


def test_what_was_erased_is_not_written_into_the_order_to_erase(office: Office) -> None:
    erase_site(office.store, office.gone.id)
    commands = office.store.query("select command from system.mutations where database = currentDatabase()")
    assert {text for (text,) in commands} == {
        f"(DELETE WHERE site_id IN (SELECT site_id FROM {office.store.database}.sites_to_erase))"
    }


def test_the_certificate_tells_what_was_deleted_and_names_no_host(office: Office) -> None:
    order = office.order()
    assert office.work() == 1
    ended = office.registry.orders.get(order.id)
    certificate = ended.result
    assert ended.state == "done"
    assert lost(certificate) == {"events": 5, "refusals": 1, "visits": 5}
    tables = len(tables_of_sites(office.store))
    assert certificate["scan"] | {"at": ""} == {"tables": tables, "rows_left": 0, "at": ""}
    assert certificate["registry"]["site_changes"] > 0
    assert (certificate["requested_by"], certificate["confirmed"]) == ("ada@example.com", "host typed")
    assert certificate["requested_at"] == "2026-11-22T10:00:00Z"
    assert certificate["digest"] == digest_of(certificate | {"site": "gone.example"})
    assert certificate["digest"] != digest_of(certificate | {"confirmed": "not at all"})
    assert "gone.example" not in json.dumps([order.args, certificate])


def test_registry_and_salts_forget_the_site_too(office: Office) -> None:
    salt, other = office.salts.today(office.gone.id, DAY), office.salts.today(office.stays.id, DAY)
    office.order()
    office.work()
    assert [site.host for site in office.registry.sites.list()] == ["stays.example"]
    assert office.salts.today(office.gone.id, DAY) != salt
    assert office.salts.today(office.stays.id, DAY) == other


def test_nothing_is_erased_before_what_was_accepted_has_arrived(office: Office) -> None:
    order = office.order()
    asked: list[int] = []

    def is_settled(revision: int) -> bool:
        asked.append(revision)
        return len(asked) > 2

    assert [office.work(is_settled) for _ in range(3)] == [0, 0, 1]
    assert asked == [office.registry.revision() - 1] * 3
    assert office.registry.orders.get(order.id).state == "done"


class Failing:
    """A store that fails at its first command, as the real one may."""

    def __init__(self, store: Store, error: StoreError) -> None:
        self.cluster, self.writer, self._error = store.cluster, self, error

    def command(self, *_words: object, **_more: object) -> None:
        raise self._error


def test_a_store_that_is_away_leaves_the_order_waiting(office: Office) -> None:
    order = office.order()
    assert office.work(store=Failing(office.store, StoreAway("away"))) == 0  # type: ignore[arg-type]
    assert office.registry.orders.get(order.id).state == "waiting"
    assert office.work() == 1


def test_a_store_that_refuses_is_told_and_the_site_stays_refused(office: Office) -> None:
    order = office.order()
    assert office.work(store=Failing(office.store, StoreError("no"))) == 1  # type: ignore[arg-type]
    ended = office.registry.orders.get(order.id)
    assert (ended.state, ended.result) == ("failed", {"error": "no"})
    assert office.registry.sites.get("gone.example").state == "deleting"


def test_one_order_that_fails_does_not_hold_up_the_others(office: Office) -> None:
    office.order()
    salt = office.salts.today(office.stays.id, DAY)
    office.registry.orders.file("forget_salt", {"site_id": office.stays.id}, "x")
    assert office.work(store=Failing(office.store, StoreAway("away"))) == 1  # type: ignore[arg-type]
    assert office.salts.today(office.stays.id, DAY) != salt


def test_a_frozen_site_is_deleted_when_its_seven_days_are_over(office: Office) -> None:
    office.registry.sites.freeze("gone.example")
    office.clock[0] += timedelta(days=6, hours=23)
    assert office.work() == 0
    office.clock[0] += timedelta(hours=1)
    assert office.work() == 1
    assert [site.host for site in office.registry.sites.list()] == ["stays.example"]
    assert rows_of(office.store, office.gone.id) == {}


def test_two_orders_for_one_site_end_both(office: Office) -> None:
    first = office.order()
    second = office.registry.orders.file("remove_site", {"site_id": office.gone.id, "confirmed": "--yes"}, "x")
    assert office.work() == 2
    assert office.registry.orders.get(first.id).result["tables"]
    assert office.registry.orders.get(second.id).result == {"already_removed": True}


def python(program: str, *words: str) -> str:
    return subprocess.run([sys.executable, "-c", program, *words], check=True, capture_output=True, text=True).stdout


def test_without_a_server_the_command_deletes_by_itself_even_what_waits_in_the_spool(home: Home) -> None:
    for host in ("gone.example", "stays.example"):
        home.run("site", "add", host)
    with Registry.open(home.registry_url) as registry:
        gone, stays = (registry.sites.get(host).id for host in ("gone.example", "stays.example"))
    (home.data / "spool").mkdir(mode=0o700)
    spool = Spool.open(home.data / "spool" / "0")
    spool.append([encode_event(view(site, visitor)) for site in (gone, stays) for visitor in (1, 2, 3)])
    spool.close()

    removed = home.run("site", "remove", "gone.example", "--now", "--yes")
    assert removed.returncode == 0, removed.stderr
    certificate = json.loads(removed.stdout)
    assert certificate["site"] == "gone.example"
    assert lost(certificate) == {"events": 3, "visits": 3}
    assert certificate["old_files_gone_at"]
    assert python(READ, str(home.data / "store")) == f"[({stays}, 3)]\n"
    assert "gone.example" not in home.run("site", "list").stdout
    assert home.run("site", "remove", "gone.example", "--now", "--yes").returncode == 1
