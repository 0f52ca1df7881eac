"""What follows when rows have returned to the store, and what a site does not let return."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clickhouse.client import Store
from clickhouse.rows import Event
from collector.drain import Drain
from collector.spool import Spool
from collector.spool.record import encode_event
from footfall.orders import run_orders
from footfall.rewound import file_again, first_moment, returning
from registry.registry import Registry
from registry.salts import open_salts
from registry.snapshot import Snapshot

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SPAN = (0, 1)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}") as registry:
        yield registry


def test_rows_return_from_the_first_day_that_a_site_keeps(registry: Registry) -> None:
    site = registry.sites.add("example.com", timezone="Pacific/Auckland")
    registry.sites.set("example.com", {"retention_days": "30"})
    first = datetime.fromtimestamp(first_moment(Snapshot(registry), site.id, NOW) / 1000, UTC)
    assert first == datetime(2026, 10, 22, 11, tzinfo=UTC)  # midnight there, 30 days before the 22nd
    assert first_moment(Snapshot(registry), 0, NOW) == 0


def test_nothing_returns_of_a_site_that_is_gone_or_going(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    frozen = registry.sites.add("frozen.example")
    registry.sites.condemn("example.com", by="test")
    registry.sites.freeze("frozen.example", by="test")
    for site_id, returns in ((site.id, False), (99, False), (frozen.id, True)):
        assert (first_moment(Snapshot(registry), site_id, NOW) < NOW.timestamp() * 1000) == returns


def test_what_was_done_with_stored_rows_is_filed_again_for_their_sites(registry: Registry) -> None:
    one, two = (registry.sites.add(host).id for host in ("one.example", "two.example"))
    began = registry.now()
    for site_id in (one, two):
        args = {"site_id": site_id, "since": "2026-03-01"}
        for kind in ("rescrub", "erase_days", "repair"):
            registry.orders.finish(registry.orders.file(kind, args, "test").id, {})  # type: ignore[arg-type]
    today = registry.now().date()
    days = today, today + timedelta(days=1)
    held = registry.holds.add(one, *days, "a court", today + timedelta(days=90), by="ada@e.example")
    file_again(registry, {one: SPAN}, began.timestamp() - 1)
    file_again(registry, {one: SPAN}, began.timestamp() - 1)
    waiting = [(order.kind, order.args) for order in registry.orders.waiting()]
    since = {"site_id": one, "since": "2026-03-01"}
    assert waiting == [("rescrub", since), ("repair", since), ("hold", {"hold_id": held.id})]


def test_what_was_done_before_anything_that_returned_was_stored_is_not(registry: Registry) -> None:
    site = registry.sites.add("example.com")
    order = registry.orders.file("rescrub", {"site_id": site.id, "since": "2026-03-01"}, "test")
    registry.orders.finish(order.id, {})
    file_again(registry, {site.id: SPAN}, registry.now().timestamp() + 60)
    assert registry.orders.waiting() == []


def test_a_text_that_was_scrubbed_is_scrubbed_again_when_its_row_returns(
    any_store: Store, registry: Registry, tmp_path: Path
) -> None:
    site = registry.sites.add("example.com")
    ts = int(datetime.now(UTC).timestamp() * 1000)
    spool = Spool.open(tmp_path / "0")
    told = Event(site_id=site.id, ts=ts, visitor_id=5, name="pageview", hostname="e", path="/staff/jane")
    spool.append([encode_event(told)])
    spool.close()
    snapshot, salts = Snapshot(registry), open_salts("memory:", tmp_path)
    drain = Drain(any_store, [tmp_path / "0"], returning=returning(registry, snapshot))

    def executed() -> list[str]:
        for _ in range(2000):
            run_orders(registry, any_store, salts, lambda _: True, old_parts_seconds=0.0)
            if not registry.orders.waiting():
                break
        return [path for (path,) in any_store.query("select path from events")]

    while drain.step():
        pass
    registry.sites.set("example.com", {"redact": "/staff/*"})
    snapshot.refresh()
    registry.orders.file("rescrub", {"site_id": site.id, "since": "2026-03-01"}, "test")
    assert "jane" not in (scrubbed := executed())[0]
    any_store.writer.command("alter table events delete where 1 settings mutations_sync = 1")
    assert drain.rewind(1).stored == 1
    assert executed() == scrubbed
    drain.close()
