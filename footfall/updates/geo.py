"""Geo: a geography file of DB-IP or MaxMind, fetched by the operator, checked, and put where the server looks for it.

In: which one, which edition, and where GeoLite2 is wanted the operator's own account and key. Out: DATA/geo.mmdb, and
beside it geo.json, which remembers what it is and whence; or an `UpdateFault`, and everything is as it was.
Both are free of charge under licences that ask for a line of credit (collector/distill/geo.py tells it, the report and
the privacy page show it). The key is used for the two requests and kept nowhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from collector.distill.geo import Edition, GeoUnfit, examine
from collector.distill.tools import GEO_FILE
from footfall.lock import make_data
from footfall.updates.fetch import Limits, NotThere, SignIn, UpdateFault, fetch
from footfall.updates.swap import swap_in, workshop
from footfall.updates.unpack import gunzip, take_from_tar

Source = Literal["dbip", "geolite2"]
ORIGIN_FILE = "geo.json"
PACKED_BYTES = 200 << 20
OPEN_BYTES = 600 << 20
"""A city file has some 130 MB, and grows."""
BASES: dict[Source, str] = {
    "dbip": "https://download.db-ip.com/free",
    "geolite2": "https://download.maxmind.com/geoip/databases",
}
# MaxMind's documentation names this store as what its downloads redirect to.
MAXMIND_STORE = ("mm-prod-geoip-databases.a2649acb697e2c09b632799562c076f2.r2.cloudflarestorage.com",)


class GeoOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator asks for. `base` is a URL or a directory; empty: where the source really is."""

    source: Source = "dbip"
    edition: Edition = "country"
    base: str = ""
    sign_in: SignIn | None = None
    max_bytes: int = PACKED_BYTES
    max_open_bytes: int = OPEN_BYTES


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What DATA/geo.mmdb is, and whence."""

    source: Source
    edition: Edition
    url: str
    type: str
    built: datetime
    fetched: datetime


def update_geo(data: Path, order: GeoOrder, now: datetime) -> Origin:
    """Fetch, check, put in place. Raises UpdateFault."""
    make_data(data)
    with workshop(data) as folder:
        packed, new, told = folder / "packed", folder / "new.mmdb", folder / "origin"
        if order.source == "dbip":
            url = _fetch_dbip(order, packed, now.date())
            gunzip(packed, new, order.max_open_bytes)
        else:
            url = _fetch_geolite2(order, packed)
            take_from_tar(packed, ".mmdb", new, order.max_open_bytes)
        try:
            about = examine(new, order.edition)
        except GeoUnfit as error:
            raise UpdateFault(f"{url} is of no use: {error}") from None
        origin = Origin(
            source=order.source, edition=order.edition, url=url, type=about.type, built=about.built, fetched=now
        )
        told.write_bytes(msgspec.json.format(msgspec.json.encode(origin)))
        swap_in(new, data / GEO_FILE)
        swap_in(told, data / ORIGIN_FILE)
    return origin


def origin_of(data: Path) -> Origin | None:
    """Read what is known of DATA/geo.mmdb; nothing where no update has brought it."""
    try:
        return msgspec.json.decode((data / ORIGIN_FILE).read_bytes(), type=Origin)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def months(today: date) -> Sequence[str]:
    """This month and the one before: in its first days a month's file may not be out."""
    before = today.replace(day=1) - timedelta(days=1)
    return f"{today:%Y-%m}", f"{before:%Y-%m}"


def _fetch_dbip(order: GeoOrder, to: Path, today: date) -> str:
    """DB-IP publishes no checksum of its free files: examining the file is the check."""
    base = order.base or BASES["dbip"]
    this, before = (f"dbip-{order.edition}-lite-{month}.mmdb.gz" for month in months(today))
    try:
        return fetch(base, this, to, Limits(order.max_bytes))
    except NotThere:
        return fetch(base, before, to, Limits(order.max_bytes))


def _fetch_geolite2(order: GeoOrder, to: Path) -> str:
    if order.sign_in is None:
        raise UpdateFault("GeoLite2 needs your --account id and your licence key by --key-stdin; DB-IP needs neither")
    base = order.base or BASES["geolite2"]
    name = f"GeoLite2-{order.edition.capitalize()}/download?suffix=tar.gz"
    sums = to.with_suffix(".sha256")
    fetch(base, f"{name}.sha256", sums, Limits(4096), order.sign_in, MAXMIND_STORE)
    url = fetch(base, name, to, Limits(order.max_bytes), order.sign_in, MAXMIND_STORE)
    wanted = sums.read_text(encoding="ascii", errors="replace").split()[:1]
    with to.open("rb") as file:
        if wanted != [hashlib.file_digest(file, "sha256").hexdigest()]:
            raise UpdateFault(f"{url} does not have the checksum its maker tells: nothing is changed, try again")
    return url
