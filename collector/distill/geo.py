"""Geo: a file in MaxMind's format: opened, checked, followed, and credited to whom its licence names.

In: a path. Out: a reader for place.py, which hands it truncated addresses only; for an update, whether a new file is
fit to be used (`examine`). Opening, metadata and their errors are geoip2's; a look-up asks maxminddb itself, because
geoip2's models cost 11 us where the bare record costs 2.5.
Invariant: nothing is written here, and no address is remembered.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, cast

import geoip2.database
import geoip2.errors
import maxminddb

from collector.distill.followed import Followed
from registry.countries import COUNTRIES

Edition = Literal["country", "city"]
PROBES = 2000
"""So many networks from the front of a new file are looked at for one that lies in a country."""


class GeoReader(Protocol):
    """Whatever answers for an address."""

    def get(self, address: str) -> object: ...


class Credit(NamedTuple):
    """Whom a licence asks to name, and where to link."""

    text: str
    url: str


class About(NamedTuple):
    """What a file says of itself."""

    type: str
    built: datetime

    def credit(self) -> Credit | None:
        """Return what has to be shown beside results: DB-IP Lite (CC BY 4.0) and GeoLite2 (its EULA) ask for it."""
        if self.type.startswith("DBIP-") and self.type.endswith("-Lite"):
            return Credit("IP Geolocation by DB-IP", "https://db-ip.com")
        if self.type.startswith("GeoLite2-"):
            return Credit("This product includes GeoLite2 Data created by MaxMind", "https://www.maxmind.com")
        return None


class Opened(NamedTuple):
    """An open file."""

    reader: GeoReader
    about: About


class GeoUnfit(Exception):
    """This file is not what was asked for; the text says why, in words that follow a colon."""


def open_geo(path: Path) -> Opened:
    """Open a country or city file. Raises OSError or maxminddb.InvalidDatabaseError; the caller tells the setting."""
    with geoip2.database.Reader(path) as known:
        told = known.metadata()
    about = About(told.database_type, datetime.fromtimestamp(told.build_epoch, UTC))
    return Opened(maxminddb.open_database(path), about)


class GeoFile:
    """A file that may be replaced, or come, while it is read."""

    def __init__(self, path: Path, *, may_be_absent: bool = False) -> None:
        if not may_be_absent:
            path.stat()
        self._file: Followed[Opened | None] = Followed(path, lambda there: open_geo(there) if there else None)
        self.refresh = self._file.refresh

    def get(self, address: str) -> object:
        """Look a truncated address up; a file of IPv4 only, and a damaged one, know nothing."""
        opened = self._file.now
        try:
            return opened.reader.get(address) if opened else None
        except (ValueError, maxminddb.InvalidDatabaseError):
            return None

    def credit(self) -> Credit | None:
        opened = self._file.now
        return opened.about.credit() if opened else None


def examine(path: Path, edition: Edition) -> About:
    """Open a new file, look something up, and return what it says of itself. Raises GeoUnfit."""
    try:
        opened = open_geo(path)
        networks = islice(iter(cast(maxminddb.Reader, opened.reader)), PROBES)
        known = next((str(network.network_address) for network, record in networks if _is_placed(record)), None)
    except (OSError, RuntimeError, ValueError, AttributeError) as error:
        raise GeoUnfit(f"it is not a readable file in MaxMind's format ({type(error).__name__})") from None
    if known is None:
        raise GeoUnfit("it knows no country for any of its first networks")
    _ask(path, edition, known)
    return opened.about


def _ask(path: Path, edition: Edition, address: str) -> None:
    """Look an address up the official way, which also knows what kind of file answers which question."""
    with geoip2.database.Reader(path) as reader:
        try:
            found = reader.city(address) if edition == "city" else reader.country(address)
        except TypeError:
            raise GeoUnfit(f"it is a {reader.metadata().database_type} file, not one of {edition} data") from None
        except (geoip2.errors.GeoIP2Error, ValueError, RuntimeError):
            raise GeoUnfit("a look-up in it fails") from None
    if found.country.iso_code not in COUNTRIES:
        raise GeoUnfit("a look-up in it gives no country")


def _is_placed(record: object) -> bool:
    country = record.get("country") if isinstance(record, dict) else None
    return isinstance(country, dict) and country.get("iso_code") in COUNTRIES
