"""Pages that an owner erases by a pattern: gone from store, sums and spool, and the pattern with them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_world import Home
from wayout_world import NOW, Yard

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rollup import roll_up
from clickhouse.rows import ENGAGEMENT, Event, PlacedEvent, Position
from clickhouse.visits import derive_visits, visit_id_of
from collector.drain.erased import Ordered
from collector.spool import Spool
from collector.spool.record import encode_event
from footfall.orders import run_orders
from footfall.restriction import isolate_held
from footfall.wayout.again import prepare
from footfall.wayout.remembered import book_in
from registry.registry import Registry
from registry.salts import open_salts
from registry.site import Site

CANARY = "canary-jane"
LEAKED = f"/staff/{CANARY}/sick"
TODAY = NOW.date()
NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp() * 1000)
VISITS = ((LEAKED, "/a", "/b"), ("/a", LEAKED, "/b"), ("/a", "/b", LEAKED), (LEAKED,), ("/a", "/b"))


@pytest.fixture
def yard(any_store: Store, tmp_path: Path) -> Iterator[Yard]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}", clock=lambda: NOW) as registry:
        yield Yard(registry, any_store, tmp_path)


def view(site: Site, visitor: int, path: str, minute: int, name: str = "pageview") -> Event:
    return Event(site.id, NOON + minute * 60_000, visitor, name, site.host, path)


def fill(yard: Yard, site: Site, visits: tuple[tuple[str, ...], ...] = VISITS) -> None:
    """Keep one visitor for each visit; each page reports its engagement too."""
    rows = []
    for visitor, paths in enumerate(visits, start=1):
        visit = visit_id_of(site.id, visitor, NOON)
        for minute, path in enumerate(paths):
            for name in ("pageview", ENGAGEMENT):
                event = view(site, visitor, path, minute, name)
                rows.append(PlacedEvent(event, visit, Position(site.id, len(rows))))
    insert_events(yard.store, rows, token=f"f{site.id}")
    derive_visits(yard.store, {(site.id, row.visit_id) for row in rows})


def order(yard: Yard, site: Site, pattern: str = "/staff/**", **more: Any) -> dict[str, Any]:
    """File an order and execute it until it has ended."""
    known = {"site_id": site.id, "since": "1970-01-01", "until": "2026-11-23", "only_count": False}
    filed = yard.registry.orders.file("erase_pages", known | {"pattern": pattern} | more, "ada")
    salts = open_salts("memory:", yard.data)
    for _ in range(20_000):
        run_orders(yard.registry, yard.store, salts, lambda _: True, old_parts_seconds=0, data=yard.data)
        ended = yard.registry.orders.get(filed.id)
        if ended.state != "waiting":
            assert ended.state == "done", ended.result
            assert "pattern" not in ended.args
            return ended.result
    raise AssertionError("never ended")


def everything(store: Store) -> str:
    tables = ("events", "events_isolated", "visits", "rollups_daily")
    return "".join(str(store.writer.query(f"select * from {name} settings apply_deleted_mask = 0")) for name in tables)


def visits_of(store: Store, site: Site) -> list[tuple[object, ...]]:
    asked = "select visitor_id, entry, exit, pageviews from visits final where site_id = {s:UInt32} order by 1"
    return [tuple(row) for row in store.query(asked, {"s": site.id})]


def test_pages_that_fit_are_gone_and_visits_are_as_if_they_had_never_been_seen(yard: Yard) -> None:
    site, other = yard.site("a.example", timezone="UTC"), yard.site("b.example", timezone="UTC")
    fill(yard, site)
    fill(yard, other)
    before = visits_of(yard.store, other)
    roll_up(yard.store, site.id, "UTC", TODAY)
    assert order(yard, site, only_count=True) == {"pages": 1, "rows": 8}
    assert order(yard, site)["rows_left"] == 0
    asked = "select count() from events where site_id = {s:UInt32} and path = {p:String}"
    assert yard.store.query(asked, {"s": site.id, "p": LEAKED}) == [(0,)]
    assert visits_of(yard.store, site) == [(n, "/a", "/b", 2) for n in (1, 2, 3, 5)]
    assert visits_of(yard.store, other) == before
    assert everything(yard.store).count(CANARY) == str(
        yard.store.writer.query("select * from events where site_id = 2"),
    ).count(CANARY) + str(yard.store.writer.query("select * from visits where site_id = 2")).count(CANARY)
    assert order(yard, site, only_count=True) == {"pages": 0, "rows": 0}


def test_neither_a_statement_nor_a_file_keeps_path_or_pattern(store: Store, tmp_path: Path) -> None:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}", clock=lambda: NOW) as registry:
        yard = Yard(registry, store, tmp_path)
        site = yard.site("a.example", timezone="UTC")
        fill(yard, site)
        spool = Spool.open(tmp_path / "spool" / "0")
        spool.append([encode_event(view(site, 1, path, 0)) for path in (LEAKED, "/stays")])
        order(yard, site, f"/staff/{CANARY}/*")
        registry.tidy()
        spool.close()
        (entry,) = [entry for entry in book_in(tmp_path).entries() if isinstance(entry, Ordered)]
        assert entry.args["pattern"] == f"/staff/{CANARY}/*"
        book_in(tmp_path).file.unlink()
        kept = store.writer.query("select command from system.mutations where database = currentDatabase()")
        assert kept
        assert CANARY not in str(kept)
        assert CANARY not in everything(store)
        files = [file for file in tmp_path.rglob("*") if file.is_file()]
        assert [file.name for file in files if CANARY.encode() in file.read_bytes()] == []
        assert any(b"/stays" in file.read_bytes() for file in files)
        # What a backup brings back is erased once more.
        prepare(registry, tmp_path, [Ordered(int(time.time()), "erase_pages", entry.args)], NOW - timedelta(days=1))
        assert [one.args["pattern"] for one in registry.orders.waiting()] == [f"/staff/{CANARY}/*"]


def test_other_days_and_what_is_on_hold_stay(yard: Yard) -> None:
    site = yard.site("a.example", timezone="UTC")
    fill(yard, site)
    assert order(yard, site, since="2026-11-21")["rows_left"] == 0
    assert visits_of(yard.store, site)[0] == (1, LEAKED, "/b", 3)
    review = TODAY + timedelta(days=9)
    yard.registry.holds.add(site.id, date(2026, 11, 20), date(2026, 11, 21), "a court asked", review, by="ada")
    while not isolate_held(yard.registry, yard.store):
        pass
    order(yard, site)
    assert yard.store.query("select count() from events_isolated") == [(24,)]


def test_the_command_counts_before_it_erases_and_refuses_what_is_no_path(home: Home) -> None:
    home.run("site", "add", "example.com")
    with Registry.open(home.registry_url) as registry:
        site = registry.sites.get("example.com")
    now = int(datetime.now(UTC).timestamp() * 1000) - 60_000
    (home.data / "spool").mkdir(mode=0o700, exist_ok=True)
    spool = Spool.open(home.data / "spool" / "0")
    paths = (LEAKED, LEAKED, "/plain")
    spool.append([encode_event(Event(site.id, now, 5, "pageview", "example.com", path)) for path in paths])
    spool.close()
    words = ("erase", "--site", "example.com", "--path")
    assert home.run(*words, "staff").returncode == 2
    told = home.run(*words, "/staff/**", "--dry-run")
    assert told.stdout == "2 events of 1 pages of example.com would be erased\n"
    assert home.run(*words, "/staff/**").returncode == 2  # nobody is there to be asked
    erased = home.run(*words, "/staff/**", "--yes")
    assert "no such page is left (2 events of 1 pages of example.com)" in erased.stdout
    assert home.run(*words, "/staff/**", "--dry-run").stdout.startswith("0 events")
    looked = [file for file in home.data.glob("registry*") if b"/staff/" in file.read_bytes()]
    assert looked == []
