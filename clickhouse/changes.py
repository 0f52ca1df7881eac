"""Changes: the days of a site whose stored rows were rewritten, or added to, after they were over.

In: a site and its days, from whoever erased, repaired, rescrubbed or brought in what was late. Out: the same, for
whoever keeps sums of closed days (ask/known.py). Rewriting is noted when it is done, adding before it begins: an answer
made in between is dropped too, because nothing is believed that was read within minutes of a change.
It holds no number of a visitor.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from clickhouse.client import Store

LATE = timedelta(hours=25)
"""Rows of a moment longer ago are late: whoever brings them tells. A visit that is still going on began later."""
EAST, WEST = timedelta(hours=14), timedelta(hours=12)
"""How far clocks of the world are from UTC."""
NOTED_SECONDS = 60.0
"""So long one note stands for the batches that follow: nothing read within five minutes of it is believed."""
NOTE = "insert into changes (site_id, since, until) values ({site_id:UInt32}, {since:Date}, {until:Date})"


def note_change(store: Store, site_id: int, since: date, until: date) -> None:
    """Say that stored rows of the days `[since, until)` (of the site's own calendar) are not what they were."""
    store.writer.command(NOTE, {"site_id": site_id, "since": since, "until": until})
    store.keep.forget(site_id)


def is_late(ts: int) -> bool:
    """Say whether whoever brings in something of this millisecond has to tell."""
    return ts < _border()


def note_late(store: Store, moments: Iterable[tuple[int, int]]) -> None:
    """Note the days of all (site, millisecond) that are late now; call it before their rows are put in."""
    border = _border()
    late: dict[int, tuple[int, int]] = {}
    for site_id, ts in moments:
        if ts < border:
            first, last = late.get(site_id, (ts, ts))
            late[site_id] = (min(first, ts), max(last, ts))
    for site_id, (first, last) in late.items():
        moments_of = [datetime.fromtimestamp(ts / 1000, UTC) for ts in (first, last)]
        since, until = (moments_of[0] - WEST).date(), (moments_of[1] + EAST).date() + timedelta(days=1)
        noted = store.keep.get((site_id, "noted"), seconds=NOTED_SECONDS)
        if isinstance(noted, tuple) and noted[0] <= since and until <= noted[1]:
            continue
        note_change(store, site_id, since, until)
        store.keep.put((site_id, "noted"), (since, until))


def _border() -> int:
    return int((datetime.now(UTC) - LATE).timestamp() * 1000)
