"""What the head of a request says of its sender: a decline is never overlooked, and junk says nothing."""

from __future__ import annotations

import pytest

from collector.arrival import Signals
from collector.sender import Sender, first_language, host_of, read_head, sender_of, signals_of

VID = "1.q2w3e." + "A" * 22


def signals(*headers: tuple[str, str]) -> Signals:
    return signals_of(read_head([(name.encode(), value.encode("latin-1")) for name, value in headers]))


@pytest.mark.parametrize(
    ("headers", "gpc"),
    [
        ([("sec-gpc", "1")], True),
        ([("sec-gpc", " 1 ")], True),
        ([("sec-gpc", "0"), ("sec-gpc", "1")], True),
        ([("sec-gpc", "0, 1")], True),
        ([("sec-gpc", "0")], False),
        ([("sec-gpc", "true")], False),
        ([("sec-gpc", "1.0")], False),
        ([("sec-gpc", "11")], False),
        ([("sec-gpc", "")], False),
        ([], False),
    ],
)
def test_gpc_is_exactly_one_in_any_of_its_values(headers: list[tuple[str, str]], gpc: bool) -> None:
    assert signals(*headers).gpc is gpc


@pytest.mark.parametrize(
    ("value", "dnt"), [("1", True), ("yes", True), ("0", False), ("unspecified", False), ("", False)]
)
def test_dnt_declines_by_one_or_yes(value: str, dnt: bool) -> None:
    assert signals(("dnt", value)).dnt is dnt


@pytest.mark.parametrize(
    ("cookies", "opted_out"),
    [
        (["footfall_optout=1"], True),
        (["a=b; footfall_optout=1; c=d"], True),
        (["footfall_optout=0; footfall_optout=1"], True),
        (["footfall_optout=0", "footfall_optout=1"], True),
        (["footfall_optout=yes"], True),
        (["footfall_optout=0"], False),
        (["footfall_optout="], False),
        (["xfootfall_optout=1"], False),
        (["footfall_optout_=1"], False),
        (["other=footfall_optout=1"], False),
    ],
)
def test_an_opt_out_is_found_among_all_cookies(cookies: list[str], opted_out: bool) -> None:
    assert signals(*(("cookie", cookie) for cookie in cookies)).optout_cookie is opted_out


@pytest.mark.parametrize(
    ("cookie", "consent"),
    [
        ("1.1.1763800000.g.0", "granted"),
        ("1.1.1763800000.g.1", "granted_gpc"),
        ("1.1.1763800000.g.", "granted"),
        ("1.1.1763800000.d.1", "denied"),
        ("1.2026-11.k3j4.g.0", "unset"),
        ("2.1.1763800000.g.0", "unset"),
        ("1.1.1763800000.x.0", "unset"),
        ("granted", "unset"),
        ("", "unset"),
    ],
)
def test_the_consent_cookie_counts_only_in_its_own_form(cookie: str, consent: str) -> None:
    assert signals(("cookie", f"footfall_consent={cookie}")).consent == consent


def test_of_two_consent_cookies_the_denial_counts() -> None:
    both = "footfall_consent=1.1.1.g.1; footfall_consent=1.1.1.d.0"
    assert signals(("cookie", both)).consent == "denied"


@pytest.mark.parametrize(
    ("cookie", "vid"),
    [(f"__Host-footfall_vid={VID}", VID), ("__Host-footfall_vid=1.x.short", ""), (f"footfall_vid={VID}", "")],
)
def test_the_visitor_cookie_has_one_name_and_one_form(cookie: str, vid: str) -> None:
    assert signals(("cookie", cookie)).vid_cookie == vid


@pytest.mark.parametrize(
    ("name", "value", "prefetch"),
    [
        ("sec-purpose", "prefetch", True),
        ("sec-purpose", "prefetch;prerender", True),
        ("purpose", "Prefetch", True),
        ("x-moz", "prefetch", True),
        ("purpose", "buy shoes", False),
    ],
)
def test_a_request_in_advance_is_known_by_its_purpose(name: str, value: str, prefetch: bool) -> None:
    assert signals((name, value)).prefetch is prefetch


def test_who_says_nothing_has_said_nothing() -> None:
    assert signals(("user-agent", "x"), ("cookie", "theme=dark")) == Signals()


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ([("origin", "https://Shop.Example.com:8443")], "shop.example.com"),
        ([("origin", "null")], "null"),
        ([("referer", "https://shop.example.com/a?b#c")], "shop.example.com"),
        ([("origin", "https://a.example"), ("referer", "https://b.example/")], "a.example"),
        ([("origin", "https://a.example"), ("origin", "https://b.example")], "a.example,https"),
        ([], None),
    ],
)
def test_the_origin_is_the_host_of_origin_else_of_referer(headers: list[tuple[str, str]], origin: str | None) -> None:
    head = read_head([(name.encode(), value.encode()) for name, value in headers])
    assert sender_of(head, "").origin == origin


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/a", "example.com"),
        ("HTTPS://user:pw@EXAMPLE.com:443?x", "example.com"),
        ("https://example.com\\@evil.example/", "example.com"),
        ("https://[2001:db8::1]:80/", "2001:db8::1"),
        ("https://example.com.", "example.com"),
        ("https://", ""),
        ("example.com:8000", "example.com"),
        ("", ""),
    ],
)
def test_the_host_of_an_address_is_found_as_a_browser_would(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [("de-AT,de;q=0.9", "de-AT"), ("en;q=0.5", "en"), ("*", ""), ("", ""), ("<b>", ""), ("x" * 99, "")],
)
def test_only_the_first_language_is_read(accepted: str, tag: str) -> None:
    assert first_language(accepted.encode()) == tag


def test_an_agent_is_cut_and_never_fails_to_decode() -> None:
    sender = sender_of({b"user-agent": b"\xff" * 5000}, "192.0.2.1")
    assert isinstance(sender, Sender)
    assert len(sender.agent) == 1024
