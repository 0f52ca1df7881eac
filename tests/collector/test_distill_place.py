"""Roughly where: the file, the ladder, the time zone, and that nobody is asked with a whole address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import maxminddb
import msgspec
import pytest
from distill_world import arrive, event, site, tools
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from collector.distill import Tools, open_tools
from collector.distill.place import country_of_zones
from collector.distill.prefix import packed, truncated
from registry.countries import COUNTRIES

BERLIN = {
    "country": {"iso_code": "DE"},
    "registered_country": {"iso_code": "US"},
    "subdivisions": [{"iso_code": "BE", "names": {"en": "Land Berlin"}}],
    "city": {"names": {"en": "Berlin", "de": "Berlin"}},
    "location": {"latitude": 52.5, "longitude": 13.4, "time_zone": "Europe/Berlin"},
    "postal": {"code": "10115"},
}
NETWORKS: dict[str, dict[str, Any]] = {
    "203.0.113.0/24": BERLIN,
    "2001:db8:85a3::/48": BERLIN,
    "198.51.100.0/25": {"country": {"iso_code": "FR"}, "city": {"names": {"en": "jane@corp.com"}}},
    "198.51.100.128/25": {"country": {"iso_code": "ES"}},
    "192.0.2.0/24": {"country": {"iso_code": "XX"}},
    "192.0.3.0/24": {"country": {"iso_code": "T1"}, "subdivisions": "odd", "city": 7},
    "192.0.5.0/24": {"country": {"iso_code": "DE"}, "subdivisions": [{"names": {"en": "Bavaria"}}]},
    "192.0.4.0/24": {"country": "JP", "subdivisions": [{"iso_code": "<b>"}]},
}


@pytest.fixture(scope="module")
def geo_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    writer = MMDBWriter(6, "GeoLite2-City", ipv4_compatible=True)
    for network, record in NETWORKS.items():
        writer.insert_network(IPSet([network]), record)
    path = tmp_path_factory.mktemp("geo") / "city.mmdb"
    writer.to_db_file(str(path))
    return path


@pytest.fixture(scope="module")
def with_geo(geo_path: Path) -> Tools:
    return open_tools(lambda _site, _day: b"s" * 32, geo_path)


class Watched:
    """A reader that remembers what it was asked."""

    def __init__(self, reader: maxminddb.Reader) -> None:
        self._reader = reader
        self.asked: list[str] = []

    def get(self, address: str) -> object:
        self.asked.append(address)
        return self._reader.get(address)


LADDER = [
    ("none", ("", "", "")),
    ("country", ("DE", "", "")),
    ("region", ("DE", "DE-BE", "")),
    ("city", ("DE", "DE-BE", "Berlin")),
]


@pytest.mark.parametrize(("step", "place"), LADDER)
def test_the_site_says_how_near(step: str, place: tuple[str, str, str], with_geo: Tools) -> None:
    for address in ("203.0.113.77", "::ffff:203.0.113.77", "64:ff9b::203.0.113.77", "2001:db8:85a3::8a2e:370:7334"):
        found = event(arrive(address=address), site(place=step), with_geo)
        assert (found.country, found.region, found.city) == place


def test_the_reader_only_ever_sees_truncated_addresses(with_geo: Tools) -> None:
    watched = Watched(with_geo.geo)  # type: ignore[arg-type]
    watching = msgspec.structs.replace(with_geo, geo=watched)
    for address in ("203.0.113.77", "2001:db8:85a3:1:2:3:4:5", "fe80::1%eth0", "::ffff:198.51.100.200", "nonsense", ""):
        event(arrive(address=address), site(place="city"), watching)
    assert watched.asked == ["203.0.113.0", "2001:db8:85a3::", "fe80::", "198.51.100.0"]


def test_half_of_a_network_is_nobodys_place(with_geo: Tools) -> None:
    """198.51.100.200 lies in Spain, its /24 begins in France: the price of not knowing the address."""
    assert event(arrive(address="198.51.100.200"), None, with_geo).country == "FR"


ODD = [
    ("192.0.2.7", ("", "", "")),
    ("192.0.3.7", ("", "", "")),
    ("192.0.4.7", ("JP", "", "")),
    ("198.51.100.1", ("FR", "", "[email]")),
    ("192.0.5.7", ("DE", "DE-BY", "")),
    ("10.0.0.1", ("", "", "")),
]


@pytest.mark.parametrize(("address", "place"), ODD)
def test_an_odd_record_gives_what_it_has(address: str, place: tuple[str, str, str], with_geo: Tools) -> None:
    found = event(arrive(address=address), site(place="city"), with_geo)
    assert (found.country, found.region, found.city) == place


def test_where_the_file_knows_nothing_the_time_zone_speaks(with_geo: Tools) -> None:
    assert event(arrive(address="10.0.0.1", timezone="Asia/Calcutta"), None, with_geo).country == "IN"
    assert event(arrive(address="203.0.113.77", timezone="Asia/Calcutta"), None, with_geo).country == "DE"


def test_a_file_of_ipv4_only_knows_no_ipv6(tmp_path: Path) -> None:
    writer = MMDBWriter(4, "country")
    writer.insert_network(IPSet(["203.0.113.0/24"]), {"country": {"iso_code": "DE"}})
    writer.to_db_file(str(tmp_path / "four.mmdb"))
    four = open_tools(lambda _site, _day: b"s" * 32, tmp_path / "four.mmdb")
    assert event(arrive(address="2001:db8::1"), None, four).country == ""
    assert event(arrive(address="203.0.113.1"), None, four).country == "DE"


def test_a_file_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        open_tools(lambda _site, _day: b"", tmp_path / "missing.mmdb")
    (tmp_path / "odd.mmdb").write_text("not a database")
    with pytest.raises(maxminddb.InvalidDatabaseError):
        open_tools(lambda _site, _day: b"", tmp_path / "odd.mmdb")


ZONES = [
    ("Europe/Berlin", "DE"),
    ("Europe/Kyiv", "UA"),
    ("Europe/Kiev", "UA"),
    ("Asia/Calcutta", "IN"),
    ("Asia/Katmandu", "NP"),
    ("Asia/Saigon", "VN"),
    ("America/Buenos_Aires", "AR"),
    ("America/Argentina/ComodRivadavia", "AR"),
    ("Europe/Amsterdam", "NL"),
    ("Europe/Oslo", "NO"),
    ("Atlantic/Reykjavik", "IS"),
    ("Iceland", "IS"),
    ("US/Pacific", "US"),
    ("Japan", "JP"),
    ("GB", "GB"),
    ("UTC", ""),
    ("Etc/GMT+5", ""),
    ("EST", ""),
    ("CET", ""),
    ("Mars/Phobos", ""),
    ("", ""),
]


@pytest.mark.parametrize(("zone", "country"), ZONES)
def test_a_time_zone_names_a_country(zone: str, country: str) -> None:
    assert event(arrive(timezone=zone)).country == country
    assert event(arrive(timezone=zone), site(place="none")).country == ""


def test_every_zone_lies_in_a_country_we_can_name() -> None:
    assert set(country_of_zones().values()) <= set(COUNTRIES)


PREFIXES = [
    ("203.0.113.77", 4, "203.0.113.0"),
    ("::ffff:203.0.113.77", 4, "203.0.113.0"),
    ("64:ff9b::cb00:714d", 4, "203.0.113.0"),
    ("2001:db8:1:2:3:4:5:6", 16, "2001:db8:1::"),
    ("fe80::1%eth0", 16, "fe80::"),
    ("203.0.113", 0, ""),
    ("203.0.113.077", 0, ""),
    ("203.0.113.77\x00", 0, ""),
    ("\ud800", 0, ""),
    ("", 0, ""),
]


@pytest.mark.parametrize(("address", "size", "short"), PREFIXES)
def test_an_address_is_cut(address: str, size: int, short: str) -> None:
    assert (len(packed(address)), truncated(address)) == (size, short)


def test_without_a_file_and_a_zone_there_is_no_place() -> None:
    assert tools().geo is None
    assert event(arrive()).country == ""
