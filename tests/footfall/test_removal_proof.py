"""The proof of a removal: signed, and true of every file, table and row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_cli_removal import NOW, Office, rows_of

from clickhouse.client import Store
from clickhouse.rows import Event
from collector.spool import Spool
from collector.spool.record import SCHEMA, KeptDemand, encode_demand, encode_event
from footfall.orders import run_orders
from footfall.wayout.certificate import is_genuine, key_in, signed
from registry.registry import Registry
from registry.salts import open_salts

VISITOR = 0xC0FFEE0DDBA11000


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
