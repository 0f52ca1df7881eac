"""Load: brings an exported folder into a site of this installation, and nothing twice.

In: the store, a site, a folder in DATA that was copied there (`events/*.ndjson` and its neighbours). Out: True when
everything is in the store and the visits are derived again. Visits keep their names, so every answer is what it was.
A row's identity is made from the one it had and the site it comes to: what is there already is passed over, so the same
folder, or a later export of the same site, may be loaded any number of times. Values are taken as they are.
"""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from clickhouse.changes import note_change
from clickhouse.client import Store
from clickhouse.faults import StoreError
from clickhouse.slices import Kept, kept_tables
from clickhouse.visits import derive_visits_of_site

LOADED = ("events", "events_isolated", "refusals", "rollups_daily", "rollups_monthly", "redactions")
"""Tables that are taken over; all others follow from them."""
PLACES = """
select segment, seq
from {table}
where site_id = {{site:UInt32}}
    and {moment} >= {{since:{kind}}}
    and {moment} <= {{until:{kind}}}
"""
SECONDS_AT_ONCE = 10.0

_line = msgspec.json.Decoder(dict[str, Any]).decode


class NotOurs(StoreError):
    """The folder is not what an export of ours looks like."""


def folder_of(data: Path, site_id: int) -> Path:
    """Name the folder in which an export waits to be loaded into a site."""
    return data / "moving-in" / str(site_id)


def load_site(store: Store, site_id: int, folder: Path, seconds: float = SECONDS_AT_ONCE) -> bool:
    """Go on loading for some seconds; True: all is there. A file that is loaded is removed."""
    ends = time.monotonic() + seconds
    for kept in kept_tables(store):
        if kept.table not in LOADED:
            continue
        for file in sorted((folder / kept.table).glob("*.ndjson")):
            if time.monotonic() >= ends:
                return False
            _load(store, kept, site_id, file)
            file.unlink()
    derive_visits_of_site(store, site_id)
    note_change(store, site_id, date(1970, 1, 2), datetime.now(UTC).date() + timedelta(days=2))
    return True


def _load(store: Store, kept: Kept, site_id: int, file: Path) -> None:
    try:
        rows = [_line(line) for line in file.read_bytes().splitlines()]
        parsed = [_parsed(kept, site_id, row) for row in rows]
    except (msgspec.DecodeError, ValueError, TypeError, AttributeError):
        raise NotOurs(f"{file.name} is no export of a Footfall: nothing of it was taken") from None
    if kept.is_replacing:
        new = parsed
    else:
        there = _places(store, kept, site_id, parsed)
        new = [row for row in parsed if (row["segment"], row["seq"]) not in there]
    names = [name for name, _ in kept.columns if all(name in row for row in new)]
    columns: dict[str, Sequence[object]] = {name: [row[name] for row in new] for name in names}
    types = [kind for name, kind in kept.columns if name in columns]
    store.writer.insert(kept.table, columns, token=f"load-{site_id}-{file.name}-{len(new)}", types=types)


def _places(store: Store, kept: Kept, site_id: int, rows: Sequence[dict[str, Any]]) -> set[tuple[int, int]]:
    if not rows:
        return set()
    moments = [row[kept.moment] for row in rows]
    kind = "Date" if kept.is_day else "Int64"
    moment = kept.moment if kept.is_day else f"toUnixTimestamp64Milli({kept.moment})"
    asked = PLACES.format(table=kept.table, moment=moment, kind=kind)
    binds = {"site": site_id, "since": min(moments), "until": max(moments)}
    return set(store.writer.query(asked, binds))


def _parsed(kept: Kept, site_id: int, row: dict[str, Any]) -> dict[str, Any]:
    """Turn the text of a line into values of the columns we know; the row belongs to the new site."""
    made = {name: _PARSERS[_family(kind)](row[name]) for name, kind in kept.columns if name in row}
    made["site_id"] = site_id
    if "hold_id" in made:
        made["hold_id"] = 0  # the hold stayed where it was placed; here it is a restriction
    if "segment" in made:
        made["segment"] = _moved(site_id, made["segment"])
    return made


def _moved(site_id: int, segment: int) -> int:
    """Rename a segment for the site it comes to: the same every time, and nobody else's."""
    digest = hashlib.blake2b(struct.pack("<IQ", site_id, segment), digest_size=8, person=b"footfall-moved")
    return int.from_bytes(digest.digest(), "little")


def _family(kind: str) -> str:
    for family in ("DateTime64", "DateTime", "Date", "Map", "Bool", "UInt", "Int"):
        if kind.startswith(family):
            return family
    return "text"


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "DateTime64": lambda text: int(datetime.fromisoformat(text).timestamp() * 1000 + 0.5),
    "DateTime": lambda text: int(datetime.fromisoformat(text).timestamp()),
    "Date": date.fromisoformat,
    "Map": lambda pairs: {str(key): str(value) for key, value in pairs.items()},
    "Bool": bool,
    "UInt": int,
    "Int": int,
    "text": lambda text: text if isinstance(text, str) else str(text),
}
