"""The hourly look for new properties: what was kept is announced once, and the way of an event is not touched."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import Event, PlacedEvent, Position
from footfall.house import Ground
from footfall.prop_watch import EVERY_SECONDS, FIRST_SECONDS, PropWatch
from registry.registry import Registry
from registry.snapshot import Snapshot

NOON = 1_772_625_600.0


def used(site_id: int, at: float, **props: str) -> Event:
    return Event(site_id=site_id, ts=int(at * 1000), visitor_id=0, name="Used", hostname="e", path="/", props=props)


def keep(store: Store, *events: Event, segment: int = 1) -> None:
    rows = [PlacedEvent(event, 0, Position(segment, seq)) for seq, event in enumerate(events)]
    insert_events(store, rows, token=f"{segment}")


def test_new_properties_are_found_once_an_hour_among_what_was_kept(store: Store, tmp_path: Path) -> None:
    with Registry.open(f"sqlite:///{tmp_path / 'r.sqlite'}") as registry:
        site, quiet = registry.sites.add("example.com"), registry.sites.add("quiet.example")
        clock = [NOON]
        ground = cast(Ground, SimpleNamespace(registry=registry, store=store, snapshot=Snapshot(registry)))
        watch = PropWatch(ground, clock=lambda: clock[0])
        keep(store, used(site.id, NOON - 60, plan="pro", size="9"), used(site.id, NOON - 90 * 3600, old="1"),
             used(99, NOON, foreign="1"))  # fmt: skip

        watch.work()
        assert registry.props.list("example.com") == [], "not before it is time"
        clock[0] += FIRST_SECONDS
        watch.work()
        assert {one.key for one in registry.props.waiting("example.com")} == {"plan", "size"}
        assert registry.props.list("quiet.example") == []

        keep(store, used(quiet.id, clock[0], later="1"), segment=2)
        watch.work()
        assert registry.props.list("quiet.example") == [], "only once an hour"
        clock[0] += EVERY_SECONDS
        watch.work()
        assert [one.key for one in registry.props.waiting("quiet.example")] == ["later"]
