"""F11: clocks that leap. The order of arrival is kept, visits are those of the definition, none lasts below zero."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from faults.disk import SMALL
from faults.drains import drain_all, stored
from faults.reading import read_all
from faults.traffic import NOON, event, visits_by_definition

from clickhouse.client import Store
from collector.drain import DrainLimits
from collector.spool import Spool
from collector.spool.record import KeptEvent, decode, encode_event

HOUR, DAY = 3600, 86_400


def seconds_from_noon(text: str, zone: str = "UTC") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp()) - NOON // 1000


BEFORE_SUMMER = seconds_from_noon("2027-03-28 01:50", "Europe/Berlin")
BEFORE_WINTER = seconds_from_noon("2026-10-25 01:50", "Europe/Berlin")
LEAP_DAY = seconds_from_noon("2028-02-28 23:50")
CLOCKS = {
    "a day back": [0, 60, 120, 120 - DAY, 180 - DAY, 240 - DAY, 300],
    "a year ahead, and back": [0, 60, 365 * DAY, 365 * DAY + 60, 120, 180],
    "back a little, again and again": [100, 50, 100, 50, 100, 0],
    "into summer time": [BEFORE_SUMMER + step * 300 for step in range(8)],
    "out of it": [BEFORE_WINTER + step * 600 for step in range(14)],
    "over a leap day": [LEAP_DAY + step * 300 for step in range(6)]
    + [LEAP_DAY + DAY + step * 300 for step in range(6)],
}


@pytest.mark.parametrize("moments", CLOCKS.values(), ids=CLOCKS)
def test_a_clock_that_leaps_changes_no_order_and_makes_no_visit_negative(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moments: list[int]
) -> None:
    events = [event(at, path=f"/{number}") for number, at in enumerate(moments)]
    for one in events:
        monkeypatch.setattr("collector.spool.log.time.time_ns", lambda now=one.ts: now * 1_000_000)
        spool = Spool.open(tmp_path, SMALL)  # a restart at each leap
        spool.append([encode_event(one)])
        spool.close()
    monkeypatch.undo()
    kept = [decode(record) for record in read_all(tmp_path).records]
    assert [one.event.path for one in kept if isinstance(one, KeptEvent)] == [one.path for one in events]
    drain_all(store, tmp_path, limits=DrainLimits(batch_rows=3, batch_span_ms=10**15))
    assert sorted(path for path, _ in stored(store)) == sorted(one.path for one in events)
    ((longest, pages),) = store.query("select max(seconds), sum(pageviews) from visits final")
    assert 0 <= longest <= max(moments) - min(moments)  # below zero would be four thousand million
    assert pages == len(events)
    visits: dict[int, set[int]] = {}
    for path, visit in stored(store):
        visits.setdefault(visit, set()).add(int(path[1:]))
    assert sorted(visits.values(), key=min) == visits_by_definition(events)
