"""Geography files: fetched from where they are asked for, checked before they are used, and never half in place."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from updates_world import FileServer, dbip, geo_file, geolite2, serving, tarred

from collector.distill import open_tools
from collector.distill.place import place_of
from footfall.updates.fetch import SignIn, UpdateFault
from footfall.updates.geo import GeoOrder, Origin, months, origin_of, update_geo

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ME = SignIn("4711", "s3cret-key")
INSIDE = "GeoLite2-Country_20261120/GeoLite2-Country.mmdb"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as running:
        yield running


def update(data: Path, server: FileServer, **order: object) -> Origin:
    return update_geo(data, GeoOrder(**({"base": server.url} | order)), NOW)  # type: ignore[arg-type]


def country_in(data: Path) -> str:
    tools = open_tools(lambda _site, _day: b"s" * 32, None, data)
    return place_of("203.0.113.77", "", "country", tools.geo, {}).country


def left_in(data: Path) -> set[str]:
    return {path.name for path in data.iterdir()}


def test_dbip_needs_no_key_and_is_used_without_a_setting(tmp_path: Path, server: FileServer) -> None:
    server.files = dbip(geo_file())
    origin = update(tmp_path, server)
    assert (origin.source, origin.type, origin.fetched) == ("dbip", "DBIP-Country-Lite", NOW)
    assert origin_of(tmp_path) == origin
    assert country_in(tmp_path) == "DE"
    assert server.asked == [("/dbip-country-lite-2026-11.mmdb.gz", "")]
    assert left_in(tmp_path) == {"geo.mmdb", "geo.json"}
    assert (tmp_path / "geo.mmdb").stat().st_mode & 0o777 == 0o600


def test_in_the_first_days_of_a_month_the_last_months_file_will_do(tmp_path: Path, server: FileServer) -> None:
    server.files = dbip(geo_file(), "2026-10")
    assert update(tmp_path, server).url.endswith("dbip-country-lite-2026-10.mmdb.gz")
    assert months(date(2027, 1, 31)) == ("2027-01", "2026-12")


def test_geolite2_is_fetched_with_the_users_own_key_and_its_checksum(tmp_path: Path, server: FileServer) -> None:
    server.files = geolite2(
        tarred({"GeoLite2-Country_20261120/COPYRIGHT.txt": b"x", INSIDE: geo_file("GeoLite2-Country")})
    )
    origin = update(tmp_path, server, source="geolite2", sign_in=ME)
    assert (origin.type, country_in(tmp_path)) == ("GeoLite2-Country", "DE")
    assert {told for _, told in server.asked} == {"Basic NDcxMTpzM2NyZXQta2V5"}
    assert "s3cret" not in (tmp_path / "geo.json").read_text() + repr(ME)


def test_a_directory_serves_as_well(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    for name, content in dbip(geo_file()).items():
        (tmp_path / "mirror" / name[1:]).write_bytes(content)
    update_geo(tmp_path / "data", GeoOrder(base=str(tmp_path / "mirror")), NOW)
    assert country_in(tmp_path / "data") == "DE"


def test_a_running_server_sees_the_new_file(tmp_path: Path, server: FileServer) -> None:
    tools = open_tools(lambda _site, _day: b"s" * 32, None, tmp_path)
    seen = []
    for country in ("", "DE", "FR"):
        if country:
            server.files = dbip(geo_file(country=country))
            update(tmp_path, server)
        tools.refresh()
        seen.append((place_of("203.0.113.77", "", "country", tools.geo, {}).country, tools.credit()))
    told = ("IP Geolocation by DB-IP", "https://db-ip.com")
    assert seen == [("", None), ("DE", told), ("FR", told)]
    (tmp_path / "broken").write_bytes(b"by hand")
    (tmp_path / "broken").replace(tmp_path / "geo.mmdb")
    tools.refresh()
    assert place_of("203.0.113.77", "", "country", tools.geo, {}).country == "FR"


GZIP_BOMB = gzip.compress(b"\0" * 200_000)
LINK = "GeoLite2-Country.mmdb"

BAD = [
    ({}, {}, "has no /dbip-country-lite-2026-10"),
    (dbip(b"not a database"), {}, "is not a readable file in MaxMind's format"),
    (dbip(geo_file()[:-400]), {}, "of no use"),
    (dbip(geo_file(country="")), {}, "knows no country"),
    (dbip(geo_file("DBIP-City-Lite"), edition="city"), {"edition": "country"}, "has no"),
    (dbip(geo_file("GeoLite2-ASN")), {}, "is a GeoLite2-ASN file, not one of country data"),
    (dbip(geo_file(), edition="city"), {"edition": "city"}, "not one of city data"),
    ({"/dbip-country-lite-2026-11.mmdb.gz": b"no gzip"}, {}, "not a whole gzip file"),
    ({"/dbip-country-lite-2026-11.mmdb.gz": gzip.compress(geo_file())[:-20]}, {}, "not a whole gzip file"),
    ({"/dbip-country-lite-2026-11.mmdb.gz": GZIP_BOMB}, {"max_open_bytes": 100_000}, "unpacks to more than 100,000"),
    (dbip(geo_file()), {"max_bytes": 100}, "more than 100 cannot be right"),
    (geolite2(tarred({INSIDE: geo_file()})), {"source": "geolite2"}, "needs your --account id"),
    (geolite2(tarred({"a/b.txt": b"x"})), {"source": "geolite2", "sign_in": ME}, "there is no .mmdb"),
    (geolite2(gzip.compress(b"x" * 2000)), {"source": "geolite2", "sign_in": ME}, "not a whole tar file"),
    (
        geolite2(tarred({INSIDE: b"\0" * 200_000})),
        {"source": "geolite2", "sign_in": ME, "max_open_bytes": 100_000},
        "unpacks to more than",
    ),
    (
        geolite2(tarred({INSIDE: geo_file()})) | {"/GeoLite2-Country/download?suffix=tar.gz.sha256": b"00  x\n"},
        {"source": "geolite2", "sign_in": ME},
        "does not have the checksum",
    ),
]


@pytest.mark.parametrize(("files", "order", "told"), BAD)
def test_what_is_not_right_changes_nothing(
    files: dict[str, bytes], order: dict[str, object], told: str, tmp_path: Path, server: FileServer
) -> None:
    (tmp_path / "geo.mmdb").write_bytes(b"as it was")
    server.files = files
    with pytest.raises(UpdateFault, match=told) as fault:
        update(tmp_path, server, **order)
    assert "\n" not in str(fault.value)
    assert ME.key not in str(fault.value)
    assert left_in(tmp_path) == {"geo.mmdb"}
    assert (tmp_path / "geo.mmdb").read_bytes() == b"as it was"


def test_nothing_in_an_archive_chooses_where_it_is_written(tmp_path: Path, server: FileServer) -> None:
    data = tmp_path / "data"
    server.files = geolite2(tarred({"../../evil.mmdb": geo_file("GeoLite2-Country")}))
    update(data, server, source="geolite2", sign_in=ME)
    assert left_in(data) == {"geo.mmdb", "geo.json"}
    assert left_in(tmp_path) == {"data"}


@pytest.mark.parametrize(
    ("status", "told"), [(401, "is the account id right"), (429, "tomorrow"), (500, "answered 500")]
)
def test_a_refusal_says_what_to_do(status: int, told: str, tmp_path: Path, server: FileServer) -> None:
    server.files, server.status = dbip(geo_file()), status
    with pytest.raises(UpdateFault, match=told):
        update(tmp_path, server)


def test_a_download_that_breaks_off_is_none(tmp_path: Path, server: FileServer) -> None:
    server.files, server.short_by = dbip(geo_file()), 10
    with pytest.raises(UpdateFault, match="broke off"):
        update(tmp_path, server)


def test_only_the_host_that_was_named_is_asked(tmp_path: Path, server: FileServer) -> None:
    with serving(dbip(geo_file())) as stranger:
        path = "/dbip-country-lite-2026-11.mmdb.gz"
        server.sent_on = {path: f"{stranger.url}{path}"}
        with pytest.raises(UpdateFault, match="which was not asked for"):
            update(tmp_path, server)
        server.sent_on = {path: "file:///etc/passwd"}
        with pytest.raises(UpdateFault):
            update(tmp_path, server)
        assert stranger.asked == []


def test_a_redirect_to_the_makers_store_goes_without_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tarred({INSIDE: geo_file("GeoLite2-Country")})
    with serving() as store, serving(geolite2(packed)) as server:
        name = next(iter(server.files))
        store.files = {"/signed": packed}
        server.sent_on = {name: f"{store.url}/signed"}
        monkeypatch.setattr("footfall.updates.geo.MAXMIND_STORE", (store.url.removeprefix("http://"),))
        assert update(tmp_path, server, source="geolite2", sign_in=ME).type == "GeoLite2-Country"
        assert store.asked == [("/signed", "")]


@pytest.mark.parametrize("base", ["ftp://x.example", "file:///etc", "http://user:pw@127.0.0.1:9", "http://"])
def test_odd_addresses_are_not_asked(base: str, tmp_path: Path) -> None:
    with pytest.raises(UpdateFault, match="no address to fetch from") as fault:
        update_geo(tmp_path, GeoOrder(base=base), NOW)
    assert "pw" not in str(fault.value)


def test_a_host_that_is_not_there_is_one_line(tmp_path: Path, server: FileServer) -> None:
    base = server.url.replace("127.0.0.1", "127.0.0.1.invalid")
    with pytest.raises(UpdateFault, match="cannot be reached"):
        update_geo(tmp_path, GeoOrder(base=base), NOW)
