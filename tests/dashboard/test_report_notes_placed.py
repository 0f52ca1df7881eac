"""Where a note stands on the chart: the bucket that its day begins in, or lies in."""

from __future__ import annotations

from datetime import date

import pytest

from dashboard.plot import notes_by_bucket

DAYS = ["2026-11-01", "2026-11-02", "2026-11-03"]
HOURS = ["2026-11-01 22:00:00", "2026-11-01 23:00:00", "2026-11-02 00:00:00", "2026-11-02 01:00:00"]
WEEKS = ["2026-11-01", "2026-11-02", "2026-11-09"]


@pytest.mark.parametrize(
    ("labels", "day", "label"),
    [
        (DAYS, date(2026, 11, 2), "2026-11-02"),
        (HOURS, date(2026, 11, 2), "2026-11-02 00:00:00"),
        (WEEKS, date(2026, 11, 8), "2026-11-02"),
        (WEEKS, date(2026, 11, 30), "2026-11-09"),
        (DAYS, date(2026, 10, 31), None),
        ([], date(2026, 11, 1), None),
    ],
)
def test_a_note_has_the_bucket_of_its_day(labels: list[str], day: date, label: str | None) -> None:
    assert notes_by_bucket(labels, [(day, "sent")]) == ({label: ["sent"]} if label else {})


def test_notes_of_a_day_stand_together() -> None:
    notes = [(date(2026, 11, 2), "one"), (date(2026, 11, 2), "two")]
    assert notes_by_bucket(DAYS, notes) == {"2026-11-02": ["one", "two"]}
