"""The client's address: whom we believe, and that nobody can choose one by writing headers."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest

from collector.address import Proxies, canonical

CASES = Path(__file__).parents[2].parent / "shared" / "cases" / "client_ip.jsonl"
LOCAL = Proxies([ipaddress.ip_network("127.0.0.1/32"), ipaddress.ip_network("::1/128")])
INSIDE = Proxies([ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8:9::/48")])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("198.51.100.1", "", "198.51.100.1"),
        ("198.51.100.1", "6.6.6.6", "198.51.100.1"),  # not our proxy: not believed
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),  # the left one is what the client wrote
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("10.0.0.1", "10.1.2.3", "10.1.2.3"),  # somebody inside
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "2001:0DB8:0:0::1", "2001:db8::1"),
        ("2001:db8:9::1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"),  # a nameless hop: nothing left of it can be trusted
        ("10.0.0.1", "0.0.0.0", "10.0.0.1"),
        ("10.0.0.1", "010.000.000.001", "10.0.0.1"),
        ("10.0.0.1", "2130706433", "10.0.0.1"),
        ("10.0.0.1", "<script>", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9\x00", "10.0.0.1"),
        ("10.0.0.1", ",,,", "10.0.0.1"),
        ("", "203.0.113.9", ""),
        ("not an address", "203.0.113.9", ""),
    ],
)
def test_the_client_is_the_rightmost_hop_that_is_not_ours(peer: str, forwarded_for: str, client: str) -> None:
    assert INSIDE.client_of(peer, forwarded_for, "") == client


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("for=203.0.113.9", "203.0.113.9"),
        ('for="[2001:db8::1]:4711";proto=https;by=10.0.0.1', "2001:db8::1"),
        ("for=6.6.6.6, for=203.0.113.9;proto=http, For=10.0.0.7", "203.0.113.9"),
        ("proto=https; for = 203.0.113.9", "203.0.113.9"),
        ("for=_hidden", "10.0.0.1"),
        ("for=203.0.113.9, proto=https", "10.0.0.1"),
        ("xfor=203.0.113.9", "10.0.0.1"),
        ('for="', "10.0.0.1"),
    ],
)
def test_forwarded_is_read_where_there_is_no_other_header(forwarded: str, client: str) -> None:
    assert INSIDE.client_of("10.0.0.1", "", forwarded) == client


def test_x_forwarded_for_beats_forwarded() -> None:
    assert INSIDE.client_of("10.0.0.1", "203.0.113.9", "for=6.6.6.6") == "203.0.113.9"


def test_a_thousand_hops_are_not_walked() -> None:
    ours = ", ".join(["10.0.0.2"] * 1000)
    assert INSIDE.client_of("10.0.0.1", "6.6.6.6, " + ours, "") == "10.0.0.2"
    assert INSIDE.client_of("10.0.0.1", ours + ", 203.0.113.9", "") == "203.0.113.9"
    assert (
        INSIDE.client_of("10.0.0.1", "", "for=6.6.6.6, " + "for=10.0.0.2, " * 1000 + "for=203.0.113.9") == "203.0.113.9"
    )
    assert INSIDE.client_of("10.0.0.1", "", "for=" + "x" * 100_000) == "10.0.0.1"


def test_an_endless_entry_is_no_address() -> None:
    assert canonical("1" * 100_000) == ""
    assert canonical("[" + ":" * 100_000) == ""


@pytest.mark.skipif(not CASES.exists(), reason="the case files are not beside this checkout")
def test_what_peers_take_from_anybody_we_take_from_our_proxy_only() -> None:
    for case in map(json.loads, CASES.read_text().splitlines()):
        header = case["input"]["headers"].get("x-forwarded-for", "")
        if case["id"] in ("ip-001", "ip-002", "ip-003"):
            assert LOCAL.client_of("127.0.0.1", header, "") == case["expected"]["client_ip"]
        assert LOCAL.client_of("198.51.100.1", header, "") == "198.51.100.1"
