"""What a visitor had erased is written down for backups, before anything else forgets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.demanding import AT_ONCE, demand, fulfil
from faults.drains import Crash, crash_at, draining
from faults.traffic import NOON, event, fill

from clickhouse.client import Store
from collector.drain.demands import BOOK
from collector.drain.erased import Demanded, ErasedBook


def test_what_is_erased_is_remembered_for_backups_before_it_is_forgotten(store: Store, tmp_path: Path) -> None:
    spool, book = tmp_path / "spool", ErasedBook(tmp_path / "erased.book")
    fill(spool, [event(0, path="/a")], [demand(30)])
    crash = crash_at("forgotten")
    with pytest.raises(Crash), draining(store, spool, limits=AT_ONCE, at=crash, erased=book) as drain:
        fulfil(drain)
    assert not (spool / BOOK).exists()
    (entry,) = book.entries()
    assert isinstance(entry, Demanded)
    assert (entry.demand.site_id, entry.demand.act, entry.demand.until_ms) == (1, "erase", NOON + 30_000)
