"""A backup that is restored does not bring back what was erased after it was made, nor keys that link."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_world import Home
from wayout_world import NOW, Yard

from clickhouse.client import Store
from collector.drain.erased import Demanded, Entry, ErasedBook, Ordered
from collector.spool.record import SCHEMA, KeptDemand
from footfall.wayout.copies import backup_store, copy_registry
from footfall.wayout.remembered import forget_old, note_orders
from registry.registry import Registry
from registry.site import Site

LATER = int(time.time()) + 3600


@pytest.fixture
def yard(store: Store, tmp_path: Path) -> Iterator[Yard]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}") as registry:
        yield Yard(registry, store, tmp_path)


def demand_of(site: Site, number: int, act: str = "erase", ref: bytes = b"r") -> KeptDemand:
    return KeptDemand(SCHEMA, site.id, act, "day", number, int(NOW.timestamp() * 1000), ref)


def backup(yard: Yard, folder: Path) -> None:
    assert backup_store(yard.store, folder, 600)
    copy_registry(yard.data / "registry.sqlite", folder / "registry.sqlite")


def test_the_book_counts_once_survives_a_torn_line_and_forgets_in_time(tmp_path: Path) -> None:
    book, site = ErasedBook(tmp_path / "erased.book"), Site(id=1, host="a.example")
    old, new = Demanded(100, demand_of(site, 1)), Ordered(200, "erase_days", {"site_id": 1})
    book.note([old])
    with book.file.open("ab") as torn:
        torn.write(b'{"type":"ordered","at":1')
    book.note([new])
    book.note([Demanded(300, demand_of(site, 1)), new])
    assert book.entries() == [old, new]
    assert oct(book.file.stat().st_mode & 0o777) == "0o600"
    forget_old(tmp_path, 30, datetime.fromtimestamp(150, UTC) + timedelta(days=30))
    assert book.entries() == [new]


def test_orders_that_deleted_something_are_remembered_once(yard: Yard) -> None:
    site = yard.site("a.example")
    for kind, result in (("erase_days", {}), ("export_site", {}), ("thin_site", {})):
        order = yard.registry.orders.file(kind, {"site_id": site.id}, "ada")  # type: ignore[arg-type]
        yard.registry.orders.finish(order.id, result)
    for _ in range(2):
        note_orders(yard.registry, yard.data, 30)
    kinds = [entry.kind for entry in ErasedBook(yard.data / "erased.book").entries() if isinstance(entry, Ordered)]
    assert sorted(kinds) == ["erase_days", "thin_site"]


def test_what_was_erased_after_the_backup_is_gone_from_what_is_restored(yard: Yard, tmp_path: Path, home: Home) -> None:
    kept, gone, short, young = (yard.site(f"{name}.example") for name in ("kept", "gone", "short", "young"))
    for site in (kept, gone, short):
        yard.fill(site)
    yard.registry.sites.set("short.example", {"retention_days": "10"})
    backup(yard, tmp_path / "copy")
    today = datetime.now(UTC).date()
    days = {"site_id": kept.id, "since": (today - timedelta(days=400)).isoformat()}
    entries: list[Entry] = [
        Demanded(LATER, demand_of(kept, 5, ref=b"5")),
        Demanded(LATER, demand_of(kept, 7, "restrict", ref=b"7")),
        Ordered(2**32, "remove_site", {"site_id": gone.id, "confirmed": "host typed"}),
        Ordered(2**32, "erase_days", days | {"until": (today - timedelta(days=20)).isoformat()}),
        Ordered(0, "remove_site", {"site_id": young.id, "confirmed": "of a site that had this number before"}),
    ]
    ErasedBook(tmp_path / "erased.book").note(entries)
    restored = home.run("restore", str(tmp_path / "copy"), "--erased", str(tmp_path / "erased.book"))
    assert restored.returncode == 0, restored.stderr
    assert "4 erasures were repeated" in restored.stdout
    assert home.run("site", "list", "--json").returncode == 0
    assert "gone.example" not in home.run("site", "list").stdout
    assert "young.example" in home.run("site", "list").stdout
    assert "short.example" in home.run("site", "list").stdout
    rows = {host: exported(home, host) for host in ("kept.example", "short.example")}
    numbers = {int(row["visitor_id"]) for row in rows["kept.example"]}  # type: ignore[call-overload]
    assert numbers
    assert not {5, 7} & numbers
    assert min(str(row["ts"]) for row in rows["kept.example"]) >= (today - timedelta(days=20)).isoformat()
    assert min(str(row["ts"]) for row in rows["short.example"]) >= (today - timedelta(days=11)).isoformat()


def exported(home: Home, host: str) -> list[dict[str, object]]:
    assert home.run("export", host, "--to", f"out-{host}").returncode == 0
    files = (home.directory / f"out-{host}" / "events").glob("*.ndjson")
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_a_backup_holds_no_pepper_no_salt_and_no_book(yard: Yard, tmp_path: Path) -> None:
    site = yard.site("a.example")
    yard.fill(site, visits=5)
    pepper = yard.registry.peppers.all()[site.id]
    marker = 0x1122334455667788
    ErasedBook(tmp_path / "erased.book").note([Demanded(LATER, demand_of(site, marker))])
    backup(yard, tmp_path / "copy")
    secrets = (pepper, str(marker).encode(), marker.to_bytes(8, "little"))
    files = [file for file in (tmp_path / "copy").rglob("*") if file.is_file()]
    assert files
    assert [file for file in files for secret in secrets if secret in file.read_bytes()] == []
    with Registry.open(f"sqlite:///{tmp_path / 'copy' / 'registry.sqlite'}") as restored:
        assert restored.peppers.all()[site.id] != pepper
