"""Clauses of the policy behind the product, each held against code, schema and a running server."""

from __future__ import annotations

import ast
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from written_routes import routes_in

from clickhouse.ask.dimensions import DIMENSIONS
from clickhouse.ask.metrics import METRICS
from clickhouse.client import Store
from clickhouse.examine import PERSONAL_TYPES, columns_of
from clickhouse.fields import declared
from collector.privacy.notice import version_of
from footfall.desk import _rights_on
from registry.site import Site

ROOT = Path(__file__).parents[2]
ROOMS = ("clickhouse", "collector", "dashboard", "footfall", "registry")
NUMBERS = ("visitor_id", "visit_id", "dsr_id")
PRECISE = {
    *("lat", "latitude", "lon", "lng", "longitude", "coordinates", "radius", "accuracy", "geohash"),
    *("postcode", "postal", "zip", "asn", "isp", "address", "ip"),
}
MAY_CONNECT = {"footfall/updates/fetch.py", "footfall/audit/http.py", "footfall/doctor.py"}
NETWORKING = {"socket", "ssl", "http.client", "urllib.request", "smtplib", "ftplib", "httpx", "requests", "aiohttp"}
LISTENS = {
    "footfall/crowd.py",
    "footfall/hand.py",
    "footfall/hands.py",
    "footfall/web.py",
    "footfall/desk.py",
    "footfall/receiving.py",
    "footfall/serve.py",
    "footfall/demo/run.py",
    "collector/passing.py",
}
READS_ADDRESSES = {"collector/rate.py", "collector/address.py", "collector/distill/prefix.py"}
"""They take addresses apart (`socket.inet_pton`), and open nothing."""


def test_every_column_has_purpose(store: Store) -> None:
    """#3: a column added without an entry in fields.toml, or an entry without a column, fails."""
    columns, fields = columns_of(store), declared()
    assert {column.name for column in columns} == set(fields.columns)
    assert {column.table for column in columns} == set(fields.tables)
    assert all(field.purpose and field.category and field.source for field in fields.columns.values())
    assert not [column for column in columns if any(kind in column.type for kind in PERSONAL_TYPES)]


def test_no_precise_geo_columns(store: Store) -> None:
    """#7: country, region and city are all there is; nothing finer has a column or is read from the file."""
    columns = columns_of(store)
    named = {column.name for column in columns if declared().columns[column.name].category == "place"}
    assert named == {"country", "region", "city"}
    assert not [column for column in columns if PRECISE & set(column.name.split("_"))]
    assert not re.search(
        r"\"(location|latitude|longitude|postal|traits)\"", (ROOT / "collector/distill/place.py").read_text()
    )


def test_no_query_without_site_filter() -> None:
    """#24: every written question names the site whose rows it reads."""
    files = sorted((ROOT / "clickhouse" / "questions").glob("*.sql"))
    assert len(files) > 5
    for file in files:
        text = file.read_text()
        for read in re.split(r"(?=\bfrom (?:events|visits|refusals|redactions|rollups_\w+|day_\w+)\b)", text)[1:]:
            assert re.search(r"site_id\s*(=|in)\s*\{", read), f"{file.name} reads rows of every site"


def test_no_route_returns_single_visitor() -> None:
    """#9: no dimension, metric or route is a visitor, a visit, or a number of one."""
    assert not [name for name in (*DIMENSIONS, *METRICS) if name in NUMBERS or name.endswith("_id")]
    assert not [one for one in DIMENSIONS.values() if any(number in repr(one) for number in NUMBERS)]
    routes = set(routes_in("dashboard"))
    assert len(routes) > 20
    assert not [path for path in routes if re.search(r"\{(visitor|visit|event|person|profile)\w*\}", path)]


def test_notice_version_in_receipts() -> None:
    """#1: what a visitor is given carries the version of the notice that held."""
    desk = SimpleNamespace(
        tools=None, store=None, secret=b"s" * 32, registry=SimpleNamespace(requests=None, holds=None)
    )
    rights = _rights_on(desk, SimpleNamespace(keep=None))  # type: ignore[arg-type]
    for site in (Site(id=1, host="a.example"), Site(id=1, host="a.example", retention_days=30)):
        receipt = rights._receipt(site, "erase", "today")
        assert receipt.policy_version == version_of(site)
    composed = (ROOT / "collector" / "app.py").read_text()
    assert "version=version_of" in composed, "proofs of consent carry it too"


def test_no_egress() -> None:
    """#2: nothing in the product opens a connection but the store, the registry, salts, updates and what is typed."""
    with socket.socket() as away, pytest.raises(AssertionError, match="leaves this machine"):
        away.connect(("192.0.2.1", 443))
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if NETWORKING & set(imported(path))
    }
    assert found <= MAY_CONNECT | LISTENS | READS_ADDRESSES


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
