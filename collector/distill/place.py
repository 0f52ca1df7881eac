"""Place: roughly where, and never more than the site asked for.

In: a truncated address and a MaxMind-format file where one is configured, else the time zone the page named, and the
site's ladder none, country, region, city. Out: `Place`.
Invariants: the reader is only ever given a /24 or a /48; coordinates, postcodes, networks and accuracy are never read.
A zone names a country, no more: `Europe/Kiev` and `Asia/Calcutta` are old names and still do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import msgspec

from collector.distill.geo import GeoReader
from collector.distill.prefix import truncated
from collector.distill.scrub.text import scrub
from registry.countries import COUNTRIES
from registry.regions import region_code
from registry.site import Place as Ladder

Record = Mapping[str, Any]
MAX_CITY = 100

_REGION = re.compile(r"[A-Z0-9]{1,3}")

# Old names whose present zone lies in another country: tzdata merges zones that agree since 1970.
MERGED = {
    "Africa/Asmera": "ER",
    "Africa/Timbuktu": "ML",
    "America/Coral_Harbour": "CA",
    "America/Virgin": "VI",
    "Antarctica/South_Pole": "AQ",
    "Atlantic/Jan_Mayen": "SJ",
    "Iceland": "IS",
    "Pacific/Johnston": "UM",
    "Pacific/Ponape": "FM",
    "Pacific/Truk": "FM",
    "Pacific/Yap": "FM",
}
# Abbreviations name an offset, not a place, although tzdata links them to one.
OFFSETS = frozenset(("CET", "EET", "EST", "HST", "MET", "MST", "WET"))


class Place(msgspec.Struct, frozen=True):
    """Where, as far as the site wants it: ISO 3166-1 alpha-2, ISO 3166-2, and a city's English name."""

    country: str = ""
    region: str = ""
    city: str = ""


NOWHERE = Place()


def country_of_zones() -> dict[str, str]:
    """Read tzdata: every zone that lies in a country, under its present and its former names."""
    folder = files("tzdata").joinpath("zoneinfo")
    countries: dict[str, str] = {}
    for line in folder.joinpath("zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            countries[zone] = country
    links = dict(_links(folder.joinpath("tzdata.zi").read_text(encoding="utf-8")))
    for name in links.keys() - countries.keys() - OFFSETS:
        present = links[name]
        while present not in countries and present in links:
            present = links[present]
        if present in countries:
            countries[name] = countries[present]
    return countries | MERGED


def _links(text: str) -> Iterator[tuple[str, str]]:
    """Yield (name, name it now goes by) from the compact form of the zone source, as `L Asia/Kolkata Asia/Calcutta`."""
    for line in text.splitlines():
        if line.startswith("L "):
            _, present, name = line.split()
            yield name, present


def place_of(address: str, timezone: str, ladder: Ladder, geo: GeoReader | None, zones: Mapping[str, str]) -> Place:
    """Tell the place as far as the site's ladder goes."""
    if ladder == "none":
        return NOWHERE
    record = _look_up(geo, address) if geo else None
    country = _country(record) if record else ""
    if not record or not country:
        return Place(zones.get(timezone, ""))
    region = _region(record, country) if ladder in ("region", "city") else ""
    return Place(country, region, _city(record) if ladder == "city" else "")


def _look_up(geo: GeoReader, address: str) -> Record | None:
    network = truncated(address)
    record = geo.get(network) if network else None
    return record if isinstance(record, dict) else None


def _country(record: Record) -> str:
    """Read the country: a record of its own, or just the code. What is no country (`ZZ`, `XX`, `T1`) is none."""
    found = record.get("country")
    code = found.get("iso_code") if isinstance(found, dict) else found
    return code if isinstance(code, str) and code in COUNTRIES else ""


def _region(record: Record, country: str) -> str:
    """Read the first subdivision's code, as `DE-BE` (ISO 3166-2); DB-IP tells its name only."""
    found = record.get("subdivisions")
    first = found[0] if isinstance(found, list) and found else None
    code = first.get("iso_code") if isinstance(first, dict) else None
    if isinstance(code, str) and _REGION.fullmatch(code):
        return f"{country}-{code}"
    return region_code(country, _name(first))


def _city(record: Record) -> str:
    found = record.get("city")
    return scrub(_name(found), MAX_CITY)


def _name(found: object) -> str:
    names = found.get("names") if isinstance(found, dict) else None
    name = names.get("en") if isinstance(names, dict) else None
    return name if isinstance(name, str) else ""
