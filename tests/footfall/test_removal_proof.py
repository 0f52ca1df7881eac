"""The proof of a removal: signed, and true of every file, table and row."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from test_cli_removal import NOW, Office, at, rows_of

from clickhouse.client import Store
from clickhouse.rows import Event, Position, Reason, RedactionCount, RefusalCount
from clickhouse.visits import visit_id_of
from collector.drain import Drain
from collector.drain.erased import Demanded, Ordered
from collector.drain.limits import DrainLimits
from collector.drain.quarantine import Quarantine, Rejected
from collector.spool import Spool
from collector.spool.record import (
    SCHEMA,
    KeptDemand,
    encode_demand,
    encode_event,
    encode_redactions,
    encode_refusals,
)
from footfall.orders import run_orders
from footfall.wayout.certificate import is_genuine, key_in, signed
from footfall.wayout.remembered import book_in
from registry.registry import Registry
from registry.salts import open_salts

VISITOR = 0xC0FFEE0DDBA11000
ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Iterator[Office]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}", clock=lambda: NOW) as registry:
        yield Office(registry, open_salts("memory:", tmp_path), store, [NOW])


def test_a_certificate_that_was_changed_is_not_genuine(tmp_path: Path) -> None:
    key = key_in(tmp_path)
    assert key == key_in(tmp_path)
    certificate = signed({"tables": [{"table": "events", "rows": 3}], "deleted_at": "2026-11-22T10:00:00Z"}, key)
    assert is_genuine({"site": "gone.example"} | certificate, key)
    assert not is_genuine(certificate | {"deleted_at": "2026-11-23T10:00:00Z"}, key)
    forged = {name: value for name, value in certificate.items() if name not in ("digest", "signature")} | {
        "tables": []
    }
    assert not is_genuine(signed(forged, b"another key"), key)
    assert not is_genuine(certificate | {"signature": None}, key)


def test_nothing_of_a_removed_site_is_found_in_any_file_or_table(office: Office, tmp_path: Path) -> None:
    canary = b"gone.example"
    put_aside = {"site_id": office.gone.id, "path": "/canary"}, {"site_id": office.stays.id, "path": "/stays"}
    (tmp_path / "spool" / "0").mkdir(parents=True)
    lines = [{"at": 1, "segment": "0", "seq": n, "why": "x", "row": row} for n, row in enumerate(put_aside)]
    quarantine = tmp_path / "spool" / "0" / "quarantine.jsonl"
    quarantine.write_text("".join(json.dumps(line) + "\n" for line in lines))
    exported = tmp_path / "exports" / str(office.gone.id)
    exported.mkdir(parents=True)
    (exported / "plan.json").write_bytes(canary)
    office.registry.goals.add("gone.example", page="/canary")
    spool = Spool.open(tmp_path / "spool" / "1")
    told = {"ts": 1, "visitor_id": VISITOR, "name": "pageview"}
    for site, path in ((office.gone.id, "/canary"), (office.stays.id, "/stays")):
        spool.append([encode_event(Event(site_id=site, hostname=f"{path[1:]}.example", path=path, **told), "5f" * 16)])  # type: ignore[arg-type]
    spool.append([encode_demand(KeptDemand(SCHEMA, office.gone.id, "erase", "day", VISITOR + 1, 1, b"r"))])
    order = office.order()
    assert run_orders(office.registry, office.store, office.salts, lambda _: True, old_parts_seconds=0, data=tmp_path)
    certificate = office.registry.orders.get(order.id).result
    assert certificate["beside_the_store"] == ["export", "quarantine"]
    assert certificate["registry"]["goals"] == 1
    assert certificate["spool"] == {"segments": 1, "hits": 0}
    assert is_genuine(certificate, key_in(tmp_path))
    found = [
        file
        for file in tmp_path.rglob("*")
        if file.is_file() and (canary in file.read_bytes() or b"/canary" in file.read_bytes())
    ]
    assert found == []
    (segment,) = (tmp_path / "spool" / "1").glob("*.seg*")
    assert (VISITOR + 1).to_bytes(8, "big") not in segment.read_bytes()
    assert segment.read_bytes().count(VISITOR.to_bytes(8, "big")) == segment.read_bytes().count(b"/stays") == 1
    spool.close()
    assert "/stays" in quarantine.read_text()
    assert rows_of(office.store, office.gone.id) == {}


STRANGE_HOSTS = ("gone.example", "www.gone.example", "shop.gone.example", "begone.example", "stays.example")


def holding(folder: Path, numbers: Iterable[int]) -> list[str]:
    """Name the files beside the store in which one of these numbers stands, however it is written."""
    words = [word for number in numbers for word in (*(number.to_bytes(8, o) for o in ORDERS), str(number).encode())]
    files = [file for file in folder.rglob("*") if file.is_file()]
    return sorted(file.name for file in files if any(word in file.read_bytes() for word in words))


def told(site_id: int, host: str, visitor: int, minute: int) -> list[bytes]:
    """Encode what a visit leaves in a spool: its event, what was taken out of it, refusals that name its host."""
    event = Event(site_id, at(NOW) + minute * 60_000, visitor, "pageview", host, f"/of/{host}")
    return [
        encode_event(event),
        encode_redactions([RedactionCount(site_id, 20_000, "email", f"/of/{host}", 1)]),
        encode_refusals([RefusalCount(site_id, 20_000, Reason.WRONG_HOST, 2, f"test.{host}")]),
    ]


def test_no_file_beside_the_store_holds_a_number_or_a_name_of_a_removed_site(office: Office, tmp_path: Path) -> None:
    gone, stays = office.gone.id, office.stays.id
    limits = DrainLimits(late_seconds=3600)
    spool = Spool.open(tmp_path / "spool" / "0")
    drain = Drain(office.store, [tmp_path / "spool" / "0"], limits=limits, erased=book_in(tmp_path))
    now = time.time_ns() // 1_000_000
    demands = {
        site: KeptDemand(SCHEMA, site, "erase", "day", VISITOR + 9 + site, now, bytes([site])) for site in (gone, stays)
    }
    strange = [RefusalCount(0, 20_000, Reason.UNKNOWN_SITE, n + 1, host) for n, host in enumerate(STRANGE_HOSTS)]
    foreign = [RefusalCount(stays, 20_000, Reason.WRONG_HOST, 7, "gone.example")]
    spool.append([encode_demand(demand) for demand in demands.values()])
    # Two visits that a late event makes one: the note tells of the merge, with the visitor's number.
    for minute in (0, 50, 25):
        spool.append([*told(gone, "gone.example", VISITOR, minute), *told(stays, "stays.example", VISITOR + 1, minute)])
        spool.append([encode_refusals(strange), encode_refusals(foreign)])
        assert drain.step()
        drain.fulfil()
    book_in(tmp_path).note([Demanded(1, demand) for demand in demands.values()])
    book_in(tmp_path).note([Ordered(1, "rescrub", {"site_id": gone})])
    Quarantine(tmp_path / "spool" / "0").put([Rejected(Position(1, 1), "x", foreign[0])])
    theirs, others = [VISITOR, VISITOR + 9 + gone], [VISITOR + 1, VISITOR + 9 + stays]
    visits = [[visit_id_of(site, number, at(NOW)) for site, number in ((gone, VISITOR), (stays, VISITOR + 1))]]
    before = holding(tmp_path, theirs)
    assert {"drain.note", "demands.note", "erased.book"} <= {*before}
    assert "drain.note" in holding(tmp_path, visits[0][:1])
    remaining = holding(tmp_path, others)

    order = office.order()
    assert run_orders(
        office.registry,
        office.store,
        office.salts,
        lambda _: True,
        old_parts_seconds=0,
        data=tmp_path,
        let_go=drain.let_go,
    )
    assert holding(tmp_path, [*theirs, *visits[0][:1]]) == []
    assert holding(tmp_path, others) == remaining
    assert "drain.note" in holding(tmp_path, visits[0][1:])
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in files if b"gone.example" in file.read_bytes().replace(b"begone.example", b"")] == []
    assert [entry for entry in book_in(tmp_path).entries() if isinstance(entry, Ordered)]
    assert office.registry.orders.get(order.id).result["refusals"]["names_erased"] == 3
    drain.close()
    spool.close()


def test_counts_under_a_removed_sites_host_stay_without_it(office: Office, tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool" / "0")
    drain = Drain(office.store, [tmp_path / "spool" / "0"])
    strange = [RefusalCount(0, 20_000, Reason.UNKNOWN_SITE, n + 1, host) for n, host in enumerate(STRANGE_HOSTS)]
    robots = [RefusalCount(office.stays.id, 20_000, Reason.BOT, 5, "gone.example")]
    spool.append([encode_refusals(strange), encode_refusals(robots)])
    assert drain.step()
    office.order()
    for _ in range(2):
        run_orders(
            office.registry,
            office.store,
            office.salts,
            lambda _: True,
            old_parts_seconds=0,
            data=tmp_path,
            let_go=drain.let_go,
        )
    counted = (
        "select rule, sum(count) from refusals where site_id = 0 group by 1 order by 1 settings apply_deleted_mask = 0"
    )
    assert office.store.query(counted) == [("(other)", 6), ("begone.example", 4), ("stays.example", 5)]
    assert office.store.query("select rule from refusals where reason = 'bot'") == [("gone.example",)]
    kept = office.store.query("select command from system.mutations where database = currentDatabase()")
    assert "gone.example" not in str(kept)
    drain.close()
    spool.close()


def test_a_removal_waits_for_a_batch_in_hand(office: Office, tmp_path: Path) -> None:
    """A note that tells of a job is written again when the job ends: nobody may change it meanwhile."""
    crashed = tmp_path / "spool" / "0"
    spool = Spool.open(crashed)
    spool.append(told(office.gone.id, "gone.example", VISITOR, 0))

    def die(point: str) -> None:
        if point == "sending":
            raise OSError("power is gone")

    drain = Drain(office.store, [crashed], at=die)
    with pytest.raises(OSError, match="power is gone"):
        drain.step()
    assert not drain.let_go(office.gone.id)
    drain.close()
    spool.close()
